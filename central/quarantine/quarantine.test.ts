import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openRangeStore } from '../records/index.ts'
import { openRegistry } from '../registry/index.ts'
import type { Relational } from '../relational/index.ts'
import { openTestRelational } from '../relational/testing.ts'
import { openQuarantine, type Quarantine, type QuarantinedSample } from './index.ts'
import { encodeValue, toStorable } from './value-codec.ts'

const INCARNATION = '0123456789abcdef'
const ALL = { divisionPrefix: '' }
let relational: Relational
let gateway: number
let point: number

beforeAll(async () => {
  relational = await openTestRelational()
  const registry = openRegistry(relational)
  await registry.importFixtures('divisions: [{code: "990121", name: 县}]\nmines: [{subjectCode: "990121100001", name: 矿}]\ngateways: [{group: "990121", node: gw, subject: "990121100001"}]', 'f.yaml')
  gateway = await registry.gatewayIdentity('990121', 'gw')
  point = (await registry.adopt({ gateway, device: 'd', metric: 'm', pointCode: '9901211000010101010001' })).id
})
afterAll(() => relational.close())
beforeEach(async () => {
  await relational.pool.query('truncate quarantine_sample, quarantine_group, outbox_range')
})

function sample(over: Partial<QuarantinedSample> = {}): QuarantinedSample {
  return { gatewayKey: '990121/gw', device: 'd', metric: 'm', reason: 'unknown-point', detail: 'no code', timeMs: 1_000, value: 1.5, quality: 0, receivedMs: 2_000, ...over }
}

function series(count: number, over: Partial<QuarantinedSample> = {}): QuarantinedSample[] {
  return Array.from({ length: count }, (_, i) => sample({ timeMs: 1_000 + i, value: i / 8, ...over }))
}

async function open(limits: Parameters<typeof openQuarantine>[1] = {}): Promise<Quarantine> {
  return await openQuarantine(relational, limits)
}

async function only(quarantine: Quarantine) {
  const { rows } = await quarantine.groups({ scope: ALL, limit: 10 })
  expect(rows).toHaveLength(1)
  return rows[0] as (typeof rows)[number]
}

describe('append', () => {
  test('keeps a sample whole, with its place in the outbox', async () => {
    const quarantine = await open()
    await quarantine.append([sample({ reasonCode: 3, flags: 1, gatewayDeltaMs: -40, position: { incarnation: INCARNATION, stream: 'vital', position: 77 }, raw: { alias: 9n, text: 'nul\0' } })], [])
    const group = await only(quarantine)
    expect(group).toMatchObject({
      gatewayKey: '990121/gw',
      device: 'd',
      metric: 'm',
      reason: 'unknown-point',
      detail: 'no code',
      count: 1,
      kept: 1,
      firstMs: 1_000,
      lastMs: 1_000,
      lastValue: '1.5',
      gateway,
      divisionCode: '990121',
      subjectCode: '990121100001',
    })
    expect((await quarantine.samples(group.id, { limit: 10 })).rows).toEqual([
      { timeMs: 1_000, value: '1.5', quality: 0, reasonCode: 3, flags: 1, receivedMs: 2_000, outbox: `${INCARNATION}/vital/77`, raw: { alias: '9', text: 'nul\0' } },
    ])
  })

  test('repeated changes nothing, and another value or quality at the same time is another sample', async () => {
    const quarantine = await open()
    expect(await quarantine.append(series(50), [])).toEqual({ stored: 50, duplicates: 0, dropped: 0 })
    expect(await quarantine.append([...series(60), sample({ value: 9 }), sample({ value: 0, quality: 2 })], [])).toEqual({ stored: 12, duplicates: 50, dropped: 0 })
    expect(await only(quarantine)).toMatchObject({ count: 62, kept: 62, lastMs: 1_059 })
  })

  test('makes samples and ranges durable together or not at all', async () => {
    const quarantine = await open()
    const ranges = { gateway, incarnation: INCARNATION, stream: 'vital' as const, ranges: [{ first: 5, count: 3 }] }
    await quarantine.append(series(3), [ranges])
    expect(await openRangeStore(relational).load(gateway, INCARNATION)).toEqual(new Map([['vital', [{ first: 5, count: 3 }]]]))
    await expect(quarantine.append(series(9), [{ ...ranges, gateway: 424_242 }])).rejects.toThrow()
    expect(await only(quarantine)).toMatchObject({ kept: 3 })
    expect(await quarantine.append(series(9), [])).toMatchObject({ stored: 6 })
  })

  test('takes names and values that PostgreSQL cannot hold, and very long ones', async () => {
    const quarantine = await open()
    const long = 'x'.repeat(10_000)
    const batch = [sample({ metric: 'a\0b', value: 'c\0d' }), sample({ metric: long, value: long }), sample({ metric: `${long}y`, value: `${long}y` }), sample({ metric: '\ud800', value: '\ud800' })]
    expect(await quarantine.append(batch, [])).toMatchObject({ stored: 4 })
    expect(await quarantine.append(batch, [])).toMatchObject({ stored: 0, duplicates: 4 })
    expect((await quarantine.groups({ scope: ALL, limit: 10 })).rows).toHaveLength(4)
  })

  test('from many callers at once counts every sample once', async () => {
    const quarantine = await open()
    await Promise.all(Array.from({ length: 20 }, (_, i) => quarantine.append([...series(20, { metric: `m${i % 3}` }), sample({ metric: 'own', timeMs: i })], [])))
    const { rows } = await quarantine.groups({ scope: ALL, limit: 10 })
    expect(rows.map((row) => row.count).toSorted((a, b) => a - b)).toEqual([20, 20, 20, 20])
    expect(await quarantine.count()).toBe(80)
  })
})

