import { noiseAt } from '../simulation/mine-air.ts'
import { rainfallAt, retainedAt, type Storm } from '../simulation/storm.ts'

/** Rain that tips the bucket once, mm (domain table E.1.6). */
export const TIP_MM = 0.2

/** Tips of the bucket since it was installed: whole ones, so that the counter lags the rain by less than a tip. */
export function tipsAt(storm: Storm, timeMs: number): number {
  return TIPS_BEFORE + Math.floor(rainfallAt(storm, timeMs) / TIP_MM + 1e-9)
}

/** Water level in the flood ditch, m: it answers to the rain within hours. */
export function ditchLevelAt(storm: Storm, timeMs: number): number {
  return 0.35 + 0.045 * retainedAt(storm, timeMs, 5 * HOUR_MS) + 0.005 * noiseAt(storm.seed, 301, timeMs, 30_000)
}

const HOUR_MS = 3_600_000
// Two years of rain before this storm, so that nobody takes the counter for today's rain.
const TIPS_BEFORE = 9000
