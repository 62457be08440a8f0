/*
 * A tailings pond and its dam in the rain, as pure functions of time: the pond rises and is drained, the phreatic line
 * follows a day later, seepage and turbidity with it, the dam creeps and is set in motion by what has soaked in. Geometry
 * is that of the fixture pond (domain part K); the physics is made up to look like one.
 */
import { type CreepingSlope, creepAt, makeSlope } from '../simulation/creep.ts'
import { noiseAt } from '../simulation/mine-air.ts'
import { rainfallAt, retainedAt, type Storm } from '../simulation/storm.ts'

/** A vibrating-wire piezometer: its calibration sheet and where it stands. */
export interface Piezometer {
  readonly f0: number
  /** kPa per digit. */
  readonly G: number
  /** kPa per ℃. */
  readonly K: number
  readonly T0: number
  readonly surfaceElevation: number
  readonly sensorElevation: number
  /** Depth of the phreatic line in dry weather, m. */
  readonly dryDepthM: number
}

/** Elevation of the beach crest, m, and slope of the beach, %. */
export const CREST_M = 352.4
export const BEACH_SLOPE_PERCENT = 1.2

/** Rise of the level in the design flood, m (ALG-6). */
export const FLOOD_RISE_M = 1.28

/** Three piezometers of a section, from the crest down to the toe. */
export const DEMO_PIEZOMETERS: readonly Piezometer[] = [
  { f0: 2850, G: 0.085, K: -0.018, T0: 20, surfaceElevation: 345, sensorElevation: 327, dryDepthM: 8.9 },
  { f0: 2912, G: 0.0871, K: -0.021, T0: 20, surfaceElevation: 336, sensorElevation: 321, dryDepthM: 7.4 },
  { f0: 2794, G: 0.0836, K: -0.016, T0: 20, surfaceElevation: 326, sensorElevation: 314, dryDepthM: 6.4 },
]

/** Level of the pond, m: a millimetre of rain is sixteen of level (domain part S20: 0.8 · 1.2 km² ÷ 60 000 m²), drained within days. */
export function pondLevelAt(storm: Storm, timeMs: number): number {
  return 349.05 + 0.016 * retainedAt(storm, timeMs, 36 * HOUR_MS) + 0.004 * noiseAt(storm.seed, 802, timeMs, 60_000)
}

/** Depth of the phreatic line below the slope at a piezometer, m; it rises up to 1.6 m, most of a day after the rain. */
export function phreaticDepthAt(storm: Storm, { dryDepthM }: Piezometer, timeMs: number): number {
  return dryDepthM - 0.011 * retainedAt(storm, timeMs - LAG_MS, 6 * DAY_MS) + 0.003 * noiseAt(storm.seed, 810, timeMs, 600_000)
}

/** Temperature at a piezometer, ℃: deep in the ground it hardly changes. */
export function wireTemperatureAt(storm: Storm, slot: number, timeMs: number): number {
  return 16.5 + 0.2 * noiseAt(storm.seed, 100 + slot, timeMs, 6 * HOUR_MS)
}

/** Frequency of a piezometer, Hz: the formula of its sheet (domain table E.1.4) solved for f. */
export function wireFrequencyAt(storm: Storm, piezometer: Piezometer, slot: number, timeMs: number): number {
  const { f0, G, K, T0, surfaceElevation, sensorElevation } = piezometer
  const headM = Math.max(0, surfaceElevation - sensorElevation - phreaticDepthAt(storm, piezometer, timeMs))
  const corrected = 9.80665 * headM - K * (wireTemperatureAt(storm, slot, timeMs) - T0)
  return Math.sqrt(f0 * f0 - (1000 * corrected) / G)
}

/** Seepage through the dam, L/s. */
export function seepageAt(storm: Storm, timeMs: number): number {
  return 6.2 + 0.055 * retainedAt(storm, timeMs - LAG_MS / 2, 4 * DAY_MS) + 0.05 * noiseAt(storm.seed, 807, timeMs, 120_000)
}

/** Turbidity of the seepage, NTU: it comes with the flow. */
export function turbidityAt(storm: Storm, timeMs: number): number {
  return 14 + 3 * retainedAt(storm, timeMs - LAG_MS / 2, DAY_MS) + 1.5 * noiseAt(storm.seed, 808, timeMs, 120_000)
}

/** Surface displacement of the dam at a marker, mm since the markers were set. */
export function surfaceDisplacementAt(storm: Storm, slot: number, timeMs: number): number {
  const soakedMm = rainfallAt(storm, timeMs - LAG_MS)
  return slot * 0.8 + creepAt(creepOf(storm), timeMs).displacementMm + 0.05 * soakedMm + 0.1 * noiseAt(storm.seed, 200 + slot, timeMs, 3 * HOUR_MS)
}

/** Displacement inside the dam, mm: less than at the surface, and later. */
export function internalDisplacementAt(storm: Storm, slot: number, timeMs: number): number {
  return 0.6 * surfaceDisplacementAt(storm, slot, timeMs - 12 * HOUR_MS)
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How long water takes from the beach to the phreatic line. */
const LAG_MS = 18 * HOUR_MS

// A dam that creeps a tenth of a millimetre a day and does not fail; its markers were set a hundred days before the rain.
function creepOf({ startMs }: Storm): CreepingSlope {
  return makeSlope({ onsetMs: startMs - 100 * DAY_MS, failureMs: Number.POSITIVE_INFINITY, creepMmPerH: 0.1 / 24 })
}
