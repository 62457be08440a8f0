import fc from 'fast-check'
import { expect, test } from 'vitest'
import { creepAt, makeSlope } from './creep.ts'

const HOUR_MS = 3_600_000
const ONSET_MS = Date.UTC(2026, 6, 4)
const slope = makeSlope({ onsetMs: ONSET_MS })
const at = (hours: number): ReturnType<typeof creepAt> => creepAt(slope, ONSET_MS + hours * HOUR_MS)

// ALG-4, published vector: t = 0…5 h.
test.each([
  [0, 0.5],
  [1, 0.5556],
  [2, 0.625],
  [3, 0.7143],
  [4, 0.8333],
  [5, 1.0],
])('the published slope moves after %d h with %f mm/h', (hours, velocity) => expect(at(hours).velocityMmPerH).toBeCloseTo(velocity, 4))

test('the inverse velocity is the published line 2.0 − 0.2 t, and meets zero at 10 h', () => {
  for (const hours of [0, 2.5, 5, 7.5, 9.9]) expect(1 / at(hours).velocityMmPerH).toBeCloseTo(2 - 0.2 * hours, 9)
})

test('before the onset it creeps evenly, and a body that never fails always does', () => {
  expect(at(-10)).toEqual({ displacementMm: -5, velocityMmPerH: 0.5 })
  expect(creepAt({ ...slope, failureMs: Number.POSITIVE_INFINITY }, ONSET_MS + 10 * HOUR_MS)).toEqual({ displacementMm: 5, velocityMmPerH: 0.5 })
})

test('after the failure it lies still', () => {
  expect(at(11).velocityMmPerH).toBe(0)
  expect(at(1000).displacementMm).toBe(at(10).displacementMm)
})

test('at every time the way is the sum of the velocity and never goes back', () => {
  fc.assert(
    fc.property(fc.double({ min: -20, max: 12, noNaN: true }), fc.double({ min: 1e-4, max: 1e-3, noNaN: true }), (hours, stepH) => {
      const [from, mid, to] = [hours, hours + stepH / 2, hours + stepH].map(at)
      const wayMm = (to?.displacementMm ?? 0) - (from?.displacementMm ?? 0)
      expect(wayMm).toBeGreaterThanOrEqual(-1e-9)
      // Where the fall ends the velocity jumps to rest; a step across that corner has no mean.
      if (hours < 10 && hours + stepH > 10) return
      expect(wayMm).toBeCloseTo((mid?.velocityMmPerH ?? 0) * stepH, 3)
    }),
  )
})
