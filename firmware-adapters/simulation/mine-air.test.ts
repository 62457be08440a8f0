import { expect, test } from 'vitest'
import { airflowAt, fumesAt, isFanRunning, makeMine, noiseAt, orderEvent, stagnationAt } from './mine-air.ts'

const NOW_MS = Date.UTC(2026, 2, 5, 14, 20)
const MINUTE_MS = 60_000
const NEVER_MS = 1e12

function quietMine() {
  return makeMine({ seed: 1, blastEveryMs: NEVER_MS, fanTripEveryMs: NEVER_MS })
}

function fumesOver(minutes: number[], distanceM: number, mine = quietMine()): number[] {
  return minutes.map((minute) => fumesAt(mine, distanceM, NOW_MS + minute * MINUTE_MS))
}

test('the same seed and time give the same state, in any order of asking', () => {
  const times = [3, 1, 2].map((minute) => NOW_MS + minute * MINUTE_MS)
  const ask = (order: number[]): number[] => order.map((timeMs) => fumesAt(makeMine({ seed: 4 }), 60, timeMs))
  expect(ask(times.toReversed())).toEqual(ask(times).toReversed())
})

test('a blast sends a wave that reaches the face first, the return later, and passes', () => {
  const mine = quietMine()
  orderEvent(mine, 'blast', NOW_MS)
  const [faceBefore, faceAfter, faceLate] = fumesOver([0, 3, 60], 60, mine)
  const [returnEarly, returnAfter] = fumesOver([3, 9], 400, mine)
  expect(faceBefore).toBe(0)
  expect(faceAfter).toBeGreaterThan(24)
  expect(returnEarly).toBe(0)
  expect(returnAfter).toBeGreaterThan(10)
  expect(faceLate).toBeLessThan(1)
})

test('a fan trip stops the air, and gas gathers until the fan turns again', () => {
  const mine = quietMine()
  orderEvent(mine, 'fan-trip', NOW_MS)
  const at = (minute: number): number => NOW_MS + minute * MINUTE_MS
  expect([isFanRunning(mine, at(-1)), isFanRunning(mine, at(1)), isFanRunning(mine, at(5))]).toEqual([true, false, true])
  expect([airflowAt(mine, at(-1)), airflowAt(mine, at(3)) < 0.05, airflowAt(mine, at(8)) > 0.99]).toEqual([1, true, true])
  expect(stagnationAt(mine, at(3.9))).toBeGreaterThan(stagnationAt(mine, at(1)))
  expect(stagnationAt(mine, at(30))).toBeLessThan(0.01)
})

test('while the fan stands, the wave of a blast stands too', () => {
  const mine = quietMine()
  orderEvent(mine, 'blast', NOW_MS)
  const moving = fumesOver([6], 400, mine)[0]
  orderEvent(mine, 'fan-trip', NOW_MS + MINUTE_MS)
  expect(moving).toBeGreaterThan(0)
  expect(fumesOver([4.9], 400, mine)[0]).toBe(0)
})

test('noise is smooth and bounded', () => {
  const values = Array.from({ length: 2000 }, (_, i) => noiseAt(1, 2, NOW_MS + i * 100))
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1)
  expect(Math.max(...values.slice(1).map((value, i) => Math.abs(value - (values[i] ?? 0))))).toBeLessThan(0.05)
})
