import { type CreepingSlope, creepAt } from '../simulation/creep.ts'
import { hash01, noiseAt } from '../simulation/mine-air.ts'

/** A monitoring point: which body it stands on and where that moves. */
export interface MonitoringPoint {
  /** Undefined for a point on firm rock. */
  readonly slope: CreepingSlope | undefined
  /** Direction of the movement, ° from north. */
  readonly azimuthDeg: number
  /** Fall of the movement below the horizontal, °. */
  readonly dipDeg: number
}

/** What a receiver gives for a point: displacement and standard deviation in mm, 1 for a fixed solution, 2 for a float one. */
export interface GnssResult {
  readonly north: number
  readonly east: number
  readonly height: number
  readonly sigmaH: number
  readonly sigmaV: number
  readonly solution: 1 | 2
}

/** How often the receiver solves anew, ms; between two solutions its registers stand still. */
export const EPOCH_MS = 10_000

/** Share of epochs without a fix: one in fifty. */
const FLOAT_SHARE = 0.02

/** The newest result for a point at a time, UTC ms; `slot` sets points of one receiver apart. */
export function resultAt({ slope, azimuthDeg, dipDeg }: MonitoringPoint, { seed, slot, timeMs }: { readonly seed: number; readonly slot: number; readonly timeMs: number }): GnssResult {
  const epochMs = Math.floor(timeMs / EPOCH_MS) * EPOCH_MS
  const isFloat = hash01(seed, epochMs / EPOCH_MS, 700 + slot) < FLOAT_SHARE
  const spread = isFloat ? 40 : 1
  const noise = (channel: number, mm: number): number => spread * mm * noiseAt(seed, 10 * slot + channel, epochMs, EPOCH_MS)
  const movedMm = slope === undefined ? 0 : creepAt(slope, epochMs).displacementMm
  const flatMm = movedMm * Math.cos(radians(dipDeg))
  return {
    north: flatMm * Math.cos(radians(azimuthDeg)) + noise(1, 0.8),
    east: flatMm * Math.sin(radians(azimuthDeg)) + noise(2, 0.8),
    height: -movedMm * Math.sin(radians(dipDeg)) + noise(3, 1.6),
    // E.1.5 accepts up to 3 mm and 6 mm: a fix is well within, a float solution far out.
    sigmaH: isFloat ? 18 + 6 * hash01(seed, epochMs / EPOCH_MS, 800 + slot) : 1.2 + 0.4 * noiseAt(seed, 10 * slot + 4, epochMs),
    sigmaV: isFloat ? 35 + 10 * hash01(seed, epochMs / EPOCH_MS, 900 + slot) : 2.5 + 0.8 * noiseAt(seed, 10 * slot + 5, epochMs),
    solution: isFloat ? 2 : 1,
  }
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}
