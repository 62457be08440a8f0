/* ALG-6, T-06: freeboard and dry beach are judged at the design flood level, so what is measured now is carried there first. */

/** Elevations of a pond, m, and its beach. */
export interface PondLevels {
  readonly crestM: number
  readonly levelM: number
  /** Rise of the level by the design flood, from flood routing. */
  readonly floodRiseM: number
}

/** Freeboard that would be left at the design flood level, m. */
export function freeboardAtFlood({ crestM, levelM, floodRiseM }: PondLevels): number {
  return round(crestM - levelM - floodRiseM)
}

/** Freeboard beyond the least one, m; below 0 the pond is unsafe at its design flood. */
export function freeboardMargin(levels: PondLevels, leastM: number): number {
  return round(freeboardAtFlood(levels) - leastM)
}

/** Length of the dry beach at the design flood level, m, for a beach that falls by `slopePercent`. */
export function beachAtFlood(levels: PondLevels, slopePercent: number): number {
  return round(freeboardAtFlood(levels) / (slopePercent / 100))
}

// Elevations come in centimetres; differences of binary fractions do not.
function round(metres: number): number {
  return Math.round(metres * 1e6) / 1e6
}
