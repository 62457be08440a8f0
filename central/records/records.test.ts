import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRegistry } from '../registry/index.ts'
import type { Relational } from '../relational/index.ts'
import { openTestRelational } from '../relational/testing.ts'
import { openCompletenessEvents, openRangeStore, openRecordStore, openSecurityEvents } from './index.ts'
import { decodeRanges, encodeRanges } from './ranges.ts'

const INCARNATION = '0123456789abcdef'
const ALL = { divisionPrefix: '' }
let relational: Relational
let gateway: number

beforeAll(async () => {
  relational = await openTestRelational()
  gateway = await openRegistry(relational).gatewayIdentity('990121', 'gw')
})
afterAll(() => relational.close())

function ranges(first: number, count: number, incarnation = INCARNATION) {
  return { gateway, incarnation, stream: 'event' as const, ranges: [{ first, count }] }
}

describe('ranges', () => {
  test('merge whatever order they come in', async () => {
    const store = openRangeStore(relational)
    await store.add([ranges(10, 5), ranges(0, 5)])
    await store.add([ranges(3, 9)])
    await store.add([ranges(20, 1), { ...ranges(0, 2), stream: 'vital' }])
    expect(await store.load(gateway, INCARNATION)).toEqual(
      new Map([
        [
          'event',
          [
            { first: 0, count: 15 },
            { first: 20, count: 1 },
          ],
        ],
        ['vital', [{ first: 0, count: 2 }]],
      ]),
    )
  })
  test('of another incarnation are others', async () => {
    expect(await openRangeStore(relational).load(gateway, 'ffffffffffffffff')).toEqual(new Map())
  })
  test('added by many at once are all there', async () => {
    const store = openRangeStore(relational)
    await Promise.all(Array.from({ length: 40 }, (_, i) => store.add([ranges(i * 2, 1, 'aaaaaaaaaaaaaaaa'), { ...ranges(i, 1, 'aaaaaaaaaaaaaaaa'), stream: 'routine' }])))
    const loaded = await store.load(gateway, 'aaaaaaaaaaaaaaaa')
    expect(loaded.get('event')).toHaveLength(40)
    expect(loaded.get('routine')).toEqual([{ first: 0, count: 40 }])
  })
  test('hold positions up to the largest exact integer', () => {
    const huge = [{ first: Number.MAX_SAFE_INTEGER - 2, count: 2 }]
    expect(decodeRanges(encodeRanges(huge))).toEqual(huge)
  })
})

describe('records', () => {
  const body = { 'nul\0key': 'a\0b', lone: '\ud800', deep: [{ text: '瓦斯\0' }], number: 1.5 }
  const batch = (first: number, count: number) => ({
    gateway,
    incarnation: 'bbbbbbbbbbbbbbbb',
    stream: 'event' as const,
    receivedMs: 5,
    records: Array.from({ length: count }, (_, i) => ({ position: first + i, record: { schema: 'device.state/1', timeMs: 1_000 + i, device: 'd', body } })),
  })

  test('are stored once, together with their ranges', async () => {
    const store = openRecordStore(relational)
    expect(await store.append([batch(0, 3)], [ranges(0, 3, 'bbbbbbbbbbbbbbbb')])).toEqual({ stored: 3, duplicates: 0 })
    expect(await store.append([batch(1, 4)], [ranges(1, 4, 'bbbbbbbbbbbbbbbb')])).toEqual({ stored: 2, duplicates: 2 })
    expect((await openRangeStore(relational).load(gateway, 'bbbbbbbbbbbbbbbb')).get('event')).toEqual([{ first: 0, count: 5 }])
    const { rows } = await store.records({ scope: ALL, limit: 10 })
    expect(rows.map((row) => row.position)).toEqual([4, 3, 2, 1, 0])
    expect(rows[0]).toMatchObject({ gateway, schema: 'device.state/1', timeMs: 1_003, device: 'd', receivedMs: 5, stream: 'event' })
  })
  test('with text that PostgreSQL cannot hold are stored with a mark in its place', async () => {
    const { rows } = await openRecordStore(relational).records({ scope: ALL, limit: 1 })
    expect(rows[0]?.body).toEqual({ 'nul\uFFFDkey': 'a\uFFFDb', lone: '\uFFFD', deep: [{ text: '瓦斯\uFFFD' }], number: 1.5 })
  })
  test('come with neither records nor ranges when one of them cannot be stored', async () => {
    const store = openRecordStore(relational)
    const wrong = { ...batch(0, 1), incarnation: 'cccccccccccccccc' }
    await expect(store.append([wrong], [{ ...ranges(0, 1, 'cccccccccccccccc'), gateway: 999_999 }])).rejects.toThrow()
    expect((await store.records({ scope: ALL, limit: 100 })).rows.some((row) => row.incarnation === 'cccccccccccccccc')).toBe(false)
  })
  test('of declared gaps can be asked for', async () => {
    const store = openRecordStore(relational)
    const gap = { incarnation: INCARNATION, stream: 'routine', first: 7, count: 3, reason: 'quota-age' as const }
    await store.append([{ ...batch(9, 1), records: [{ position: 9, record: { schema: 'outbox.gap/1', timeMs: 2, body: gap } }] }], [])
    expect((await store.gaps({ scope: ALL, limit: 10 })).rows).toMatchObject([{ gateway, timeMs: 2, gap }])
    expect((await store.gaps({ scope: { divisionPrefix: '98' }, limit: 10 })).rows).toEqual([])
  })
  test('page from the newest to the oldest', async () => {
    const store = openRecordStore(relational)
    const first = await store.records({ scope: ALL, limit: 2 })
    const second = await store.records({ scope: ALL, limit: 100, before: first.next ?? 0 })
    expect(second.rows).toHaveLength(4)
    expect(second.next).toBeUndefined()
  })
})

describe('security events', () => {
  test('that repeat within ten minutes are one with a count', async () => {
    let nowMs = 1_000_000
    const events = openSecurityEvents(relational, { nowMs: () => nowMs, monotonicMs: () => nowMs })
    await Promise.all(Array.from({ length: 10 }, (_, i) => events.add('wrong-topic', '990121/gw', { i })))
    nowMs += 11 * 60_000
    await events.add('wrong-topic', '990121/gw')
    const { rows } = await events.list({ kind: 'wrong-topic', limit: 10 })
    expect(rows.map((row) => row.count)).toEqual([1, 10])
  })
})

test('completeness events are listed by gateway', async () => {
  const events = openCompletenessEvents(relational)
  await events.add(gateway, 'sequence-gap', { expected: 4, got: 9 })
  expect((await events.list({ gateway, limit: 10 })).rows).toMatchObject([{ gateway, kind: 'sequence-gap', detail: { expected: 4, got: 9 } }])
  expect((await events.list({ gateway: gateway + 1, limit: 10 })).rows).toEqual([])
})
