import { beachAtLevel, head, phreaticDepth, vibratingWirePressure } from '../formulas.ts'
import { expect, test } from 'vitest'
import { makeStorm } from '../simulation/storm.ts'
import {
  BEACH_SLOPE_PERCENT,
  CREST_M,
  DEMO_PIEZOMETERS,
  FLOOD_RISE_M,
  phreaticDepthAt,
  pondLevelAt,
  seepageAt,
  surfaceDisplacementAt,
  turbidityAt,
  wireFrequencyAt,
  wireTemperatureAt,
} from './model.ts'

const START_MS = Date.UTC(2026, 6, 3)
const HOUR_MS = 3_600_000
const storm = makeStorm({ startMs: START_MS })
const hours = Array.from({ length: 12 * 24 }, (_, hour) => START_MS - 24 * HOUR_MS + hour * HOUR_MS)
const peakHour = (at: (timeMs: number) => number): number => {
  const values = hours.map(at)
  return values.indexOf(Math.max(...values))
}

test('the rain raises the pond, and the beach at flood level falls from safe to red and comes back', () => {
  const beachAt = (timeMs: number): number => beachAtLevel.evaluate({ crest: CREST_M, level: pondLevelAt(storm, timeMs), slope: BEACH_SLOPE_PERCENT }, { floodRise: FLOOD_RISE_M })
  const lengths = hours.map(beachAt)
  // A dam of level 3: at least 70 m, orange below 84 m (domain tables T-06 and T-12).
  expect(lengths[0]).toBeGreaterThan(150)
  expect(Math.min(...lengths)).toBeLessThan(70)
  expect(Math.min(...lengths)).toBeGreaterThan(40)
  expect(lengths.at(-1)).toBeGreaterThan(84)
})

test('pond, seepage and phreatic line rise one after the other', () => {
  const pond = peakHour((timeMs) => pondLevelAt(storm, timeMs))
  const seepage = peakHour((timeMs) => seepageAt(storm, timeMs))
  const phreatic = peakHour((timeMs) => -phreaticDepthAt(storm, DEMO_PIEZOMETERS[1] as (typeof DEMO_PIEZOMETERS)[number], timeMs))
  expect(pond).toBeLessThan(seepage)
  expect(seepage).toBeLessThan(phreatic)
})

test('seepage doubles and turbidity passes 200 NTU: the defaults of T-20 for orange and yellow', () => {
  expect(Math.max(...hours.map((timeMs) => seepageAt(storm, timeMs)))).toBeGreaterThan(2 * seepageAt(storm, hours[0] ?? 0))
  expect(Math.max(...hours.map((timeMs) => turbidityAt(storm, timeMs)))).toBeGreaterThan(200)
})

test.each(DEMO_PIEZOMETERS.map((piezometer, i) => ({ slot: i + 1, piezometer })))('the sheet of piezometer $slot gives back the depth that its frequency was made of', ({ slot, piezometer }) => {
  for (const timeMs of hours) {
    const frequency = wireFrequencyAt(storm, piezometer, slot, timeMs)
    expect(frequency).toBeGreaterThan(400)
    expect(frequency).toBeLessThan(piezometer.f0)
    const pressure = vibratingWirePressure.evaluate({ frequency, temperature: wireTemperatureAt(storm, slot, timeMs) }, { ...piezometer })
    const depth = phreaticDepth.evaluate({ head: head.evaluate({ pressure }, {}) }, { ...piezometer })
    expect(depth).toBeCloseTo(phreaticDepthAt(storm, piezometer, timeMs), 6)
  }
})

test('the dam creeps on and is pushed by the rain', () => {
  const [before, after] = [0, 8].map((day) => surfaceDisplacementAt(storm, 1, START_MS + day * 24 * HOUR_MS))
  expect((after ?? 0) - (before ?? 0)).toBeGreaterThan(8)
  expect((after ?? 0) - (before ?? 0)).toBeLessThan(11)
})
