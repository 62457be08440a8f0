import { SampleBuilder, type SampleColumns } from '@orewatch/core'
import { MAX_BUCKETS } from '../bounds.ts'
import type { Bucket, LatestSample, RangePage } from '../store.ts'
import { exportSeries, queryAt, type VictoriaEndpoint } from './http.ts'
import { type ExportedSeries, MEASUREMENT, samplesOfSeries } from './row-codec.ts'

/** How far ahead of the server's clock VictoriaMetrics takes samples, ms. */
export const AHEAD_MS = 2 * 86_400_000
/** First time that is taken, UTC ms. Time 0 is no time to VictoriaMetrics, and a span of a query that begins near it gives nothing. */
export const EARLIEST_MS = Date.UTC(1972, 0, 1)

const POINTS_PER_REQUEST = 500
const HOUR_MS = 3_600_000
const FIRST_WINDOW_MS = HOUR_MS
// Rows of a window above which the next one is not made longer, so that memory stays bounded whatever the point's period is.
const WINDOW_ROWS = 20_000
// Rows whose times lie closer together than this are fetched by one request.
const CLUSTER_MS = 600_000

/** Where the newest sample of a point lies, and the sample where it is whole. */
export interface Newest {
  readonly point: number
  readonly timeMs: number
  readonly sample?: LatestSample
}

/** The newest samples of those points that have any, however old. */
export async function readNewest(endpoint: VictoriaEndpoint, points: readonly number[], nowMs: number): Promise<Newest[]> {
  const found: Newest[] = []
  for (let from = 0; from < points.length; from += POINTS_PER_REQUEST) found.push(...(await newestOfSome(endpoint, points.slice(from, from + POINTS_PER_REQUEST), nowMs)))
  return found
}

async function newestOfSome(endpoint: VictoriaEndpoint, points: readonly number[], nowMs: number): Promise<Newest[]> {
  const atMs = nowMs + AHEAD_MS
  const missing = new Set(points)
  const keys = new SampleBuilder(points.length)
  // Ever longer spans, so that only points that fell silent long ago cost a look at all they have.
  for (const backMs of [HOUR_MS, 24 * HOUR_MS, 60 * 24 * HOUR_MS, nowMs - EARLIEST_MS]) {
    if (missing.size === 0) break
    for (const { point, value } of await queryAt(endpoint, `tlast_over_time(${MEASUREMENT}_q{p=~"${[...missing].join('|')}"}[${AHEAD_MS + backMs}ms])`, atMs)) {
      if (missing.delete(point)) keys.push(point, Math.round(value * 1_000), 0)
    }
  }
  const samples = new Map<number, LatestSample>()
  await lookUp(endpoint, keys, ({ key: point, timeMs, value, quality, reason, flags }) => void samples.set(point, { point, timeMs, value, quality, reason, flags }))
  return Array.from({ length: keys.count }, (_, row) => {
    const point = keys.key[row] as number
    const sample = samples.get(point)
    return { point, timeMs: keys.timeMs[row] as number, ...(sample !== undefined && { sample }) }
  })
}

/** One stored sample as a look-up gives it. */
export interface FoundSample {
  readonly row: number
  readonly key: number
  readonly timeMs: number
  readonly value: number
  readonly quality: number
  readonly reason: number
  readonly flags: number
}

/** Looks rows up by point and time and tells of those that are stored. */
export async function lookUp(endpoint: VictoriaEndpoint, rows: SampleColumns, onFound: (found: FoundSample) => void): Promise<void> {
  for (const cluster of clustersOf(rows)) {
    const byPoint = Map.groupBy(cluster, (row) => rows.key[row] as number)
    const [first, last] = [rows.timeMs[cluster[0] as number] as number, rows.timeMs[cluster.at(-1) as number] as number]
    for (const stored of await readPoints(endpoint, [...byPoint.keys()], first, last)) {
      const wanted = new Map((byPoint.get(stored.key[0] as number) ?? []).map((row) => [rows.timeMs[row] as number, row]))
      for (let i = 0; i < stored.count; i++) {
        const row = wanted.get(stored.timeMs[i] as number)
        if (row === undefined) continue
        const [key, timeMs, value] = [stored.key[i] as number, stored.timeMs[i] as number, stored.value[i] as number]
        onFound({ row, key, timeMs, value, quality: stored.quality[i] as number, reason: stored.reason[i] as number, flags: stored.flags[i] as number })
      }
    }
  }
}

// A backlog beside live rows spans days; one request over all of it would read everything in between.
function clustersOf(rows: SampleColumns): number[][] {
  const sorted = Array.from({ length: rows.count }, (_, row) => row).sort((a, b) => (rows.timeMs[a] as number) - (rows.timeMs[b] as number))
  const clusters: number[][] = []
  let lastMs = Number.NEGATIVE_INFINITY
  for (const row of sorted) {
    const timeMs = rows.timeMs[row] as number
    if (timeMs - lastMs > CLUSTER_MS) clusters.push([])
    clusters.at(-1)?.push(row)
    lastMs = timeMs
  }
  return clusters
}

