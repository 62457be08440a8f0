import { SampleBuilder } from '@orewatch/core'
import { MAX_BUCKETS, MAX_TIME_MS } from '../bounds.ts'
import type { Bucket, LatestSample, RangePage } from '../store.ts'
import { type InfluxEndpoint, query, type Series } from './http.ts'
import { MEASUREMENT, unpackMeta } from './row-codec.ts'

// Statements in one request: enough to make a round trip cheap, few enough to keep its answer small.
const POINTS_PER_REQUEST = 500
const GOOD = 'q & 15 = 0'

/** The newest sample of each point that has one. */
export async function readLatest(endpoint: InfluxEndpoint, points: readonly number[]): Promise<LatestSample[]> {
  const found: LatestSample[] = []
  for (let from = 0; from < points.length; from += POINTS_PER_REQUEST) {
    const some = points.slice(from, from + POINTS_PER_REQUEST)
    const statements = some.map((_, i) => `SELECT v, q FROM ${MEASUREMENT} WHERE p = $p${i} ORDER BY time DESC LIMIT 1`)
    const answers = await query(endpoint, statements.join(';'), Object.fromEntries(some.map((point, i) => [`p${i}`, String(point)])))
    answers.forEach(([series], i) => {
      const row = series?.values[0]
      if (row !== undefined) found.push({ point: some[i] as number, ...decode(row) })
    })
  }
  return found
}

/** Samples of one point with fromMs ≤ time < toMs, at most `limit`, and where the next page begins. */
export async function readRange(endpoint: InfluxEndpoint, point: number, fromMs: number, toMs: number, limit: number): Promise<RangePage> {
  const samples = new SampleBuilder(1_024)
  if (fromMs >= toMs) return { samples }
  const [series = []] = await query(endpoint, `SELECT v, q FROM ${MEASUREMENT} WHERE p = $p AND time >= $from AND time < $to ORDER BY time LIMIT ${limit + 1}`, {
    p: String(point),
    ...span(fromMs, toMs),
  })
  const rows = series[0]?.values ?? []
  for (const row of rows.slice(0, limit)) {
    const { timeMs, value, quality, reason, flags, gatewayDeltaMs } = decode(row)
    samples.push(point, timeMs, value, quality, reason, flags, gatewayDeltaMs)
  }
  const next = rows[limit]
  return next === undefined ? { samples } : { samples, nextMs: next[0] as number }
}

/** Buckets aligned to UTC multiples of `bucketMs`, those that hold samples, the first 10,000. */
export async function readBuckets(endpoint: InfluxEndpoint, point: number, fromMs: number, toMs: number, bucketMs: number): Promise<Bucket[]> {
  if (fromMs >= toMs) return []
  const where = `FROM ${MEASUREMENT} WHERE p = $p AND time >= $from AND time < $to`
  const by = `GROUP BY time(${bucketMs}ms) fill(none) LIMIT ${MAX_BUCKETS}`
  const [all = [], good = []] = await query(endpoint, `SELECT count(q) ${where} ${by}; SELECT count(q), min(v), max(v), mean(v), last(v) ${where} AND ${GOOD} ${by}`, {
    p: String(point),
    ...span(fromMs, toMs),
  })
  const goodByStart = new Map((good[0]?.values ?? []).map((row) => [row[0] as number, row.slice(1).map(numberOf)]))
  return (all[0]?.values ?? []).map(([startMs, count]) => {
    const [goodCount = 0, min = Number.NaN, max = Number.NaN, mean = Number.NaN, last = Number.NaN] = goodByStart.get(startMs as number) ?? []
    return { startMs: startMs as number, count: count as number, good: goodCount, min, max, mean, last }
  })
}

/** How many samples the database holds; reads every series. */
export async function countSamples(endpoint: InfluxEndpoint): Promise<number> {
  const [series] = await query(endpoint, `SELECT count(q) FROM ${MEASUREMENT}`)
  return totalOf(series)
}

function totalOf(series: readonly Series[] | undefined): number {
  return (series?.[0]?.values[0]?.[1] as number | undefined) ?? 0
}

function span(fromMs: number, toMs: number): { from: string; to: string } {
  // As text: nanoseconds of today are no safe integers in JSON.
  const text = (timeMs: number): string => new Date(Math.min(Math.max(timeMs, 0), MAX_TIME_MS)).toISOString()
  return { from: text(fromMs), to: text(toMs) }
}

function decode(row: readonly unknown[]): Omit<LatestSample, 'point'> & { gatewayDeltaMs: number } {
  const [timeMs, value, packed] = row
  const { hasValue, ...meta } = unpackMeta(packed as number)
  return { timeMs: timeMs as number, value: hasValue ? numberOf(value) : Number.NaN, ...meta }
}

function numberOf(cell: unknown): number {
  return typeof cell === 'number' ? cell : Number.NaN
}
