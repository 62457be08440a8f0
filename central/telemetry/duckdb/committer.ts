/*
 * Brings groups of batches into the files: one transaction a month, the outbox ranges in the last of them.
 * Rows newer than anything seen of their point are appended blindly; only the others are looked up.
 * It is not reentrant: one group at a time.
 */
import { SampleBuilder, type SampleColumns } from '@orewatch/core'
import type { OutboxRanges, WriteResult } from '../store.ts'
import { FATE, LateRows } from '../late-rows.ts'
import type { MonthFile, MonthFiles } from './month-files.ts'
import type { Newest } from '../newest.ts'
import type { StoredOutboxRanges } from './outbox-ranges.ts'
import { appendKeys, appendSamples, withAppender } from './rows.ts'

/** One batch to be committed. */
export interface Batch {
  readonly columns: SampleColumns
  readonly ranges: readonly OutboxRanges[]
}

/** What a committer works on. */
export interface CommitterOptions {
  readonly files: MonthFiles
  readonly newest: Newest
  readonly ranges: StoredOutboxRanges
  readonly nowMs: () => number
}

/** Rows of one month in a group. */
interface MonthPart {
  readonly file: MonthFile
  readonly fresh: SampleBuilder
  readonly late: SampleBuilder
  /** Batch and row in it of every late row. */
  readonly lateBatch: number[]
  readonly lateRow: number[]
}

// Rows of the range log above which it is merged into one row an interval.
const MERGE_RANGES_AT = 50_000
// Rows after which the newest samples are written down, so that a start reads no more than these.
const SNAPSHOT_ROWS = 5_000_000

/** Commits groups of batches. */
export class Committer {
  readonly #files: MonthFiles
  readonly #newest: Newest
  readonly #ranges: StoredOutboxRanges
  readonly #nowMs: () => number

  constructor(options: CommitterOptions) {
    this.#files = options.files
    this.#newest = options.newest
    this.#ranges = options.ranges
    this.#nowMs = options.nowMs
  }

