import { airflowAt, isFanRunning, lastTripAgoMs, type Mine, nextTripInMs, noiseAt } from '../simulation/mine-air.ts'

/** A variable of the PLC and the value that the physics gives it at a time, UTC ms. */
export interface PlantVariable {
  readonly identifier: string
  readonly kind: 'double' | 'boolean'
  readonly range?: { readonly low: number; readonly high: number }
  readonly value: (mine: Mine, timeMs: number) => number
}

/** All variables of the simulated PLC, in the order of their pattern indexes. */
export const PLANT_VARIABLES: readonly PlantVariable[] = [
  analog('s=Mine.Fan1.Vibration', 0, 20, (mine, t) => (isFanRunning(mine, t) ? 2.4 + 5.4 * wearAt(mine, t) : 0.1) + 0.1 * noiseAt(mine.seed, 101, t)),
  analog('s=Mine.Fan1.BearingTemperature', 0, 150, (mine, t) => bearingAt(mine, t) + 0.3 * noiseAt(mine.seed, 102, t)),
  analog('s=Mine.Fan2.Vibration', 0, 20, (mine, t) => 0.1 + 0.05 * noiseAt(mine.seed, 103, t)),
  analog('s=Mine.Fan2.BearingTemperature', 0, 150, (mine, t) => 21 + 0.3 * noiseAt(mine.seed, 104, t)),
  analog('s=Mine.Return.WindSpeed', 0, 15, (mine, t) => Math.max(0, airflowAt(mine, t) * (6.5 + 0.2 * noiseAt(mine.seed, 105, t)))),
  analog('s=Mine.Return.WindPressure', -5000, 5000, (mine, t) => -2200 * airflowAt(mine, t) ** 2 + 8 * noiseAt(mine.seed, 106, t)),
  analog('s=Mine.Sump.Level', 0, 20, (mine, t) => sumpAt(mine, t).levelM),
  analog('s=Mine.Sump.Inflow', 0, 5000, (mine, t) => INFLOW_M3H + 4 * noiseAt(mine.seed, 108, t, 60_000)),
  analog('s=Mine.Hoist.Speed', -20, 20, (mine, t) => hoistAt(mine, t).speedMps),
  analog('s=Mine.Hoist.Load', 0, 200, (mine, t) => hoistAt(mine, t).loadKn + 0.3 * noiseAt(mine.seed, 110, t, 1000)),
  analog('s=Mine.Hoist.BrakePressure', 0, 16, (mine, t) => (hoistAt(mine, t).isMoving ? 12 : 0.3) + 0.05 * noiseAt(mine.seed, 111, t, 1000)),
  toggle('s=Mine.Fan1.Run', isFanRunning),
  toggle('s=Mine.Fan2.Run', () => false),
  toggle('s=Mine.Pump1.Run', (mine, t) => sumpAt(mine, t).pump === 1),
  toggle('s=Mine.Pump2.Run', (mine, t) => sumpAt(mine, t).pump === 2),
  toggle('s=Mine.Pump3.Run', () => false),
  // The cage gate is open while the cage stands.
  toggle('s=Mine.Hoist.Interlock', (mine, t) => !hoistAt(mine, t).isMoving),
  toggle('s=Mine.LocalFan1.Run', () => true),
  toggle('s=Mine.AirDoor1.Open', (_, t) => (t / 1000) % 360 < 25),
]

/** Level of the sump and the pump that runs, 0 where none does. */
export function sumpAt(mine: Mine, timeMs: number): { readonly levelM: number; readonly pump: 0 | 1 | 2 } {
  const hours = timeMs / HOUR_MS + (mine.seed % 97) / 97
  const cycle = Math.floor(hours / (FILL_H + DRAIN_H))
  const intoH = hours - cycle * (FILL_H + DRAIN_H)
  if (intoH < FILL_H) return { levelM: LOW_M + (HIGH_M - LOW_M) * (intoH / FILL_H), pump: 0 }
  return { levelM: HIGH_M - (HIGH_M - LOW_M) * ((intoH - FILL_H) / DRAIN_H), pump: cycle % 2 === 0 ? 1 : 2 }
}

/** Speed (up is positive) and rope load of the cage. */
export function hoistAt(mine: Mine, timeMs: number): { readonly speedMps: number; readonly loadKn: number; readonly isMoving: boolean } {
  const intoS = (timeMs / 1000 + (mine.seed % 89)) % (2 * TRIP_S)
  const isUp = intoS < TRIP_S
  const { speedMps, accelerationMps2 } = travelAt(intoS % TRIP_S)
  const massT = isUp ? 8.5 : 3
  const direction = isUp ? 1 : -1
  return { speedMps: direction * speedMps, loadKn: massT * (9.81 + direction * accelerationMps2), isMoving: intoS % TRIP_S < TRAVEL_S }
}

const HOUR_MS = 3_600_000
// A sump of 40 m² between 2 and 4 m, with one pump of 400 m³/h.
const LOW_M = 2
const HIGH_M = 4
const INFLOW_M3H = 180
const FILL_H = ((HIGH_M - LOW_M) * 40) / INFLOW_M3H
const DRAIN_H = ((HIGH_M - LOW_M) * 40) / (400 - INFLOW_M3H)
// A shaft of 500 m at 8 m/s with 0.8 m/s², and 40 s at each end.
const SPEED_MPS = 8
const ACCELERATION_MPS2 = 0.8
const RAMP_S = SPEED_MPS / ACCELERATION_MPS2
const TRAVEL_S = 2 * RAMP_S + (500 - SPEED_MPS * RAMP_S) / SPEED_MPS
const TRIP_S = TRAVEL_S + 40

function travelAt(s: number): { speedMps: number; accelerationMps2: number } {
  if (s < RAMP_S) return { speedMps: ACCELERATION_MPS2 * s, accelerationMps2: ACCELERATION_MPS2 }
  if (s < TRAVEL_S - RAMP_S) return { speedMps: SPEED_MPS, accelerationMps2: 0 }
  if (s < TRAVEL_S) return { speedMps: ACCELERATION_MPS2 * (TRAVEL_S - s), accelerationMps2: -ACCELERATION_MPS2 }
  return { speedMps: 0, accelerationMps2: 0 }
}

// A bearing that fails announces itself in the ten minutes before the trip.
function wearAt(mine: Mine, timeMs: number): number {
  return Math.max(0, 1 - nextTripInMs(mine, timeMs) / 600_000)
}

function bearingAt(mine: Mine, timeMs: number): number {
  if (isFanRunning(mine, timeMs)) {
    const sinceRestartMs = Math.max(0, lastTripAgoMs(mine, timeMs) - mine.fanTripMs)
    return 55 + 26 * wearAt(mine, timeMs) + 8 * Math.exp(-sinceRestartMs / 120_000)
  }
  return 25 + 56 * Math.exp(-lastTripAgoMs(mine, timeMs) / 400_000)
}

function analog(identifier: string, low: number, high: number, value: PlantVariable['value']): PlantVariable {
  return { identifier, kind: 'double', range: { low, high }, value }
}

function toggle(identifier: string, isOn: (mine: Mine, timeMs: number) => boolean): PlantVariable {
  return { identifier, kind: 'boolean', value: (mine, timeMs) => (isOn(mine, timeMs) ? 1 : 0) }
}
