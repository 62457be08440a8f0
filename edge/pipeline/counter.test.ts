import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CounterWatch } from './counter.ts'

const LIMITS = { rollOver: 999_999.99, window: 50_000 }

/** Which readings of a sequence are believed. */
function believed(...readings: readonly number[]): boolean[] {
  const watch = new CounterWatch(LIMITS, 0.01)
  return readings.map((reading) => watch.takes(reading))
}

test('the first reading is believed, and every one that does not fall', () => expect(believed(183_920.44, 183_920.44, 183_921)).toEqual([true, true, true]))
test('a roll-over at 999 999.99 is good and counting goes on', () => expect(believed(999_998.5, 0.31, 1.2)).toEqual([true, true, true]))
test('a roll-over over a night without a gateway is good', () => expect(believed(990_000, 12_000)).toEqual([true, true]))
test('a fall of 500 kWh without roll-over is not believed, and the old level again is', () => expect(believed(183_920.44, 183_420.44, 183_921)).toEqual([true, false, true]))
test('a fall near the top is no roll-over', () => expect(believed(999_900, 999_400)).toEqual([true, false]))
test('a fall to 0 from the middle is no roll-over', () => expect(believed(500_000, 0)).toEqual([true, false]))
test('an exchanged meter is believed with the third reading after the fall, when it counts', () => {
  expect(believed(183_920.44, 12.5, 12.9, 13.4, 13.8, 14.1)).toEqual([true, false, false, false, true, true])
})
test('an exchanged meter without load waits until it counts', () => expect(believed(500, 3, 3, 3, 3, 3, 3.01)).toEqual([true, false, false, false, false, false, true]))
test('a meter that shows 0 for ever is never believed', () => expect(believed(500_000, ...Array<number>(100).fill(0)).slice(1)).not.toContain(true))
test('readings that go on falling are never believed', () => expect(believed(500_000, 400, 300, 200, 100, 50, 40).slice(1)).not.toContain(true))
test('an exchanged meter is watched like the old one afterwards', () => expect(believed(500, 3, 4, 5, 6, 5.5)).toEqual([true, false, false, false, true, false]))

const steps = fc.array(fc.double({ min: 0, max: LIMITS.window / 2, noNaN: true }), { minLength: 1, maxLength: 200 })

test('a meter that only counts is always believed, across any number of roll-overs', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: LIMITS.rollOver, noNaN: true }), steps, (start, consumed) => {
      const watch = new CounterWatch(LIMITS, 0.01)
      let total = start
      return [0, ...consumed].every((step) => {
        total += step
        // As a meter shows it: whole hundredths, 999 999.99 and then 0.
        return watch.takes((Math.floor(total * 100) % 100_000_000) / 100)
      })
    }),
  )
})

test('a fall is believed at once only where it can be a roll-over', () => {
  const reading = fc.double({ min: 0, max: LIMITS.rollOver, noNaN: true })
  fc.assert(
    fc.property(reading, reading, (before, after) => {
      fc.pre(after < before)
      const advance = LIMITS.rollOver - before + after
      expect(believed(before, after)[1]).toBe(advance <= LIMITS.window)
    }),
  )
})

test('whatever was read before, a meter that counts on is believed after four readings at most', () => {
  const reading = fc.double({ min: 0, max: LIMITS.rollOver, noNaN: true })
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 30 }), fc.double({ min: 0, max: LIMITS.rollOver - 10, noNaN: true }), (noise, level) => {
      const watch = new CounterWatch(LIMITS, 0.01)
      for (const one of noise) watch.takes(one)
      const taken = [0, 1, 2, 3].map((step) => watch.takes(level + step))
      expect(taken.at(-1)).toBe(true)
    }),
  )
})
