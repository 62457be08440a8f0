/*
 * Reads at start what the store keeps in memory: ranges, and the newest sample of every point. The samples themselves are not
 * scanned but for those stored since the newest were written down (DuckDB skips row groups by row id).
 */
import { SampleBuilder } from '@orewatch/core'
import type { Stream } from '@orewatch/protocol'
import type { MonthFile, MonthFiles } from './month-files.ts'
import type { Newest } from '../newest.ts'
import type { StoredOutboxRanges } from './outbox-ranges.ts'

/** Fills the ranges and the newest samples from all files. */
export async function loadState(files: MonthFiles, newest: Newest, ranges: StoredOutboxRanges): Promise<void> {
  for (const file of files.all()) {
    await loadRanges(files, file, ranges)
    await loadNewest(files, file, newest)
  }
}

async function loadRanges(files: MonthFiles, file: MonthFile, ranges: StoredOutboxRanges): Promise<void> {
  const reader = await files.writer.runAndReadAll(`SELECT gateway, incarnation, stream, first, count FROM ${file.catalog}.ranges`)
  for (const [gateway, incarnation, stream, first, count] of reader.getRows()) {
    ranges.add({ gateway: Number(gateway), incarnation: String(incarnation), stream: stream as Stream, ranges: [{ first: Number(first), count: Number(count) }] })
  }
  file.rangeRows = reader.currentRowCount
}

async function loadNewest(files: MonthFiles, file: MonthFile, newest: Newest): Promise<void> {
  const { catalog } = file
  const [about] = (
    await files.writer.runAndReadAll(`SELECT rows_seen, late_rows_seen, (SELECT count(*) FROM ${catalog}.samples), (SELECT count(*) FROM ${catalog}.late_samples) FROM ${catalog}.about`)
  ).getRows()
  const [rowsSeen, lateSeen, rows, lateRows] = (about ?? []).map(Number) as [number, number, number, number]
  await offerAll(files, newest, `SELECT point, time::DOUBLE, value, quality, reason, flags FROM ${catalog}.newest`)
  // Row ids count up in the order in which rows came; where retention has deleted rows, nothing counts as seen and all are read once.
  if (rows > rowsSeen) await offerAll(files, newest, newestOf(`${catalog}.samples`, rowsSeen))
  if (lateRows > lateSeen) await offerAll(files, newest, newestOf(`${catalog}.late_samples`, lateSeen))
  file.rowsSinceSnapshot = rows - rowsSeen + (lateRows - lateSeen)
}

function newestOf(table: string, fromRow: number): string {
  // arg_max passes over rows whose value is NULL, and those count here.
  return `SELECT point, max(time)::DOUBLE, arg_max_null(value, time), arg_max(quality, time), arg_max(reason, time), arg_max(flags, time)
    FROM ${table} WHERE rowid >= ${fromRow} GROUP BY point`
}

async function offerAll(files: MonthFiles, newest: Newest, sql: string): Promise<void> {
  const reader = await files.writer.runAndReadAll(sql)
  const rows = new SampleBuilder(Math.max(1, reader.currentRowCount))
  for (const row of reader.getRows()) {
    const [point, timeMs, value, quality, reason, flags] = row as [number, number, number | null, number, number, number]
    rows.push(point, timeMs, value ?? Number.NaN, quality, reason, flags)
  }
  for (let row = 0; row < rows.count; row++) newest.offer(newest.slotOf(rows.key[row] as number), rows, row)
}