describe('bounds', () => {
  test('per source drop the oldest samples and count them', async () => {
    const quarantine = await open({ maxSamplesPerGroup: 10 })
    expect(await quarantine.append(series(25), [])).toEqual({ stored: 25, duplicates: 0, dropped: 15 })
    const group = await only(quarantine)
    expect(group).toMatchObject({ count: 25, kept: 10, dropped: 15 })
    expect((await quarantine.samples(group.id, { limit: 100 })).rows[0]?.timeMs).toBe(1_015)
  })
  test('over all sources take from the largest', async () => {
    const quarantine = await open({ maxSamples: 100 })
    await quarantine.append(series(5, { metric: 'small' }), [])
    expect((await quarantine.append(series(120, { metric: 'large' }), [])).dropped).toBe(30)
    expect(await quarantine.count()).toBe(95)
    const { rows } = await quarantine.groups({ scope: ALL, limit: 10 })
    expect(Object.fromEntries(rows.map((row) => [row.metric, row.kept]))).toMatchObject({ small: 5 })
  })
  test('on the number of sources count what has no place under one of its own', async () => {
    const quarantine = await open({ maxGroups: 3 })
    const result = await quarantine.append(
      Array.from({ length: 8 }, (_, i) => sample({ metric: `m${i}` })),
      [],
    )
    expect(result).toEqual({ stored: 3, duplicates: 0, dropped: 5 })
    expect((await quarantine.groups({ scope: ALL, gatewayKey: '*', limit: 10 })).rows).toMatchObject([{ count: 5, kept: 0, dropped: 5, detail: expect.stringContaining('too many sources') }])
  })
  test('of age take what was received before, and free empty sources', async () => {
    const quarantine = await open({ maxAgeMs: 1_000 })
    await quarantine.append([sample(), sample({ timeMs: 5, metric: 'new', receivedMs: 9_000 })], [])
    expect(await quarantine.prune(9_500)).toBe(1)
    expect(await only(quarantine)).toMatchObject({ metric: 'new', kept: 1 })
    expect(await quarantine.count()).toBe(1)
  })
})

