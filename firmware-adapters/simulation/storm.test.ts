import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeStorm, rainAt, rainfallAt, retainedAt, STORM_DAYS_MM, weatherAt } from './storm.ts'

const START_MS = Date.UTC(2026, 6, 3)
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const storm = makeStorm({ startMs: START_MS })

test('86 mm fall on the second day, and 172 mm in all', () => {
  expect(rainfallAt(storm, START_MS + 2 * DAY_MS) - rainfallAt(storm, START_MS + DAY_MS)).toBeCloseTo(86, 9)
  expect(rainfallAt(storm, START_MS + 30 * DAY_MS)).toBeCloseTo(STORM_DAYS_MM[0] + STORM_DAYS_MM[1] + STORM_DAYS_MM[2], 9)
})

test('it is dry before the storm and after it', () => {
  const dry = [START_MS - 1, START_MS + 3 * DAY_MS, START_MS - 1000 * DAY_MS]
  expect(dry.map((timeMs) => rainAt(storm, timeMs))).toEqual([0, 0, 0])
  expect(rainfallAt(storm, START_MS - 1)).toBe(0)
})

test('another seed is another storm with the same sums', () => {
  const other = makeStorm({ seed: 2, startMs: START_MS })
  expect(other.hourlyMm).not.toEqual(storm.hourlyMm)
  expect(rainfallAt(other, START_MS + 3 * DAY_MS)).toBeCloseTo(172, 9)
})

const anyTime = fc.integer({ min: -DAY_MS, max: 10 * DAY_MS }).map((ms) => START_MS + ms)

test('rain that has fallen stays fallen, and what is held is never more', () => {
  fc.assert(
    fc.property(anyTime, fc.integer({ min: 0, max: DAY_MS }), fc.integer({ min: HOUR_MS, max: 20 * DAY_MS }), (timeMs, laterMs, drainMs) => {
      expect(rainfallAt(storm, timeMs + laterMs)).toBeGreaterThanOrEqual(rainfallAt(storm, timeMs))
      expect(retainedAt(storm, timeMs, drainMs)).toBeLessThanOrEqual(rainfallAt(storm, timeMs) + 1e-9)
    }),
  )
})

test('what is held obeys its own balance: it changes by rain less drainage', () => {
  const drainMs = 2 * DAY_MS
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 * 24 * 60 - 2 }), (minute) => {
      // Half a minute before and after, so that the hour of the table does not change in between.
      const timeMs = START_MS + minute * 60_000 + 30_000
      const changedMm = retainedAt(storm, timeMs + 1000, drainMs) - retainedAt(storm, timeMs - 1000, drainMs)
      const expectedMm = 2000 * (rainAt(storm, timeMs) / HOUR_MS - retainedAt(storm, timeMs, drainMs) / drainMs)
      expect(changedMm).toBeCloseTo(expectedMm, 6)
    }),
  )
})

test('wind rises and pressure falls in the rain', () => {
  const [before, amid] = [START_MS - DAY_MS, START_MS + 1.9 * DAY_MS].map((timeMs) => weatherAt(storm, timeMs))
  expect(amid?.windMps).toBeGreaterThan(before?.windMps ?? 0)
  expect(amid?.airHpa).toBeLessThan(before?.airHpa ?? 0)
})
