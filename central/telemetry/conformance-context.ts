/* What the parts of the conformance suite share: the store under test, times, and short ways to write and read samples. */
import { type Sample, samplesOf } from '@orewatch/core'
import { DAY_MS, monthMs } from './conformance-samples.ts'
import type { OutboxRanges, StoreCapabilities, TelemetryStore } from './store.ts'

/** What the parts of the suite work on. */
export interface Context {
  readonly store: () => TelemetryStore
  readonly reopen: () => Promise<void>
  readonly capabilities: StoreCapabilities
}

/** Noon of a day of the last whole month, UTC ms. */
export const T0 = monthMs(0) + 4.5 * DAY_MS
/** The incarnation that writers claim. */
export const INCARNATION = '00112233aabbccdd'

/** A plain sample, changed as a test wants it. */
export function sample(key: number, timeMs: number, rest: Partial<Sample> = {}): Sample {
  return { key, timeMs, value: 20, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0, ...rest }
}

/** A newest sample, changed as a test wants it. */
export function latest(point: number, timeMs: number, rest: Partial<Sample> = {}) {
  const { key, gatewayDeltaMs: _, ...other } = sample(point, timeMs, rest)
  return { point: key, ...other }
}

/** Newest samples of points, by point. */
export async function latestOf(store: TelemetryStore, points: readonly number[]) {
  const found = await store.latest(points)
  return found.map(({ point, timeMs, value, quality, reason, flags }) => ({ point, timeMs, value, quality, reason, flags })).toSorted((a, b) => a.point - b.point)
}

/** Positions of an outbox as filled. */
export function filled(first: number, count: number): OutboxRanges {
  return { gateway: 1, incarnation: INCARNATION, stream: 'routine', ranges: [{ first, count }] }
}

/** All samples of a point. */
export async function all(store: TelemetryStore, point: number): Promise<Sample[]> {
  return samplesOf((await store.range(point, 0, Date.UTC(2200, 0, 1), 100_000)).samples)
}

/** Times after T0, ms. */
export function timesOf(samples: readonly Sample[]): number[] {
  return samples.map((s) => s.timeMs - T0)
}
