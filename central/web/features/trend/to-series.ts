/*
 * From samples and buckets to what a chart draws. Pure. Two rules hold everywhere:
 * a line never crosses missing or bad data, and every stretch without a usable value is a band that says why.
 */
import type { TimeRange } from '../../api/client.ts'
import type { Bucket, SampleTuple } from '../../api/contract.ts'
import { isUsable } from '../../reading/judgement.ts'

/** A point of a line; null lifts the pen. */
export type LinePoint = readonly [timeMs: number, value: number | null]

/** A stretch of time without (only) good values. */
export type Band = TimeRange &
  (
    | { readonly kind: 'missing' }
    | { readonly kind: 'quality'; readonly quality: number; readonly reason: string }
    /** Buckets in which no sample was good. */
    | { readonly kind: 'none-good' }
    /** Buckets in which some samples were not good. */
    | { readonly kind: 'partly-good' }
  )

/** What a chart of raw samples draws. */
export interface RawSeries {
  readonly line: readonly LinePoint[]
  readonly bands: readonly Band[]
}

/** What a chart of buckets draws; the three lines lift the pen at the same places. */
export interface BucketSeries {
  readonly mean: readonly LinePoint[]
  readonly min: readonly LinePoint[]
  readonly max: readonly LinePoint[]
  readonly bands: readonly Band[]
}

/** Lines and bands of raw samples in time order. `gapMs` is how long silence may last; `toMs` should not lie in the future. */
export function rawSeries(samples: readonly SampleTuple[], range: TimeRange, gapMs: number): RawSeries {
  return { line: rawLine(samples, gapMs), bands: rawBands(samples, range, gapMs) }
}

/** Lines and bands of buckets in time order; central leaves empty buckets out. */
export function bucketSeries(buckets: readonly Bucket[], range: TimeRange, bucketMs: number): BucketSeries {
  const mean: LinePoint[] = []
  const min: LinePoint[] = []
  const max: LinePoint[] = []
  let before: Bucket | undefined
  for (const bucket of buckets) {
    if (before && bucket.startMs - before.startMs > bucketMs) {
      const liftMs = before.startMs + bucketMs
      for (const line of [mean, min, max]) line.push([liftMs, null])
    }
    // Drawn at the middle, because a bucket stands for all of its time.
    const timeMs = bucket.startMs + bucketMs / 2
    mean.push([timeMs, bucket.mean])
    min.push([timeMs, bucket.min])
    max.push([timeMs, bucket.max])
    before = bucket
  }
  return { mean, min, max, bands: bucketBands(buckets, range, bucketMs) }
}

/** The band at a moment, if any; a sharper one (bad) wins over a milder one (partly good). */
export function bandAt(bands: readonly Band[], timeMs: number): Band | undefined {
  const here = bands.filter((band) => band.fromMs <= timeMs && timeMs < band.toMs)
  return here.find((band) => band.kind !== 'partly-good') ?? here[0]
}

/** The index of the entry whose time is nearest, or -1 when the list is empty. Times ascend. */
export function nearestIndex(times: readonly number[], timeMs: number): number {
  let [low, high] = [0, times.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) < timeMs) low = middle + 1
    else high = middle
  }
  const [here, before] = [times[low], times[low - 1]]
  if (here === undefined) return -1
  return before !== undefined && timeMs - before < here - timeMs ? low - 1 : low
}

function rawLine(samples: readonly SampleTuple[], gapMs: number): LinePoint[] {
  const line: LinePoint[] = []
  let lastMs: number | undefined
  for (const [timeMs, value, quality] of samples) {
    if (lastMs !== undefined && timeMs - lastMs > gapMs) line.push([lastMs + 1, null])
    line.push([timeMs, isUsable(quality) ? value : null])
    lastMs = timeMs
  }
  return line
}

function rawBands(samples: readonly SampleTuple[], range: TimeRange, gapMs: number): Band[] {
  const bands: Band[] = []
  // Before the first sample nothing is known, so the silence counts from the beginning of the range.
  let heardMs = range.fromMs
  let open: Extract<Band, { kind: 'quality' }> | undefined
  for (const [timeMs, value, quality, reason] of samples) {
    if (timeMs < range.fromMs || timeMs >= range.toMs) continue
    const isBad = !isUsable(quality) || value === null
    // A bad quality holds until the next sample: on loss one bad sample is sent, then silence with a heartbeat.
    if (!open && timeMs - heardMs > gapMs) bands.push({ kind: 'missing', fromMs: heardMs, toMs: timeMs })
    if (open && !(isBad && open.quality === quality && open.reason === reason)) {
      bands.push({ ...open, toMs: timeMs })
      open = undefined
    }
    if (isBad) open ??= { kind: 'quality', fromMs: timeMs, toMs: timeMs, quality, reason }
    heardMs = timeMs
  }
  if (open) bands.push({ ...open, toMs: range.toMs })
  else if (range.toMs - heardMs > gapMs) bands.push({ kind: 'missing', fromMs: heardMs, toMs: range.toMs })
  return bands
}

function bucketBands(buckets: readonly Bucket[], range: TimeRange, bucketMs: number): Band[] {
  const bands: Band[] = []
  let reachedMs = range.fromMs
  for (const bucket of buckets) {
    const [fromMs, toMs] = [Math.max(bucket.startMs, range.fromMs), Math.min(bucket.startMs + bucketMs, range.toMs)]
    if (fromMs >= toMs) continue
    if (fromMs > reachedMs) bands.push({ kind: 'missing', fromMs: reachedMs, toMs: fromMs })
    if (bucket.good === 0) extend(bands, { kind: 'none-good', fromMs, toMs })
    else if (bucket.good < bucket.count) extend(bands, { kind: 'partly-good', fromMs, toMs })
    reachedMs = toMs
  }
  // The newest bucket may simply not have begun at central yet.
  if (range.toMs - reachedMs > bucketMs) bands.push({ kind: 'missing', fromMs: reachedMs, toMs: range.toMs })
  return bands
}

// Neighbours of one kind are one band.
function extend(bands: Band[], band: Band): void {
  const last = bands.at(-1)
  if (last && last.kind === band.kind && last.toMs === band.fromMs) bands[bands.length - 1] = { ...last, toMs: band.toMs }
  else bands.push(band)
}
