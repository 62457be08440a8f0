/*
 * Gives stored samples out as a file, a piece at a time: memory is bounded by a page, whatever the span. What was given out is counted and
 * hashed, and told to `onEnd` before the last byte counts as sent, so that nothing leaves without a line in the audit log.
 */
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TelemetryStore } from '../telemetry/store.ts'
import { csvHead, csvRows, type ExportedPoint } from './csv-codec.ts'
import { exportErrors } from './errors.ts'
import { type PointPage, writeParquet } from './parquet.ts'
import { walkSamples } from './walk.ts'

/** Formats of an export. */
export const EXPORT_FORMATS = ['csv', 'parquet'] as const

/** One of the formats. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** What shall be exported: fromMs ≤ time < toMs, UTC ms. */
export interface ExportOrder {
  readonly points: readonly ExportedPoint[]
  readonly fromMs: number
  readonly toMs: number
  readonly format: ExportFormat
}

/** What was given out, and whether it was all. */
export interface ExportSummary {
  readonly outcome: 'complete' | 'aborted' | 'failed'
  readonly rows: number
  readonly bytes: number
  /** SHA-256 of the bytes, hexadecimal; of the whole file when the outcome is complete. */
  readonly sha256: string
}

/** Exports samples of a store. */
export interface Exporter {
  /**
   * The bytes of the file. Throws EXPORT_SPAN_TOO_LONG, EXPORT_SPAN_EMPTY or EXPORT_BUSY at once. `onEnd` is called once, also when the
   * reader goes away; if it rejects, so does the last step of a complete export. The generator must be read to its end or returned.
   */
  start(order: ExportOrder, onEnd: (summary: ExportSummary) => Promise<void>): AsyncGenerator<Uint8Array, void, void>
}

/** Longest span of an export of one point, days. */
export const MAX_DAYS_OF_A_POINT = 366
/** Longest span of an export of many points, days. */
export const MAX_DAYS_OF_MANY = 31

const DAY_MS = 86_400_000
const MAX_EXPORTS = 2

/** Opens an exporter; temporary files go below the directory, which is made when absent and emptied now. */
export function openExporter({ store, directory }: { readonly store: Pick<TelemetryStore, 'range'>; readonly directory: string }): Exporter {
  // What a kill left behind.
  rmSync(directory, { recursive: true, force: true })
  let running = 0
  return {
    start: (order, onEnd) => {
      checkOrder(order)
      // The store has few readers; two exports leave the portal its share.
      if (running >= MAX_EXPORTS) throw exportErrors.BUSY({ underWay: running })
      running++
      const reader: Reader = { isGone: false }
      let hasLeft = false
      const leave = (): void => {
        if (!hasLeft) running--
        hasLeft = true
      }
      return withReader(give({ store, directory, order, onEnd, reader }), reader, leave)
    },
  }
}

function checkOrder({ points, fromMs, toMs }: ExportOrder): void {
  if (!(fromMs < toMs)) throw exportErrors.SPAN_EMPTY({ fromMs, toMs })
  const days = points.length > 1 ? MAX_DAYS_OF_MANY : MAX_DAYS_OF_A_POINT
  if (toMs - fromMs > days * DAY_MS) throw exportErrors.SPAN_TOO_LONG({ days: Math.ceil((toMs - fromMs) / DAY_MS), allowedDays: days, points: points.length })
}

/** Whoever reads an export; once it is gone the store is asked no more. */
interface Reader {
  isGone: boolean
}

// A generator that is returned before its first step runs none of its own finally blocks, and one that waits for the store hears of it only afterwards.
function withReader(inner: AsyncGenerator<Uint8Array, void, void>, reader: Reader, leave: () => void): AsyncGenerator<Uint8Array, void, void> {
  const ended = <T extends IteratorResult<Uint8Array, void>>(step: T): T => {
    if (step.done === true) leave()
    return step
  }
  const failed = (err: unknown): never => {
    leave()
    throw err
  }
  const outer: AsyncGenerator<Uint8Array, void, void> = {
    next: () => inner.next().then(ended, failed),
    return: () => {
      reader.isGone = true
      return inner.return().then(ended, failed)
    },
    throw: (err) => {
      reader.isGone = true
      return inner.throw(err).then(ended, failed)
    },
    [Symbol.asyncIterator]: () => outer,
    [Symbol.asyncDispose]: async () => void (await outer.return()),
  }
  return outer
}

interface Giving {
  readonly store: Pick<TelemetryStore, 'range'>
  readonly directory: string
  readonly order: ExportOrder
  readonly onEnd: (summary: ExportSummary) => Promise<void>
  readonly reader: Reader
}

async function* give({ store, directory, order, onEnd, reader }: Giving): AsyncGenerator<Uint8Array, void, void> {
  const hash = createHash('sha256')
  const counted = { rows: 0, bytes: 0 }
  let outcome: ExportSummary['outcome'] = 'aborted'
  const end = (): Promise<void> => onEnd({ outcome, ...counted, sha256: hash.digest('hex') })
  try {
    const pages = pagesOf(store, order, counted, reader)
    for await (const piece of order.format === 'csv' ? csvPieces(pages) : parquetPieces(directory, pages)) {
      hash.update(piece)
      counted.bytes += piece.byteLength
      yield piece
    }
    if (!reader.isGone) outcome = 'complete'
  } catch (err) {
    if (!reader.isGone) outcome = 'failed'
    throw err
  } finally {
    // The failure of the export itself is the one to be told.
    if (outcome === 'failed') await end().catch(() => undefined)
    else await end()
  }
}

async function* pagesOf(store: Pick<TelemetryStore, 'range'>, { points, fromMs, toMs }: ExportOrder, counted: { rows: number }, reader: Reader): AsyncGenerator<PointPage> {
  for (const point of points) {
    for await (const samples of walkSamples(store, point.id, fromMs, toMs)) {
      if (reader.isGone) return
      counted.rows += samples.count
      yield { point, samples }
    }
  }
}

async function* csvPieces(pages: AsyncIterable<PointPage>): AsyncGenerator<Uint8Array> {
  // Together with the first rows: until a byte is sent, a failure can still be answered as one.
  let head = csvHead()
  for await (const { point, samples } of pages) {
    yield Buffer.from(head + csvRows(point, samples))
    head = ''
  }
  if (head !== '') yield Buffer.from(head)
}

async function* parquetPieces(directory: string, pages: AsyncIterable<PointPage>): AsyncGenerator<Uint8Array> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const place = mkdtempSync(join(directory, 'export-'))
  try {
    yield* createReadStream(await writeParquet(place, pages)) as AsyncIterable<Uint8Array>
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
