import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PATTERN_POINTS, PATTERN_REPEAT_MS, patternBit, patternTimeOf, patternValue } from './pattern.ts'

const point = fc.integer({ min: 0, max: PATTERN_POINTS - 1 })
const time = fc.integer({ min: 1_600_000_000_000, max: 2_000_000_000_000 })

test('a value is exact in float32 and plausible for every class', () => {
  fc.assert(
    fc.property(point, time, (pointIndex, timeMs) => {
      const value = patternValue(pointIndex, timeMs)
      expect(Math.fround(value)).toBe(value)
      expect(value).toBeGreaterThanOrEqual(1)
      expect(value).toBeLessThan(2)
    }),
  )
})

test('point and time come back from a value', () => {
  fc.assert(
    fc.property(point, time, fc.integer({ min: -60_000, max: 60_000 }), (pointIndex, timeMs, skewMs) => {
      expect(patternTimeOf(patternValue(pointIndex, timeMs), timeMs + skewMs)).toEqual({ pointIndex, timeMs: Math.floor(timeMs / 100) * 100 })
    }),
  )
})

test('no value repeats within the repeat time', () => {
  const steps = PATTERN_REPEAT_MS / 100
  expect(new Set(Array.from({ length: steps }, (_, i) => patternValue(5, i * 100))).size).toBe(steps)
})

test('values of neighbouring steps differ by more than any sensor resolves', () => {
  const differences = Array.from({ length: 1000 }, (_, i) => Math.abs(patternValue(1, (i + 1) * 100) - patternValue(1, i * 100)))
  expect(Math.min(...differences)).toBeGreaterThan(0.3)
})

test.each([0, 0.5, 2, -1.5, Number.NaN, Number.POSITIVE_INFINITY, 1 + 2 ** -30])('%d is no pattern value', (value) => {
  expect(patternTimeOf(value, 0)).toBeUndefined()
})

test('a switch changes every second and neighbours are opposite', () => {
  expect([patternBit(0, 0), patternBit(0, 999), patternBit(0, 1000), patternBit(1, 0)]).toEqual([false, false, true, true])
})
