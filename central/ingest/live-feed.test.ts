import { setTimeout as sleep } from 'node:timers/promises'
import { columnsOf, type SampleColumns, samplesOf, systemClock } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { expect, test } from 'vitest'
import { LiveFeed, type LiveFeedOptions } from './live-feed.ts'
import { MemoryStore } from './test/doubles.ts'

const NONE: ReadonlySet<number> = new Set()

function feedOn(options: Partial<LiveFeedOptions> = {}): LiveFeed {
  return new LiveFeed({ store: new MemoryStore(), clock: systemClock, log: silentLogger(), intervalMs: 20, ...options })
}

function columns(...rows: readonly (readonly [point: number, timeMs: number, value: number])[]): SampleColumns {
  return columnsOf(rows.map(([key, timeMs, value]) => ({ key, timeMs, value, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 })))
}

test('the newest by event time is the latest, whatever the order of arrival', () => {
  const feed = feedOn()
  feed.apply(columns([1, 200, 2], [1, 100, 1]), NONE)
  expect(feed.latest(1)).toMatchObject({ timeMs: 200, value: 2 })
  feed.stop()
})

test('rows that were not stored are not shown', () => {
  const feed = feedOn()
  feed.apply(columns([1, 100, 1], [2, 100, 2]), new Set([1]))
  expect(feed.latest(1)?.value).toBe(1)
  expect(feed.latest(2)).toBeUndefined()
  feed.stop()
})

test('after a start the values come from the store, and never push back newer ones', async () => {
  const store = new MemoryStore()
  await store.write(columns([1, 100, 1], [2, 100, 2]), [])
  const feed = feedOn({ store })
  feed.apply(columns([1, 200, 9]), NONE)
  await feed.seed([1, 2, 3])
  expect(feed.latest(1)?.value).toBe(9)
  expect(feed.latest(2)?.value).toBe(2)
  expect(feed.latest(3)).toBeUndefined()
  expect(feed.storedMs(2)).toBeUndefined()
  feed.stop()
})

test('many changes of a point are one update with the newest', async () => {
  const feed = feedOn()
  const updates: number[][] = []
  feed.subscribe((samples) => updates.push(samplesOf(samples).map((sample) => sample.value)))
  for (let i = 0; i < 100; i++) feed.apply(columns([1, i, i]), NONE)
  await sleep(60)
  expect(updates).toEqual([[99]])
  feed.stop()
})

test('a subscriber that throws does not silence the others, and one that left hears nothing', async () => {
  const feed = feedOn()
  let heard = 0
  let late = 0
  feed.subscribe(() => {
    throw new TypeError('of the test')
  })
  feed.subscribe(() => heard++)
  feed.subscribe(() => late++)?.()
  feed.apply(columns([1, 1, 1]), NONE)
  await sleep(60)
  expect([heard, late]).toEqual([1, 0])
  feed.stop()
})

test('subscribers and points are bounded', () => {
  const feed = feedOn({ maxSubscribers: 1, maxPoints: 2 })
  expect(feed.subscribe(() => undefined)).toBeDefined()
  expect(feed.subscribe(() => undefined)).toBeUndefined()
  feed.apply(columns([1, 1, 1], [2, 1, 1], [3, 1, 1]), NONE)
  expect(feed.points).toBe(2)
  feed.stop()
})
