/* ALG-8: what rain of the past and of the forecast means for a pond. */

/** Antecedent precipitation index of today, mm, from that of yesterday and today's rain. */
export function antecedentIndex(yesterdayMm: number, rainMm: number): number {
  return 0.85 * yesterdayMm + rainMm
}

/** What is known of a pond when a forecast comes. */
export interface PondBeforeRain {
  /** Forecast of the next 24 h, mm. */
  readonly forecastMm: number
  /** Freeboard margin as a share of the least freeboard, 0.2 is 20 %. */
  readonly marginShare: number
  /** A major hazard (T01–T19) is open. */
  readonly hasOpenHazard: boolean
}

/** Warning of the combined rule: from 50 mm orange where margin is short or a hazard is open, from 100 mm red. */
export function combinedRainLevel({ forecastMm, marginShare, hasOpenHazard }: PondBeforeRain): 'orange' | 'red' | undefined {
  if (marginShare >= 0.2 && !hasOpenHazard) return undefined
  if (forecastMm >= 100) return 'red'
  return forecastMm >= 50 ? 'orange' : undefined
}

// T-18, GB 28592: rain of 24 h, mm, from which each grade holds.
const GRADES = [
  { from: 0.1, zh: '小雨', en: 'light rain' },
  { from: 10, zh: '中雨', en: 'moderate rain' },
  { from: 25, zh: '大雨', en: 'heavy rain' },
  { from: 50, zh: '暴雨', en: 'rainstorm' },
  { from: 100, zh: '大暴雨', en: 'heavy rainstorm' },
  { from: 250, zh: '特大暴雨', en: 'extraordinary rainstorm' },
] as const

/** Grade of 24 h of rain by GB 28592, or undefined below 0.1 mm. */
export function rainGrade(mm: number): { readonly zh: string; readonly en: string } | undefined {
  return GRADES.findLast(({ from }) => mm >= from)
}
