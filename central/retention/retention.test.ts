import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { columnsOf } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditEntry } from '../kernel/access/index.ts'
import type { PointRow } from '../registry/index.ts'
import { openDuckDbStore } from '../telemetry/duckdb/index.ts'
import type { TelemetryStore } from '../telemetry/store.ts'
import { applyRetention, LEGAL_MINIMUM_DAYS, type RetentionParts, tooShort } from './index.ts'
import { daysOf, planRemoval } from './retention-rules.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2036, 0, 15)
const SETTING = {
  days: 2_557,
  classes: [
    { sensorTypes: ['07'], days: 3_650 },
    { sensorTypes: ['0702'], days: 800 },
  ],
}

describe('the rules', () => {
  test.for([
    ['0101', 2_557],
    ['0701', 3_650],
    ['0702', 800],
  ] as const)('class %s is kept %s days', ([sensorType, days]) => expect(daysOf(SETTING, sensorType)).toBe(days))

  test('points of the longest period and points that nobody registered are the others', () => {
    const points = [
      { id: 1, sensorType: '0101' },
      { id: 2, sensorType: '0701' },
      { id: 3, sensorType: '0702' },
    ]
    expect(planRemoval(SETTING, points, NOW)).toEqual({
      othersBeforeMs: NOW - 3_650 * DAY_MS,
      classes: [
        { points: [1], beforeMs: NOW - 2_557 * DAY_MS },
        { points: [3], beforeMs: NOW - 800 * DAY_MS },
      ],
    })
  })

  test('two years is the least, unless a reason is given', () => {
    expect(tooShort({ days: LEGAL_MINIMUM_DAYS, classes: [] })).toEqual([])
    expect(tooShort({ days: 730, classes: [{ sensorTypes: ['01'], days: 30 }] })).toEqual([730, 30])
    expect(tooShort({ days: 30, classes: [], shorterThanLawBecause: 'a bench, no mine' })).toEqual([])
  })
})

describe('on a real store', () => {
  let directory: string
  let store: TelemetryStore
  let audited: AuditEntry[]
  let parts: RetentionParts
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'orewatch-retention-'))
    store = await openDuckDbStore({ directory, log: silentLogger(), memoryMb: 128, threads: 1, groupMs: 0 })
    audited = []
    const rows = [point(1, '0101'), point(2, '0702')]
    parts = { store, registry: { points: async () => ({ rows }) }, audit: { append: async (entry) => void audited.push(entry) }, log: silentLogger(), clock: clockAt(NOW) }
  })
  afterEach(async () => {
    await store.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const write = (...samples: readonly (readonly [point: number, timeMs: number])[]) =>
    store.write(columnsOf(samples.map(([key, timeMs]) => ({ key, timeMs, value: 1, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 }))), [])

  test('a month that all points are done with goes as a file, one that some need loses the others’ rows', async () => {
    await write([1, NOW], [1, NOW - 900 * DAY_MS], [2, NOW - 900 * DAY_MS], [1, NOW - 3_700 * DAY_MS], [2, NOW - 3_700 * DAY_MS])
    const { parts: removed } = await applyRetention(parts, SETTING, 'remove')
    expect(removed.map(({ what, samples }) => [what, samples])).toEqual([
      ['month 2025-11', 2],
      ['points of month 2033-07', 1],
    ])
    expect([await store.count(), readdirSync(directory).filter((name) => name.endsWith('.duckdb'))]).toEqual([2, ['samples-2033-07.duckdb', 'samples-2036-01.duckdb']])
    expect(audited).toMatchObject([{ action: 'retention.apply', object: 'duckdb', detail: { samples: 3, days: 2_557 } }])
  })

  test('looking changes nothing and is not audited', async () => {
    await write([1, NOW], [2, NOW - 900 * DAY_MS])
    expect((await applyRetention(parts, SETTING, 'look')).parts).toHaveLength(1)
    expect([await store.count(), audited]).toEqual([2, []])
  })

  test('a clock that jumps ahead by ten years removes nothing that the samples do not prove old', async () => {
    await write([1, NOW], [2, NOW - 700 * DAY_MS])
    await applyRetention({ ...parts, clock: clockAt(NOW + 3_650 * DAY_MS) }, SETTING, 'remove')
    expect(await store.count()).toBe(2)
  })

  test('a store without samples of registered points is left alone', async () => {
    await write([99, NOW - 5_000 * DAY_MS])
    expect(await applyRetention(parts, SETTING, 'remove')).toMatchObject({ parts: [], note: expect.any(String) })
    expect(await store.count()).toBe(1)
  })
})

function clockAt(nowMs: number) {
  return { nowMs: () => nowMs, monotonicMs: () => 0 }
}

function point(id: number, sensorType: string): PointRow {
  return { id, sensorType, pointCode: String(id), gateway: 1, gatewayKey: 'g/n', device: 'd', metric: 'm', unit: 'ppm', periodMs: 1_000, subjectCode: 's', divisionCode: '990121' }
}
