/*
 * Removes what has outlived its retention. A month is the smallest unit of time: its samples go when the whole month is past. Where all
 * points are done with a month its file goes; otherwise rows of the points concerned are deleted, and the file is reused, not shortened.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { RemovalOrder, RemovedPart } from '../store.ts'
import type { MonthFile, MonthFiles } from './month-files.ts'
import type { Newest } from '../newest.ts'

/** What shall be done with one file. */
export interface FileRemoval {
  readonly file: MonthFile
  /** The points concerned, or all but those, or the whole file. */
  readonly rows: 'all' | { readonly only: readonly number[] } | { readonly allBut: readonly number[] }
  readonly beforeMs: number
}

/** The steps of an order, oldest month first. */
export function removalsOf(files: readonly MonthFile[], { othersBeforeMs, classes }: RemovalOrder): FileRemoval[] {
  const removals: FileRemoval[] = []
  for (const file of files) {
    const isPast = (beforeMs: number): boolean => file.month.toMs <= beforeMs
    if (isPast(othersBeforeMs) && classes.every(({ beforeMs }) => isPast(beforeMs))) {
      removals.push({ file, rows: 'all', beforeMs: Math.min(othersBeforeMs, ...classes.map(({ beforeMs }) => beforeMs)) })
      continue
    }
    for (const { points, beforeMs } of classes) if (isPast(beforeMs) && points.length > 0) removals.push({ file, rows: { only: points }, beforeMs })
    if (isPast(othersBeforeMs)) removals.push({ file, rows: { allBut: classes.flatMap(({ points }) => points) }, beforeMs: othersBeforeMs })
  }
  return removals
}

/** How many samples a step takes. */
export async function countRemoval(connection: DuckDBConnection, { file, rows, beforeMs }: FileRemoval): Promise<RemovedPart> {
  let samples = 0
  for (const table of ['samples', 'late_samples']) {
    const result = await connection.runAndReadAll(`SELECT count(*) FROM ${file.catalog}.${table} WHERE ${conditionOf(rows)}`)
    samples += Number(result.getRows()[0]?.[0])
  }
  return { what: rows === 'all' ? `month ${file.month.name}` : `points of month ${file.month.name}`, samples, beforeMs }
}

/** Does one step; no commit may run beside it. */
export async function carryOut(files: MonthFiles, newest: Newest, { file, rows }: FileRemoval, nowMs: number): Promise<void> {
  const { month, catalog } = file
  const isGone = wantedBy(rows)
  if (rows === 'all') {
    // What gateways have delivered must stay known, or they would be thought restored from an old copy.
    const heir = files.all().findLast((other) => other !== file) ?? (await files.ensure(nowMs))
    await files.writer.run(`INSERT INTO ${heir.catalog}.ranges SELECT * FROM ${catalog}.ranges`)
    heir.rangeRows += file.rangeRows
    await files.drop(file)
  } else {
    await deleteRows(files.writer, catalog, conditionOf(rows))
    file.rowsSinceSnapshot = Math.max(1, file.rowsSinceSnapshot)
  }
  newest.forget(({ point, timeMs }) => timeMs >= month.fromMs && timeMs < month.toMs && isGone(point))
}

async function deleteRows(writer: DuckDBConnection, catalog: string, where: string): Promise<void> {
  await writer.run('BEGIN')
  try {
    for (const table of ['samples', 'late_samples']) await writer.run(`DELETE FROM ${catalog}.${table} WHERE ${where}`)
    // What the newest samples are known for starts anew, and the next start scans this file once: row ids may close up after a deletion.
    await writer.run(`DELETE FROM ${catalog}.newest`)
    await writer.run(`UPDATE ${catalog}.about SET rows_seen = 0, late_rows_seen = 0`)
    await writer.run('COMMIT')
  } catch (err) {
    // A failed COMMIT has rolled back already and ROLLBACK then fails too; the first error is the one that matters.
    await writer.run('ROLLBACK').catch(() => undefined)
    throw err
  }
}

function conditionOf(rows: FileRemoval['rows']): string {
  if (rows === 'all') return 'true'
  if ('only' in rows) return `point IN (${rows.only.join(', ')})`
  return rows.allBut.length === 0 ? 'true' : `point NOT IN (${rows.allBut.join(', ')})`
}

function wantedBy(rows: FileRemoval['rows']): (point: number) => boolean {
  if (rows === 'all') return () => true
  const points = new Set('only' in rows ? rows.only : rows.allBut)
  return 'only' in rows ? (point) => points.has(point) : (point) => !points.has(point)
}