  /** Commits a group; the results are in the order of the batches. Rejects with what DuckDB threw; the group is then not assumed stored. */
  async commit(group: readonly Batch[]): Promise<WriteResult[]> {
    const ranges = group.flatMap((batch) => batch.ranges).filter((filled) => filled.ranges.length > 0)
    const parts = await this.#split(group)
    if (parts.length === 0 && ranges.length > 0) parts.push(emptyPart(this.#files.all().at(-1) ?? (await this.#files.ensure(this.#nowMs()))))
    const duplicates = group.map(() => 0)
    const conflicts = group.map((): number[] => [])
    for (const [i, part] of parts.entries()) {
      const fates = await this.#judgeLate(part)
      await this.#commitPart(part, keptRows(part.late, fates), i === parts.length - 1 ? ranges : [])
      fates.forEach((fate, late) => {
        const batch = part.lateBatch[late] as number
        if (fate === FATE.duplicate) duplicates[batch] = (duplicates[batch] as number) + 1
        if (fate === FATE.conflict) conflicts[batch]?.push(part.lateRow[late] as number)
      })
    }
    return group.map(({ columns }, i) => {
      const found = (conflicts[i] as number[]).sort((a, b) => a - b)
      return { stored: columns.count - (duplicates[i] as number) - found.length, duplicates: duplicates[i] as number, conflicts: found }
    })
  }

  /** Housekeeping between groups: writes the newest samples down and merges the log of ranges, where due or where `isClosing`. */
  async tidy(options: { readonly isClosing: boolean }): Promise<void> {
    for (const file of this.#files.all()) {
      if (file.rowsSinceSnapshot >= SNAPSHOT_ROWS || (options.isClosing && file.rowsSinceSnapshot > 0)) await this.#writeSnapshot(file)
      if (file.rangeRows >= MERGE_RANGES_AT || (options.isClosing && file.rangeRows > 1_000)) await this.#mergeRanges(file)
    }
  }

  async #split(group: readonly Batch[]): Promise<MonthPart[]> {
    const parts = new Map<MonthFile, MonthPart>()
    let part: MonthPart | undefined
    for (const [batch, { columns }] of group.entries()) {
      for (let row = 0; row < columns.count; row++) {
        const timeMs = columns.timeMs[row] as number
        if (part === undefined || timeMs < part.file.month.fromMs || timeMs >= part.file.month.toMs) {
          const file = this.#files.find(timeMs) ?? (await this.#files.ensure(timeMs))
          part = parts.get(file) ?? emptyPart(file)
          parts.set(file, part)
        }
        place(part, columns, row, batch, this.#newest.claim(this.#newest.slotOf(columns.key[row] as number), timeMs))
      }
    }
    return [...parts.values()].toSorted((a, b) => a.file.month.fromMs - b.file.month.fromMs)
  }

  async #judgeLate(part: MonthPart): Promise<Uint8Array> {
    if (part.late.count === 0) return new Uint8Array(0)
    const rows = new LateRows(part.late)
    const { writer } = this.#files
    await writer.run('CREATE OR REPLACE TEMP TABLE wanted (late_row INTEGER, point INTEGER, time BIGINT)')
    await appendKeys(writer, 'temp', 'wanted', part.late, rows.distinctRows())
    // Both tables are nearly in the order of time each, so that a span of time reads few row groups.
    const { from, to } = spanOf(part.late)
    const inSpan = (table: string): string => `SELECT point, time, value, quality FROM ${part.file.catalog}.${table} WHERE time BETWEEN ${from} AND ${to}`
    const found = await writer.runAndReadAll(
      `SELECT w.late_row, s.value, s.quality FROM (${inSpan('samples')} UNION ALL ${inSpan('late_samples')}) s
       JOIN temp.wanted w ON s.point = w.point AND s.time = w.time`,
    )
    for (const [row, value, quality] of found.getRows()) rows.meetStored(row as number, (value as number | null) ?? Number.NaN, quality as number)
    rows.meetFresh(part.fresh)
    return rows.fates()
  }

  async #commitPart(part: MonthPart, late: SampleColumns, ranges: readonly OutboxRanges[]): Promise<void> {
    const { writer } = this.#files
    const { file, fresh } = part
    if (fresh.count + late.count + ranges.length > 0) {
      await this.#inTransaction(async () => {
        if (fresh.count > 0) await appendSamples(writer, file.catalog, 'samples', fresh)
        if (late.count > 0) await appendSamples(writer, file.catalog, 'late_samples', late)
        if (ranges.length > 0) await this.#appendRanges(file, ranges)
      })
    }
    file.rowsSinceSnapshot += fresh.count + late.count
    for (const filled of ranges) {
      this.#ranges.add(filled)
      file.rangeRows += filled.ranges.length
    }
    // A duplicate is offered too: its first commit may have failed and yet be on disk.
    for (const columns of [fresh, part.late]) {
      for (let row = 0; row < columns.count; row++) this.#newest.offer(this.#newest.slotOf(columns.key[row] as number), columns, row)
    }
  }

  async #inTransaction(work: () => Promise<void>): Promise<void> {
    const { writer } = this.#files
    await writer.run('BEGIN')
    try {
      await work()
      await writer.run('COMMIT')
    } catch (err) {
      // A failed COMMIT has rolled back already and ROLLBACK then fails too; the first error is the one that matters.
      await writer.run('ROLLBACK').catch(() => undefined)
      throw err
    }
  }

  async #appendRanges(file: MonthFile, ranges: readonly OutboxRanges[]): Promise<void> {
    await withAppender(this.#files.writer, file.catalog, 'ranges', (appender) => {
      for (const { gateway, incarnation, stream, ranges: filled } of ranges) {
        for (const { first, count } of filled) {
          appender.appendInteger(gateway)
          appender.appendVarchar(incarnation)
          appender.appendVarchar(stream)
          appender.appendBigInt(BigInt(first))
          appender.appendBigInt(BigInt(count))
          appender.endRow()
        }
      }
    })
  }

  async #mergeRanges(file: MonthFile): Promise<void> {
    const merged = this.#ranges.all()
    await this.#inTransaction(async () => {
      await this.#files.writer.run(`DELETE FROM ${file.catalog}.ranges`)
      await this.#appendRanges(file, merged)
    })
    // Counted from zero: what is left is as short as it can be.
    file.rangeRows = 0
  }

  async #writeSnapshot(file: MonthFile): Promise<void> {
    const { writer } = this.#files
    const { catalog, month } = file
    await this.#inTransaction(async () => {
      await writer.run(`DELETE FROM ${catalog}.newest`)
      await withAppender(writer, catalog, 'newest', (appender) => {
        for (const sample of this.#newest.within(month.fromMs, month.toMs)) {
          appender.appendInteger(sample.point)
          appender.appendBigInt(BigInt(sample.timeMs))
          if (Number.isNaN(sample.value)) appender.appendNull()
          else appender.appendDouble(sample.value)
          appender.appendUTinyInt(sample.quality)
          appender.appendUTinyInt(sample.reason)
          appender.appendUTinyInt(sample.flags)
          appender.endRow()
        }
      })
      await writer.run(`UPDATE ${catalog}.about SET rows_seen = (SELECT count(*) FROM ${catalog}.samples), late_rows_seen = (SELECT count(*) FROM ${catalog}.late_samples)`)
    })
    file.rowsSinceSnapshot = 0
  }
}

function emptyPart(file: MonthFile): MonthPart {
  return { file, fresh: new SampleBuilder(1_024), late: new SampleBuilder(64), lateBatch: [], lateRow: [] }
}

function place(part: MonthPart, columns: SampleColumns, row: number, batch: number, isFresh: boolean): void {
  const target = isFresh ? part.fresh : part.late
  target.push(columns.key[row] as number, columns.timeMs[row] as number, columns.value[row] as number, columns.quality[row], columns.reason[row], columns.flags[row], columns.gatewayDeltaMs[row])
  if (isFresh) return
  part.lateBatch.push(batch)
  part.lateRow.push(row)
}

function keptRows(late: SampleBuilder, fates: Uint8Array): SampleColumns {
  const kept = new SampleBuilder(Math.max(1, late.count))
  for (let row = 0; row < late.count; row++) if (fates[row] === FATE.store) kept.append(late, row, row + 1)
  return kept
}

function spanOf(columns: SampleColumns): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY
  let to = 0
  for (let row = 0; row < columns.count; row++) {
    from = Math.min(from, columns.timeMs[row] as number)
    to = Math.max(to, columns.timeMs[row] as number)
  }
  return { from, to }
}
