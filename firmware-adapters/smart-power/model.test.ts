import fc from 'fast-check'
import { expect, test } from 'vitest'
import { consumedAt, loadAt, meanLoadAt, MINE_LOOPS, type PowerLoop } from './model.ts'

const DAY_MS = Date.UTC(2026, 2, 5, -8) // midnight in Shanghai
const HOUR_MS = 3_600_000
const loopOf = (name: string): PowerLoop => MINE_LOOPS.find((loop) => loop.name === name) as PowerLoop
const moments = Array.from({ length: 8640 }, (_, i) => DAY_MS + i * 10_000)

test.each(MINE_LOOPS)('energy of $name is the integral of its power, over any span', (loop) => {
  const span = fc.record({ fromMs: fc.integer({ min: DAY_MS, max: DAY_MS + 30 * 24 * HOUR_MS }), lengthS: fc.integer({ min: 1, max: 5000 }) })
  fc.assert(
    fc.property(span, ({ fromMs, lengthS }) => {
      // Midpoints of half seconds: exact between knots, which stand on whole seconds; `fromMs` is one too.
      const startMs = fromMs - (fromMs % 1000)
      let summed = 0
      for (let i = 0; i < 2 * lengthS; i++) summed += loadAt(loop, startMs + 500 * i + 250) / 7200
      expect(consumedAt(loop, startMs + 1000 * lengthS) - consumedAt(loop, startMs)).toBeCloseTo(summed, 4)
    }),
    { numRuns: 20 },
  )
})

test.each(MINE_LOOPS)('the load of $name never is negative nor beyond one and a half times its rated power', (loop) => {
  const loads = moments.map((timeMs) => loadAt(loop, timeMs))
  expect(Math.min(...loads)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...loads)).toBeLessThanOrEqual(1.5 * loop.ratedKw)
})

test('the mill runs from 22 to 6 in Shanghai and stands by day', () => {
  const mill = loopOf('mill')
  const running = Array.from({ length: 24 }, (_, hour) => loadAt(mill, DAY_MS + hour * HOUR_MS + 1000) > 0.5 * mill.ratedKw)
  expect(running.flatMap((isOn, hour) => (isOn ? [hour] : []))).toEqual([0, 1, 2, 3, 4, 5, 22, 23])
})

test('the hoist makes 20 cycles an hour in its shifts, each with a start peak', () => {
  const hoist = loopOf('main-hoist')
  const loads = Array.from({ length: 3600 }, (_, s) => loadAt(hoist, DAY_MS + 10 * HOUR_MS + 1000 * s))
  const starts = loads.filter((load, i) => load > hoist.ratedKw && (loads[i - 1] ?? 0) <= hoist.ratedKw)
  expect(starts).toHaveLength(20)
  expect(loadAt(hoist, DAY_MS + 3 * HOUR_MS)).toBe(12)
})

test('ventilation and drainage never stop for long: the fan always runs, the pump within every hour', () => {
  expect(Math.min(...moments.map((timeMs) => loadAt(loopOf('main-fan'), timeMs)))).toBeGreaterThan(200)
  for (let hour = 0; hour < 24; hour++) expect(meanLoadAt(loopOf('main-drainage'), DAY_MS + (hour + 1) * HOUR_MS, HOUR_MS)).toBeGreaterThan(50)
})
