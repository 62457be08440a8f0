import type { DuckDBConnection } from '@duckdb/node-api'
import { SampleBuilder, type SampleColumns } from '@orewatch/core'
import { MAX_BUCKETS } from '../bounds.ts'
import type { Bucket } from '../store.ts'
import type { MonthFile, MonthFiles } from './month-files.ts'
import { readSamples, SAMPLE_SELECTION } from './rows.ts'

/** A page before it crosses to the main thread. */
export interface Page {
  readonly samples: SampleColumns
  readonly nextMs?: number
}

const COLUMNS = 'point, time, value, quality, reason, flags, gateway_delta'

/** Samples of one point with fromMs ≤ time < toMs, at most `limit`, and where the next page begins. */
export async function readRange(connection: DuckDBConnection, files: MonthFiles, point: number, fromMs: number, toMs: number, limit: number): Promise<Page> {
  const rows = new SampleBuilder(Math.min(limit + 1, 4_096))
  for (const file of files.overlapping(fromMs, toMs)) {
    const wanted = limit + 1 - rows.count
    if (wanted <= 0) break
    const result = await connection.run(`SELECT ${SAMPLE_SELECTION} FROM (${tablesOf(file)}) t ORDER BY t.time LIMIT ${wanted}`, { point, from: BigInt(fromMs), to: BigInt(toMs) })
    rows.append(readSamples(result, point))
  }
  if (rows.count <= limit) return { samples: rows }
  const nextMs = rows.timeMs[limit] as number
  rows.count = limit
  return { samples: rows, nextMs }
}

/** Buckets aligned to UTC multiples of `bucketMs`, those that hold samples, the first 10,000. */
export async function readBuckets(connection: DuckDBConnection, files: MonthFiles, point: number, fromMs: number, toMs: number, bucketMs: number): Promise<Bucket[]> {
  const parts = files.overlapping(fromMs, toMs).map(tablesOf)
  if (parts.length === 0) return []
  const result = await connection.runAndReadAll(
    `SELECT ((time // $bucket) * $bucket)::DOUBLE AS start, count(*)::DOUBLE, count(*) FILTER (quality = 0)::DOUBLE,
       min(value) FILTER (quality = 0), max(value) FILTER (quality = 0), avg(value) FILTER (quality = 0), arg_max(value, time) FILTER (quality = 0)
     FROM (${parts.join(' UNION ALL ')}) GROUP BY start ORDER BY start LIMIT ${MAX_BUCKETS}`,
    { point, from: BigInt(fromMs), to: BigInt(toMs), bucket: BigInt(bucketMs) },
  )
  return result.getRows().map((row) => {
    const [startMs, count, good, min, max, mean, last] = row.map((cell) => (cell === null ? Number.NaN : Number(cell))) as [number, number, number, number, number, number, number]
    return { startMs, count, good, min, max, mean, last }
  })
}

/** How many samples all files hold. */
export async function countSamples(connection: DuckDBConnection, files: MonthFiles): Promise<number> {
  let total = 0
  for (const { catalog } of files.all()) {
    const result = await connection.runAndReadAll(`SELECT (SELECT count(*) FROM ${catalog}.samples) + (SELECT count(*) FROM ${catalog}.late_samples)`)
    total += Number(result.getRows()[0]?.[0])
  }
  return total
}

function tablesOf(file: MonthFile): string {
  const half = (table: string): string => `SELECT ${COLUMNS} FROM ${file.catalog}.${table} WHERE point = $point AND time >= $from AND time < $to`
  return `${half('samples')} UNION ALL ${half('late_samples')}`
}