describe('adoption', () => {
  test('hands all samples over in time order and lets them leave only when the next batch is asked for', async () => {
    const quarantine = await open()
    await quarantine.append(
      [
        ...series(7_000),
        sample({ timeMs: 9_000, value: null, quality: 2, reasonCode: 1 }),
        sample({ timeMs: 9_001, value: true }),
        sample({ timeMs: 9_002, value: 'text' }),
        sample({ timeMs: 9_003, value: 2n ** 60n + 1n }),
      ],
      [],
    )
    const group = await only(quarantine)
    const times: number[] = []
    const kept: number[] = []
    for await (const batch of quarantine.adopt(group.id, point)) {
      expect(new Set(batch.key.subarray(0, batch.count))).toEqual(new Set([point]))
      times.push(...batch.timeMs.subarray(0, batch.count))
      kept.push((await only(quarantine)).kept)
    }
    expect(times).toEqual([...Array.from({ length: 7_000 }, (_, i) => 1_000 + i), 9_000, 9_001])
    expect(kept).toEqual([7_004, 2_004])
    expect(await only(quarantine)).toMatchObject({ kept: 2, adopted: 7_002, adoptedAs: point })
  })

  test('stopped in the middle is pending and goes on where it stopped', async () => {
    const quarantine = await open()
    await quarantine.append(series(6_000), [])
    const { id } = await only(quarantine)
    for await (const _ of quarantine.adopt(id, point)) break
    expect(await quarantine.pendingAdoptions()).toMatchObject([{ id, kept: 6_000, adoptedAs: point }])
    let count = 0
    for await (const batch of quarantine.adopt(id, point)) count += batch.count
    expect(count).toBe(6_000)
    expect(await quarantine.pendingAdoptions()).toEqual([])
  })

  test('takes up samples that come late', async () => {
    const quarantine = await open()
    await quarantine.append(series(1), [])
    const { id } = await only(quarantine)
    for await (const batch of quarantine.adopt(id, point)) expect(batch.count).toBe(1)
    await quarantine.append(series(3), [])
    expect(await quarantine.pendingAdoptions()).toMatchObject([{ id, kept: 3 }])
  })

  async function adoptAll(quarantine: Quarantine, id: number, as = point): Promise<void> {
    for await (const batch of quarantine.adopt(id, as)) expect(batch.count).toBeGreaterThan(0)
  }

  test('is refused for conflicts, for another point, and for a source that is not there', async () => {
    const quarantine = await open()
    await quarantine.append([sample({ reason: 'conflict' }), sample()], [])
    const { rows } = await quarantine.groups({ scope: ALL, limit: 10 })
    const idOf = (reason: string): number => rows.find((row) => row.reason === reason)?.id ?? 0
    await expect(adoptAll(quarantine, idOf('conflict'))).rejects.toMatchObject({ code: 'QUARANTINE_NOT_ADOPTABLE' })
    await adoptAll(quarantine, idOf('unknown-point'))
    await expect(adoptAll(quarantine, idOf('unknown-point'), point + 1)).rejects.toMatchObject({ code: 'QUARANTINE_ADOPTED_OTHERWISE' })
    await expect(adoptAll(quarantine, 0)).rejects.toMatchObject({ code: 'QUARANTINE_UNKNOWN_GROUP' })
  })
})

describe('lists', () => {
  test('page through sources, newest first, each once, within the scope', async () => {
    const quarantine = await open()
    await quarantine.append([...Array.from({ length: 7 }, (_, i) => sample({ metric: `m${i}`, receivedMs: 10_000 + i })), sample({ gatewayKey: '990122/stranger', reason: 'unknown-gateway' })], [])
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await quarantine.groups({ scope: { divisionPrefix: '990121' }, limit: 3, ...(after !== undefined && { after }) })
      seen.push(...page.rows.map((row) => row.metric))
      after = page.next
    } while (after !== undefined)
    expect(seen).toEqual(['m6', 'm5', 'm4', 'm3', 'm2', 'm1', 'm0'])
    expect((await quarantine.groups({ scope: { divisionPrefix: '990122' }, limit: 3 })).rows).toMatchObject([{ divisionCode: '990122', reason: 'unknown-gateway' }])
    expect((await quarantine.groups({ scope: { divisionPrefix: '', subjectCodes: ['990121100001'] }, limit: 100 })).rows).toHaveLength(7)
  })
  test('page through the samples of a source', async () => {
    const quarantine = await open()
    await quarantine.append(series(5), [])
    const { id } = await only(quarantine)
    const first = await quarantine.samples(id, { limit: 3 })
    const second = await quarantine.samples(id, { limit: 3, ...(first.next !== undefined && { after: first.next }) })
    expect([...first.rows, ...second.rows].map((row) => row.timeMs)).toEqual([1_000, 1_001, 1_002, 1_003, 1_004])
  })
  test('refuse a cursor that is none', async () => {
    const quarantine = await open()
    await expect(quarantine.groups({ scope: ALL, limit: 5, after: '1;drop' })).rejects.toMatchObject({ code: 'QUARANTINE_BAD_QUERY' })
  })
})

function check(value: QuarantinedSample['value'], text: string, storable: number | undefined) {
  expect(encodeValue(value)).toBe(text)
  expect(toStorable(text)).toBe(storable)
}

test('a double keeps every bit as text', () => check(0.1 + 0.2, '0.30000000000000004', 0.30000000000000004))
test('minus zero stays minus zero', () => check(-0, '-0', -0))
test('infinity is a number', () => check(Number.NEGATIVE_INFINITY, '-Infinity', Number.NEGATIVE_INFINITY))
test('no value is stored as no number', () => check(null, 'null', Number.NaN))
test('booleans are 0 and 1', () => check(false, 'false', 0))
test('a small 64-bit integer is a number', () => check(9_007_199_254_740_991n, '9007199254740991', 9_007_199_254_740_991))
test('a 64-bit integer that a double would change is not storable', () => check(9_007_199_254_740_993n, '9007199254740993', undefined))
test('a string is not storable even when it looks like a number', () => check('12', '"12"', undefined))
