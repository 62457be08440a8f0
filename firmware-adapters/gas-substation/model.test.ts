import { SENSOR_TYPES } from '@orewatch/core'
import { expect, test } from 'vitest'
import { makeMine } from '../simulation/mine-air.ts'
import { alarmSideOf, gasValueAt } from './model.ts'
import { DEMO_UNITS } from './simulator.ts'

const mine = makeMine({ seed: 1 })
const moments = Array.from({ length: 2160 }, (_, i) => Date.UTC(2026, 2, 5) + i * 20_000)
const sensors = DEMO_UNITS.flatMap(({ sensors: list }) => list)

test.each(sensors)('a demo sensor of class $sensorType in the $place stays plausible for half a day', ({ sensorType, place = 'return' }) => {
  const type = SENSOR_TYPES[sensorType]
  const values = moments.map((timeMs) => gasValueAt(mine, sensorType, place, 3, timeMs))
  expect(Math.min(...values)).toBeGreaterThanOrEqual(type?.rangeLo ?? 0)
  expect(Math.max(...values)).toBeLessThanOrEqual(type?.rangeHi ?? 0)
})

test('CO at the face passes its limit after blasts and comes back', () => {
  const above = moments.map((timeMs) => alarmSideOf('0101', gasValueAt(mine, '0101', 'face', 1, timeMs)) === 'high')
  expect(new Set(above)).toEqual(new Set([true, false]))
})

test('oxygen falls when carbon monoxide rises', () => {
  const at = (sensorType: string): number[] => moments.map((timeMs) => gasValueAt(mine, sensorType, 'face', 1, timeMs))
  const peak = at('0101').indexOf(Math.max(...at('0101')))
  expect(at('0105')[peak]).toBeLessThan(20.6)
})
