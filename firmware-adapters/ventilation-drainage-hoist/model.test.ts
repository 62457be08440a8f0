import { expect, test } from 'vitest'
import { makeMine } from '../simulation/mine-air.ts'
import { hoistAt, PLANT_VARIABLES, sumpAt } from './model.ts'

const mine = makeMine({ seed: 2 })
const START_MS = Date.UTC(2026, 2, 5)
const times = (stepMs: number, hours: number): number[] => Array.from({ length: (hours * 3_600_000) / stepMs }, (_, i) => START_MS + i * stepMs)

test('the hoist covers the shaft up and down and never exceeds its speed', () => {
  const cycle = times(100, 0.0625) // 225 s
  const speeds = cycle.map((timeMs) => hoistAt(mine, timeMs).speedMps)
  const travelledM = speeds.map((speed) => Math.abs(speed) * 0.1).reduce((sum, m) => sum + m, 0)
  expect([Math.max(...speeds), Math.min(...speeds)]).toEqual([8, -8])
  expect(Math.abs(travelledM - 1000)).toBeLessThan(5)
})

test('the brake holds and the gate is open only while the cage stands', () => {
  const brake = variable('s=Mine.Hoist.BrakePressure')
  const gate = variable('s=Mine.Hoist.Interlock')
  const moving = times(500, 0.2).filter((timeMs) => Math.abs(hoistAt(mine, timeMs).speedMps) > 0.5)
  expect(moving.every((timeMs) => brake.value(mine, timeMs) > 10 && gate.value(mine, timeMs) === 0)).toBe(true)
})

test('the sump fills without a pump, and a pump draws it down again', () => {
  const states = times(60_000, 3).map((timeMs) => sumpAt(mine, timeMs))
  const changes = states.slice(1).map((state, i) => ({ rise: state.levelM - (states[i]?.levelM ?? 0), pump: state.pump, before: states[i]?.pump }))
  const steady = changes.filter(({ pump, before }) => pump === before)
  expect(steady.every(({ rise, pump }) => (pump === 0 ? rise > 0 : rise < 0))).toBe(true)
  expect(new Set(states.map(({ pump }) => pump))).toEqual(new Set([0, 1, 2]))
})

test('every value stays within the range that its node announces', () => {
  const moments = times(20_000, 6)
  const outside = PLANT_VARIABLES.filter(({ range, value }) => moments.some((timeMs) => value(mine, timeMs) < (range?.low ?? 0) || value(mine, timeMs) > (range?.high ?? 1)))
  expect(outside.map(({ identifier }) => identifier)).toEqual([])
})

function variable(identifier: string) {
  const found = PLANT_VARIABLES.find((candidate) => candidate.identifier === identifier)
  expect(found).toBeDefined()
  return found as (typeof PLANT_VARIABLES)[number]
}
