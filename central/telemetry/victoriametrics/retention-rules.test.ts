import { expect, test } from 'vitest'
import { retentionMsOf } from './retention-rules.ts'

const DAY_MS = 86_400_000

// Meaning of the flag: documentation of VictoriaMetrics, "Retention": months without a unit, one month by default.
test.for([
  [undefined, 31 * DAY_MS],
  ['1', 31 * DAY_MS],
  ['24', 24 * 31 * DAY_MS],
  ['36h', 1.5 * DAY_MS],
  ['30d', 30 * DAY_MS],
  ['2w', 14 * DAY_MS],
  ['5y', 5 * 365 * DAY_MS],
  ['soon', undefined],
] as const)('-retentionPeriod %s keeps %s ms', ([flag, expected]) => expect(retentionMsOf(flag)).toBe(expected))
