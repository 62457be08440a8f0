/* ALG-2, ALG-3: how complete the data of a mine are and how its monitoring does. */

/** Shares of the monitoring of a mine, 0 to 1. */
export interface MonitoringShares {
  readonly completeness: number
  readonly onlineRate: number
  readonly faultRate: number
  /** Share of sensors calibrated on time. */
  readonly calibrationOnTime: number
}

// ALG-2: a fault rate of 10 % and more is worth nothing.
const WORST_FAULT_RATE = 0.1

/** Health index of the monitoring of a mine, 0 to 100. */
export function healthIndex({ completeness, onlineRate, faultRate, calibrationOnTime }: MonitoringShares): number {
  return 100 * (0.4 * completeness + 0.3 * onlineRate + 0.2 * Math.max(0, 1 - faultRate / WORST_FAULT_RATE) + 0.1 * calibrationOnTime)
}

/** Samples that a point should have given within a time, by its period; undefined for points that report on change. */
export function expectedSamples(spanMs: number, periodMs: number): number | undefined {
  return periodMs > 0 ? Math.floor(spanMs / periodMs) : undefined
}

/** Share of the expected samples that came with quality 0, 1 or 7, at most 1; undefined where none were expected. */
export function completeness(counts: { readonly received: number; readonly expected: number }): number | undefined {
  return counts.expected > 0 ? Math.min(1, counts.received / counts.expected) : undefined
}

/** Level of a completeness: below 80 % red, below 95 % yellow (defaults of ALG-3). */
export function completenessLevel(share: number): 'yellow' | 'red' | undefined {
  if (share < 0.8) return 'red'
  return share < 0.95 ? 'yellow' : undefined
}
