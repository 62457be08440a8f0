import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeStorm, rainfallAt } from '../simulation/storm.ts'
import { ditchLevelAt, TIP_MM, tipsAt } from './model.ts'

const START_MS = Date.UTC(2026, 6, 3)
const DAY_MS = 86_400_000
const storm = makeStorm({ startMs: START_MS })

test('the 86 mm of the second day are 430 tips, give or take the one that is under way', () => {
  const tips = tipsAt(storm, START_MS + 2 * DAY_MS) - tipsAt(storm, START_MS + DAY_MS)
  expect(Math.abs(tips - 430)).toBeLessThanOrEqual(1)
})

test('the counter never turns back and is never ahead of the rain', () => {
  const anyTime = fc.integer({ min: -DAY_MS, max: 5 * DAY_MS }).map((ms) => START_MS + ms)
  fc.assert(
    fc.property(anyTime, fc.integer({ min: 0, max: DAY_MS }), (timeMs, laterMs) => {
      const tips = tipsAt(storm, timeMs)
      expect(tipsAt(storm, timeMs + laterMs)).toBeGreaterThanOrEqual(tips)
      const behindMm = rainfallAt(storm, timeMs) - (tips - tipsAt(storm, START_MS - 1)) * TIP_MM
      expect(behindMm).toBeGreaterThan(-1e-6)
      expect(behindMm).toBeLessThan(TIP_MM + 1e-6)
    }),
  )
})

test('the ditch fills in the rain, stays within its gauge, and runs dry again', () => {
  const levels = Array.from({ length: 10 * 24 }, (_, hour) => ditchLevelAt(storm, START_MS - DAY_MS + hour * 3_600_000))
  expect(levels[0]).toBeLessThan(0.4)
  expect(Math.max(...levels)).toBeGreaterThan(1)
  expect(Math.max(...levels)).toBeLessThan(5)
  expect(levels.at(-1)).toBeLessThan(0.4)
})
