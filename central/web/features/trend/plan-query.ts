import type { TimeRange } from '../../api/client.ts'

// Raw samples beyond this make a chart no clearer and a browser slower; central's own limit is 10,000.
const MOST_RAW = 8_000
// About one bucket per two pixels of a wide chart.
const MOST_BUCKETS = 720

const MINUTE_MS = 60_000
const BUCKETS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440].map((minutes) => minutes * MINUTE_MS)

/** Presets of the range picker in milliseconds. */
export const SPANS = { '1h': 3_600_000, '8h': 28_800_000, '24h': 86_400_000, '7d': 604_800_000 } as const

/** The longest range that may be asked for: a year. */
export const LONGEST_RANGE_MS = 366 * 86_400_000

/** Whether raw samples of this range fit; points that report on change are tried raw and fall back when there are too many. */
export function fitsRaw(range: TimeRange, periodMs: number): boolean {
  const periodOrSecondMs = periodMs > 0 ? periodMs : 10_000
  return (range.toMs - range.fromMs) / periodOrSecondMs <= MOST_RAW
}

/** The smallest round bucket that keeps a chart below 720 buckets and holds at least two periods. */
export function chooseBucketMs(range: TimeRange, periodMs: number): number {
  const neededMs = Math.max((range.toMs - range.fromMs) / MOST_BUCKETS, 2 * periodMs)
  return BUCKETS_MS.find((bucketMs) => bucketMs >= neededMs) ?? Math.ceil(neededMs / (1_440 * MINUTE_MS)) * 1_440 * MINUTE_MS
}