/** Samples of points with fromMs ≤ time ≤ toMs, one builder for each point that has some. */
async function readPoints(endpoint: VictoriaEndpoint, points: readonly number[], fromMs: number, toMs: number): Promise<SampleBuilder[]> {
  const found: SampleBuilder[] = []
  for (let from = 0; from < points.length; from += POINTS_PER_REQUEST) {
    const series = await exportSeries(endpoint, points.slice(from, from + POINTS_PER_REQUEST), fromMs, toMs)
    for (const [point, some] of Map.groupBy(series, (one: ExportedSeries) => one.point)) found.push(samplesOfSeries(point, some))
  }
  return found.filter((samples) => samples.count > 0)
}

/** Samples of one point with fromMs ≤ time < toMs in the order of time, window by window; memory is bounded by one window. */
export async function* walk(endpoint: VictoriaEndpoint, point: number, fromMs: number, toMs: number, nowMs: number): AsyncGenerator<SampleColumns> {
  const endMs = Math.min(toMs, nowMs + AHEAD_MS + HOUR_MS)
  let windowMs = FIRST_WINDOW_MS
  for (let atMs = Math.max(0, fromMs); atMs < endMs; ) {
    const nextMs = Math.min(endMs, atMs + windowMs)
    const [samples] = await readPoints(endpoint, [point], atMs, nextMs - 1)
    if (samples !== undefined) yield samples
    const rows = samples?.count ?? 0
    if (rows < WINDOW_ROWS / 4) windowMs *= 4
    else if (rows > WINDOW_ROWS) windowMs = Math.max(1_000, Math.floor(windowMs / 4))
    atMs = nextMs
  }
}

/** Samples of one point with fromMs ≤ time < toMs, at most `limit`, and where the next page begins. */
export async function readRange(endpoint: VictoriaEndpoint, point: number, span: { readonly fromMs: number; readonly toMs: number; readonly nowMs: number }, limit: number): Promise<RangePage> {
  const samples = new SampleBuilder(1_024)
  for await (const some of walk(endpoint, point, span.fromMs, span.toMs, span.nowMs)) {
    const room = limit - samples.count
    samples.append(some, 0, Math.min(room, some.count))
    if (some.count > room) return { samples, nextMs: some.timeMs[room] as number }
  }
  return { samples }
}

/** Buckets aligned to UTC multiples of `bucketMs`, those that hold samples, the first 10,000. Computed here, because the server's numbers are rounded. */
export async function readBuckets(endpoint: VictoriaEndpoint, point: number, span: { readonly fromMs: number; readonly toMs: number; readonly nowMs: number }, bucketMs: number): Promise<Bucket[]> {
  const buckets: Sums[] = []
  for await (const some of walk(endpoint, point, span.fromMs, span.toMs, span.nowMs)) {
    for (let i = 0; i < some.count; i++) {
      const startMs = Math.floor((some.timeMs[i] as number) / bucketMs) * bucketMs
      if (buckets.at(-1)?.startMs !== startMs) {
        if (buckets.length === MAX_BUCKETS) return buckets.map(bucketOf)
        buckets.push({ startMs, count: 0, good: 0, valued: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, sum: 0, last: Number.NaN })
      }
      add(buckets.at(-1) as Sums, some.value[i] as number, some.quality[i] as number)
    }
  }
  return buckets.map(bucketOf)
}

interface Sums {
  readonly startMs: number
  count: number
  good: number
  valued: number
  min: number
  max: number
  sum: number
  last: number
}

function add(sums: Sums, value: number, quality: number): void {
  sums.count++
  if (quality !== 0) return
  sums.good++
  if (Number.isNaN(value)) return
  sums.valued++
  sums.min = Math.min(sums.min, value)
  sums.max = Math.max(sums.max, value)
  sums.sum += value
  sums.last = value
}

function bucketOf({ startMs, count, good, valued, min, max, sum, last }: Sums): Bucket {
  if (valued === 0) return { startMs, count, good, min: Number.NaN, max: Number.NaN, mean: Number.NaN, last: Number.NaN }
  return { startMs, count, good, min, max, mean: sum / valued, last }
}

/** How many samples the server holds; reads everything. */
export async function countSamples(endpoint: VictoriaEndpoint, nowMs: number): Promise<number> {
  const atMs = nowMs + AHEAD_MS
  const [total] = await queryAt(endpoint, `sum(count_over_time(${MEASUREMENT}_q[${atMs - EARLIEST_MS}ms]))`, atMs)
  return total?.value ?? 0
}
