/*
 * Samples as one Parquet file, written by DuckDB's COPY. The rows go into a table on the disk first, because COPY writes from a query;
 * memory stays within MEMORY_MB whatever the number of rows. Row groups follow the order in which rows came: by point, then by time.
 */
import { join } from 'node:path'
import { BIGINT, DOUBLE, DuckDBDataChunk, type DuckDBAppender, DuckDBInstance, INTEGER, UTINYINT, VARCHAR } from '@duckdb/node-api'
import { type Quality, QUALITY_NAMES, reasonOf, type SampleColumns } from '@orewatch/core'
import type { ExportedPoint } from './csv-codec.ts'
import { shownQuality } from './quality-rules.ts'

const MEMORY_MB = 256
const CHUNK_ROWS = 2_048
const TYPES = [VARCHAR, VARCHAR, VARCHAR, BIGINT, DOUBLE, UTINYINT, VARCHAR, UTINYINT, VARCHAR, UTINYINT, INTEGER]
const TABLE = `CREATE TABLE rows (point_code VARCHAR, point_name VARCHAR, unit VARCHAR, time_ms BIGINT, value DOUBLE, quality UTINYINT, quality_name VARCHAR,
  reason_code UTINYINT, reason VARCHAR, flags UTINYINT, gateway_delta_ms INTEGER)`
const SELECTION = 'point_code, point_name, unit, make_timestamptz(time_ms * 1000) AS time, time_ms, value, quality, quality_name, reason_code, reason, flags, gateway_delta_ms'

/** Rows of one point, a page at a time. */
export interface PointPage {
  readonly point: ExportedPoint
  readonly samples: SampleColumns
}

/** Writes all pages as a Parquet file below a directory that the caller removes, and returns its path. */
export async function writeParquet(directory: string, pages: AsyncIterable<PointPage>): Promise<string> {
  const file = join(directory, 'samples.parquet')
  const instance = await DuckDBInstance.create(join(directory, 'rows.duckdb'), {
    memory_limit: `${MEMORY_MB}MB`,
    threads: '1',
    temp_directory: join(directory, 'temporary'),
    // Nothing is ever loaded or fetched from elsewhere: Parquet is built in.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  try {
    await connection.run(TABLE)
    const appender = await connection.createAppender('rows')
    for await (const { point, samples } of pages) appendPage(appender, point, samples)
    appender.closeSync()
    await connection.run(`COPY (SELECT ${SELECTION} FROM rows) TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
  return file
}

function appendPage(appender: DuckDBAppender, point: ExportedPoint, samples: SampleColumns): void {
  for (let from = 0; from < samples.count; from += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, samples.count - from)
    const column = <T>(valueOf: (row: number) => T): T[] => Array.from({ length: rows }, (_, i) => valueOf(from + i))
    const quality = column((row) => shownQuality(samples.quality[row] as number, samples.flags[row] as number))
    const reason = column((row) => samples.reason[row] as number)
    const chunk = DuckDBDataChunk.create(TYPES, rows)
    chunk.setColumns([
      column(() => point.pointCode),
      column(() => point.name),
      column(() => point.unit),
      column((row) => BigInt(samples.timeMs[row] as number)),
      column((row) => (Number.isNaN(samples.value[row]) ? null : (samples.value[row] as number))),
      quality,
      quality.map((code) => QUALITY_NAMES[code as Quality]?.zh ?? ''),
      reason,
      reason.map((code) => reasonOf(code)),
      column((row) => samples.flags[row] as number),
      column((row) => samples.gatewayDeltaMs[row] as number),
    ])
    appender.appendDataChunk(chunk)
  }
}
