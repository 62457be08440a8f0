import { expect, test } from 'vitest'
import { formatValue, judge, staleLimitMs } from './judgement.ts'

const at = (timeMs: number, quality = 0, value: number | null = 1) => ({ timeMs, value, quality, reason: 'none', flags: 0 })

test('three periods make a value stale, and not a millisecond less', () => {
  expect(judge(at(0), 20_000, 60_000)).toBe('good')
  expect(judge(at(0), 20_000, 60_001)).toBe('stale')
})
test('a fast point is given 15 s', () => expect(staleLimitMs(1_000)).toBe(15_000))
test('a point that reports on change is given three heartbeats', () => expect(staleLimitMs(0)).toBe(180_000))
test('only good, manual and backfilled are usable', () => expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((quality) => judge(at(0, quality), 20_000, 0) === 'good')).toEqual([0, 6, 7]))
test('an old bad value is bad, not merely stale', () => expect(judge(at(0, 2), 20_000, 9_000_000)).toBe('bad'))
test('a good quality without a value is bad', () => expect(judge(at(0, 0, null), 20_000, 0)).toBe('bad'))
test('nothing is nothing', () => expect(judge(undefined, 20_000, 0)).toBe('none'))
test('decimals follow the resolution of the class', () => {
  expect(formatValue(24.56, '0101')).toBe('25')
  expect(formatValue(20.849, '0105')).toBe('20.8')
  expect(formatValue(0.5, '0107')).toBe('0.50')
  expect(formatValue(1.234567891, '9999')).toBe('1.23457')
})
