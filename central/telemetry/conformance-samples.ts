/* Samples for the property tests of the conformance suite, and the plain model that stores are compared with. */
import type { Sample } from '@orewatch/core'
import fc from 'fast-check'

/** A day, ms. */
export const DAY_MS = 86_400_000

/** Start of the month `offset` months after the last whole one, UTC ms: months up to 1 have begun, because one store refuses the future. */
export function monthMs(offset: number): number {
  const now = new Date()
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1 + offset, 1)
}

/** Any sample that a store must keep to the bit. */
export const anySample: fc.Arbitrary<Sample> = fc.record({
  key: fc.constant(0),
  timeMs: fc.integer({ min: monthMs(0) - 7 * DAY_MS, max: monthMs(0) + 7 * DAY_MS }),
  value: fc.oneof(
    fc.double({ noDefaultInfinity: true }),
    fc.float({ noDefaultInfinity: true, noNaN: true }),
    fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 1_000),
  ),
  quality: fc.integer({ min: 0, max: 9 }),
  reason: fc.integer({ min: 0, max: 255 }),
  flags: fc.integer({ min: 0, max: 255 }),
  gatewayDeltaMs: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
})

/** One of few points, times and values, so that samples meet often; times on both sides of a month's end. */
export const crowdedSample: fc.Arbitrary<Sample> = fc.record({
  key: fc.integer({ min: 0, max: 1 }),
  timeMs: fc.integer({ min: -2, max: 3 }).map((n) => monthMs(0) + n),
  value: fc.constantFrom(1, 2, Number.NaN),
  quality: fc.constantFrom(0, 0, 0, 2),
  reason: fc.constant(0),
  flags: fc.constant(0),
  gatewayDeltaMs: fc.constant(0),
})

/** What a store that keeps the first does with a batch, on a plain map. */
export function applyTo(model: Map<string, Sample>, batch: readonly Sample[]): { stored: number; duplicates: number; conflicts: number[] } {
  const result = { stored: 0, duplicates: 0, conflicts: [] as number[] }
  batch.forEach((s, row) => {
    const id = `${s.key}/${s.timeMs}`
    const kept = model.get(id)
    if (kept === undefined) {
      model.set(id, s)
      result.stored++
    } else if (Object.is(kept.value, s.value) && kept.quality === s.quality) result.duplicates++
    else result.conflicts.push(row)
  })
  return result
}
