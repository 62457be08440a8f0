// Each formula against published numbers, and what it says where it has no answer.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beachAtLevel, type Formula, type FormulaNumbers, head, KPA_PER_METRE_OF_WATER, phreaticDepth, vibratingWirePressure } from './formulas.ts'

function check(formula: Formula, inputs: FormulaNumbers, constants: FormulaNumbers, expected: number, digits = 3): void {
  expect(formula.evaluate(inputs, constants)).toBeCloseTo(expected, digits)
}

// Domain table E.1.4: f0 2850 Hz (8122.5 digits), f 2700 Hz (7290.0 digits), G 0.085 kPa/digit.
const SHEET = { f0: 2850, G: 0.085, K: 0, T0: 20 }

test('the published piezometer: 2700 Hz is 70.763 kPa', () => check(vibratingWirePressure, { frequency: 2700, temperature: 20 }, SHEET, 70.7625))
test('the zero reading is no pressure', () => check(vibratingWirePressure, { frequency: 2850, temperature: 20 }, SHEET, 0))
test('the wire is corrected for its temperature', () => check(vibratingWirePressure, { frequency: 2700, temperature: 25 }, { ...SHEET, K: -0.02 }, 70.6625))
test('10 hPa more air than at the zero reading is 1 kPa less', () => check(vibratingWirePressure, { frequency: 2700, temperature: 20, atmosphere: 1023.25 }, { ...SHEET, P0: 1013.25 }, 69.7625))
test('the published piezometer: 70.763 kPa is 7.216 m of water', () => check(head, { pressure: 70.763 }, {}, 7.216))
test('the phreatic line lies below the slope by what sensor and head leave', () => check(phreaticDepth, { head: 7.216 }, { surfaceElevation: 340, sensorElevation: 327.6 }, 5.184))

// ALG-6: crest 352.40, level 350.10, rise in the flood 1.28 m.
const POND = { crest: 352.4, level: 350.1 }
const ROUTING = { floodRise: 1.28 }

test('the published beach at 1.2 % is 85 m long at flood level', () => check(beachAtLevel, { ...POND, slope: 1.2 }, ROUTING, 85))
test('the published beach at 1.5 % is 68 m long at flood level', () => check(beachAtLevel, { ...POND, slope: 1.5 }, ROUTING, 68))
test('a flood above the crest leaves no beach, not a negative one', () => check(beachAtLevel, { ...POND, level: 351.5, slope: 1.2 }, ROUTING, 0))
test.each([0, -1, Number.NaN])('a beach of slope %f has no length', (slope) => expect(beachAtLevel.evaluate({ ...POND, slope }, ROUTING)).toBeNaN())

test('whatever the sheet says, a lower frequency of the same wire never means less pressure', () => {
  const hertz = fc.double({ min: 400, max: 6000, noNaN: true })
  fc.assert(
    fc.property(hertz, hertz, fc.double({ min: 0.001, max: 1, noNaN: true }), (a, b, G) => {
      const at = (frequency: number): number => vibratingWirePressure.evaluate({ frequency, temperature: 20 }, { ...SHEET, G })
      expect(at(Math.min(a, b))).toBeGreaterThanOrEqual(at(Math.max(a, b)))
    }),
  )
})

test('head and pressure are the same water', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 500, noNaN: true }), (pressure) => {
      expect(head.evaluate({ pressure }, {}) * KPA_PER_METRE_OF_WATER).toBeCloseTo(pressure, 9)
    }),
  )
})

test('an input that is not there gives no number, never another input’s', () => {
  for (const formula of [vibratingWirePressure, head, phreaticDepth, beachAtLevel])
    expect(formula.evaluate({}, { f0: 1, G: 1, K: 1, T0: 1, surfaceElevation: 1, sensorElevation: 1, floodRise: 1 })).toBeNaN()
})
