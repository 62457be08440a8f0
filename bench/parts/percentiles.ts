/** Median, 99th percentile and largest of some durations, ms; zeros when there are none. */
export function percentilesOf(values: readonly number[]): { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number } {
  const sorted = Float64Array.from(values).sort()
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}

/** Two decimals. */
export function round(value: number): number {
  return Math.round(value * 100) / 100
}
