/*
 * A slope or a dam face that creeps, and then fails: constant creep up to an onset, after it the inverse velocity falls
 * linearly to zero at the failure (Fukuzono 1985, ALG-4: 1/v = a + b·t with failure at −a/b). Pure in time.
 */

/** A moving body. */
export interface CreepingSlope {
  /** When acceleration begins, UTC ms. */
  readonly onsetMs: number
  /** When it falls, UTC ms: the inverse velocity reaches zero. Infinity for a body that only creeps. */
  readonly failureMs: number
  /** Velocity before the onset, mm/h. */
  readonly creepMmPerH: number
  /** Displacement at the onset, mm. */
  readonly onsetDisplacementMm: number
  /** Faster than this it is falling, not creeping, mm/h; the displacement goes on at this speed until the failure and then rests. */
  readonly fallMmPerH: number
}

/** Where a body is and how fast it moves. */
export interface CreepState {
  readonly displacementMm: number
  readonly velocityMmPerH: number
}

/** A body that begins to accelerate at a time and fails later; 0.5 mm/h and ten hours are the published vector of ALG-4. */
export function makeSlope(options: Partial<CreepingSlope> & Pick<CreepingSlope, 'onsetMs'>): CreepingSlope {
  return { failureMs: options.onsetMs + 10 * HOUR_MS, creepMmPerH: 0.5, onsetDisplacementMm: 0, fallMmPerH: 500, ...options }
}

/** Displacement (mm) and velocity (mm/h) of a body at a time, UTC ms. */
export function creepAt({ onsetMs, failureMs, creepMmPerH, onsetDisplacementMm, fallMmPerH }: CreepingSlope, timeMs: number): CreepState {
  const sinceH = (timeMs - onsetMs) / HOUR_MS
  const lastingH = (failureMs - onsetMs) / HOUR_MS
  if (sinceH <= 0 || lastingH === Number.POSITIVE_INFINITY) return { displacementMm: onsetDisplacementMm + creepMmPerH * sinceH, velocityMmPerH: creepMmPerH }
  // 1/v = (1/v0)·(lasting − since)/lasting, so v = v0·lasting/(lasting − since), and the way is the logarithm of it.
  const accelerating = (h: number): number => creepMmPerH * lastingH * Math.log(lastingH / (lastingH - h))
  const fallingFromH = lastingH * Math.max(0, 1 - creepMmPerH / fallMmPerH)
  if (sinceH < fallingFromH) return { displacementMm: onsetDisplacementMm + accelerating(sinceH), velocityMmPerH: (creepMmPerH * lastingH) / (lastingH - sinceH) }
  const fallenMm = onsetDisplacementMm + accelerating(fallingFromH) + fallMmPerH * (Math.min(sinceH, lastingH) - fallingFromH)
  return { displacementMm: fallenMm, velocityMmPerH: sinceH < lastingH ? fallMmPerH : 0 }
}

const HOUR_MS = 3_600_000
