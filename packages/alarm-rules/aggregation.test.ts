import { expect, test } from 'vitest'
import { beachAtFlood, freeboardAtFlood, freeboardMargin } from './freeboard.ts'
import { completeness, completenessLevel, expectedSamples, healthIndex } from './health-index.ts'
import type { Level } from './levels.ts'
import { aggregateLevels, itemLevel, pondLevel } from './pond-level.ts'
import { antecedentIndex, combinedRainLevel, rainGrade } from './rain-index.ts'

const times = (count: number, level: Level): Level[] => Array.from({ length: count }, () => level)

test.each([
  [3, 'blue', undefined],
  [4, 'blue', 'yellow'],
  [2, 'yellow', undefined],
  [5, 'yellow', 'orange'],
  [1, 'orange', undefined],
  [2, 'orange', 'red'],
] as const)('ALG-15: %d points %s add up to %s', (count, level, expected) => expect(aggregateLevels(times(count, level))).toBe(expected))

test('ALG-15: four blue items make the pond yellow', () => expect(pondLevel(times(4, 'blue'))).toBe('yellow'))
test('T-12: steps build on each other', () => {
  expect(aggregateLevels([...times(4, 'blue'), ...times(2, 'yellow')])).toBe('orange')
  expect(aggregateLevels([...times(4, 'blue'), ...times(2, 'yellow'), 'orange'])).toBe('red')
})
test('T-12: an item is never below its highest point, a pond never below its highest item', () => {
  expect(itemLevel(['blue', 'red'])).toBe('red')
  expect(pondLevel([undefined, 'orange', 'blue'])).toBe('orange')
  expect(pondLevel([undefined])).toBeUndefined()
})

const POND = { crestM: 352.4, levelM: 350.1, floodRiseM: 1.28 }
test('ALG-6: crest 352.40, level 350.10, flood rise 1.28 leave 1.02 m', () => {
  expect(freeboardAtFlood(POND)).toBe(1.02)
  expect(freeboardMargin(POND, 0.7)).toBe(0.32)
  expect(freeboardMargin(POND, 1)).toBe(0.02)
})
test('ALG-6: a beach of 1.2 % is 85 m long, of 1.5 % 68 m', () => {
  expect([1.2, 1.5].map((slope) => beachAtFlood(POND, slope))).toEqual([85, 68])
})

test('ALG-2: health index 92.3', () => {
  expect(healthIndex({ completeness: 0.97, onlineRate: 0.95, faultRate: 0.02, calibrationOnTime: 0.9 })).toBeCloseTo(92.3, 10)
  expect(healthIndex({ completeness: 0, onlineRate: 0, faultRate: 0.5, calibrationOnTime: 0 })).toBe(0)
})
test('ALG-3: 4104 of 4320 samples a day are 95 %', () => {
  expect(expectedSamples(86_400_000, 20_000)).toBe(4320)
  expect(completeness({ received: 4104, expected: 4320 })).toBe(0.95)
  expect([0.95, 0.949, 0.8, 0.799].map(completenessLevel)).toEqual([undefined, 'yellow', 'yellow', 'red'])
})
test('a switch owes no samples', () => {
  expect(expectedSamples(86_400_000, 0)).toBeUndefined()
  expect(completeness({ received: 3, expected: 0 })).toBeUndefined()
})

test('ALG-8: a forecast counts where the margin is short or a hazard is open', () => {
  const level = (forecastMm: number, marginShare = 0.1, hasOpenHazard = false) => combinedRainLevel({ forecastMm, marginShare, hasOpenHazard })
  expect([level(49.9), level(50), level(100), level(120, 0.2), level(120, 0.2, true)]).toEqual([undefined, 'orange', 'red', undefined, 'red'])
  expect(antecedentIndex(20, 10)).toBe(27)
})
test('T-18: grades of rain', () => {
  expect([0, 0.1, 9.9, 10, 25, 49.9, 50, 99.9, 100, 250].map((mm) => rainGrade(mm)?.zh)).toEqual([undefined, '小雨', '小雨', '中雨', '大雨', '大雨', '暴雨', '暴雨', '大暴雨', '特大暴雨'])
})
