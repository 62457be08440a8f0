/*
 * Three days of rain over an imaginary mine, and what the ground still holds of it. Pure in time like mine-air.ts: rain
 * falls evenly within each hour of a table made from the seed, so sums and drainage have closed forms. Give the same
 * storm to several simulators (rain gauge, pond, dam) and they tell of the same weather.
 */
import { hash01, noiseAt } from './mine-air.ts'

/** A storm: when it begins (UTC ms) and how much falls in each of its hours, mm. */
export interface Storm {
  readonly seed: number
  readonly startMs: number
  readonly hourlyMm: readonly number[]
}

/** Rain of the three days, mm. The second is the 86 mm in 24 hours of the fixture timeline (domain part K), the others half of it. */
export const STORM_DAYS_MM = [43, 86, 43] as const

/** A storm of three days that begins at a time, UTC ms. Before it there is no rain, after it none either. */
export function makeStorm({ seed = 1, startMs }: { readonly seed?: number; readonly startMs: number }): Storm {
  const hourlyMm = STORM_DAYS_MM.flatMap((dayMm, day) => {
    const weights = Array.from({ length: DAY_HOURS }, (_, hour) => weightOf(seed, day * DAY_HOURS + hour))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight) => (dayMm * weight) / sum)
  })
  return { seed, startMs, hourlyMm }
}

/** Intensity of the rain at a time, mm/h. */
export function rainAt({ startMs, hourlyMm }: Storm, timeMs: number): number {
  return hourlyMm[Math.floor((timeMs - startMs) / HOUR_MS)] ?? 0
}

/** Rain since the storm began, mm. */
export function rainfallAt(storm: Storm, timeMs: number): number {
  return retainedAt(storm, timeMs, Number.POSITIVE_INFINITY)
}

/** How much of the rain is still there, mm, where what has fallen drains away with a time constant. */
export function retainedAt({ startMs, hourlyMm }: Storm, timeMs: number, drainMs: number): number {
  let mm = 0
  for (const [hour, fallen] of hourlyMm.entries()) {
    const fromMs = startMs + hour * HOUR_MS
    if (timeMs <= fromMs) break
    const toMs = Math.min(timeMs, fromMs + HOUR_MS)
    mm += fallen * heldShare(timeMs - fromMs, timeMs - toMs, drainMs)
  }
  return mm
}

/** Weather beside the rain: wind (m/s, ° from north), air temperature (℃) and air pressure (hPa) at a time. */
export function weatherAt(storm: Storm, timeMs: number): { readonly windMps: number; readonly windDeg: number; readonly airC: number; readonly airHpa: number } {
  const { seed } = storm
  const wet = Math.min(1, retainedAt(storm, timeMs, 12 * HOUR_MS) / 40)
  const dayC = 4 * Math.sin((2 * Math.PI * (timeMs - 9 * HOUR_MS)) / (DAY_HOURS * HOUR_MS))
  const noise = (channel: number, periodMs: number): number => noiseAt(seed, channel, timeMs, periodMs)
  return {
    windMps: Math.max(0, 2.5 + 7 * wet + (1 + 2 * wet) * noise(901, 60_000)),
    windDeg: (360 + 120 + 60 * wet + 25 * noise(902, 300_000)) % 360,
    airC: 24 + dayC * (1 - 0.7 * wet) - 5 * wet + 0.3 * noise(903, 120_000),
    airHpa: 1008 - 12 * wet + 0.4 * noise(904, 600_000),
  }
}

const DAY_HOURS = 24
const HOUR_MS = 3_600_000

// Showers: a few hours of each day bring most of its rain, and no hour is quite dry.
function weightOf(seed: number, hour: number): number {
  return 0.05 + hash01(seed, hour, 86) ** 4
}

// Of rain that fell evenly between two ages, the share that has not drained yet.
function heldShare(oldestMs: number, youngestMs: number, drainMs: number): number {
  if (drainMs === Number.POSITIVE_INFINITY) return (oldestMs - youngestMs) / HOUR_MS
  return (drainMs / HOUR_MS) * (Math.exp(-youngestMs / drainMs) - Math.exp(-oldestMs / drainMs))
}
