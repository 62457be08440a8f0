/*
 * The store as it lives in the worker thread: gathers batches into groups, commits them one group at a time, answers queries beside.
 * After an error that leaves DuckDB unusable it closes all files and opens them again, which replays their logs.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { CodedError } from '@orewatch/core'
import type { WriteResult } from '../store.ts'
import { unpackColumns, packColumns } from './columns-codec.ts'
import { type Batch, Committer } from './committer.ts'
import { duckdbErrors } from './errors.ts'
import { loadState } from './loader.ts'
import type { Answer, EngineOptions, Query, WriteMessage } from './messages.ts'
import { MonthFiles } from './month-files.ts'
import { Newest } from './newest.ts'
import { StoredOutboxRanges } from './outbox-ranges.ts'
import { countSamples, readBuckets, readRange } from './reader.ts'

/** Who is told what became of the batches, a group at a time. */
export interface WriteListener {
  written(ids: readonly number[], results: readonly WriteResult[]): void
  notWritten(ids: readonly number[], error: CodedError): void
}

interface Open {
  readonly files: MonthFiles
  readonly committer: Committer
  readonly reader: DuckDBConnection
}

// A commit holds at most about this many rows, so that memory and the time to the acknowledgement stay bounded.
const GROUP_ROWS = 200_000

/** The DuckDB store inside its thread. */
export class Engine {
  readonly #options: EngineOptions
  readonly #listener: WriteListener
  readonly #newest = new Newest()
  readonly #ranges = new StoredOutboxRanges()
  #open: Open | undefined
  #queue: WriteMessage[] = []
  #queuedRows = 0
  #committing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<unknown> = Promise.resolve()

  private constructor(options: EngineOptions, listener: WriteListener) {
    this.#options = options
    this.#listener = listener
  }

  /** Opens the files and reads what is kept in memory. */
  static async open(options: EngineOptions, listener: WriteListener): Promise<Engine> {
    const engine = new Engine(options, listener)
    await engine.#opened()
    return engine
  }

  /** Takes a batch; the listener hears what became of it. */
  write(message: WriteMessage): void {
    this.#queue.push(message)
    this.#queuedRows += message.count
    this.#schedule()
  }

  /** Answers a query. Queries run one after the other, beside the commits. */
  query(query: Query): Promise<Answer> {
    if (query.kind === 'latest') return Promise.resolve(query.points.map((point) => this.#newest.get(point)).filter((sample) => sample !== undefined))
    if (query.kind === 'ranges') return Promise.resolve(this.#ranges.of(query.gateway, query.incarnation))
    if (query.kind === 'close') return this.close().then(() => undefined)
    const answer = this.#reading.then(() => this.#read(query))
    this.#reading = answer.catch(() => undefined)
    return answer
  }

  /** Commits what waits, writes down what makes the next start quick, and closes the files. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    while (this.#committing !== undefined || this.#queue.length > 0) await (this.#committing ?? this.#commitGroup())
    await this.#reading
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    try {
      await open.committer.tidy({ isClosing: true })
    } finally {
      open.reader.closeSync()
      open.files.close()
    }
  }

  #schedule(): void {
    if (this.#committing !== undefined) return
    if (this.#queuedRows >= GROUP_ROWS) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#startGroup()
      return
    }
    this.#timer ??= setTimeout(() => { this.#timer = undefined; this.#startGroup() }, this.#options.groupMs)
  }

  #startGroup(): void {
    if (this.#committing !== undefined || this.#queue.length === 0) return
    this.#committing = this.#commitGroup().finally(() => {
      this.#committing = undefined
      if (this.#queue.length > 0) this.#schedule()
    })
  }

  async #commitGroup(): Promise<void> {
    const group = this.#takeGroup()
    const ids = group.map((message) => message.id)
    const batches: Batch[] = group.map(({ packed, count, ranges }) => ({ columns: unpackColumns(packed, count), ranges }))
    try {
      const { committer } = await this.#opened()
      this.#listener.written(ids, await committer.commit(batches))
      await committer.tidy({ isClosing: false })
    } catch (cause) {
      this.#listener.notWritten(ids, writeError(cause))
      if (isFatal(cause)) this.#abandon()
    }
  }

  #takeGroup(): WriteMessage[] {
    let rows = 0
    let taken = 0
    while (taken < this.#queue.length && (taken === 0 || rows + (this.#queue[taken] as WriteMessage).count <= GROUP_ROWS)) {
      rows += (this.#queue[taken++] as WriteMessage).count
    }
    this.#queuedRows -= rows
    return this.#queue.splice(0, taken)
  }

  async #opened(): Promise<Open> {
    if (this.#open !== undefined) return this.#open
    const files = await MonthFiles.open(this.#options)
    try {
      await loadState(files, this.#newest, this.#ranges)
      const committer = new Committer({ files, newest: this.#newest, ranges: this.#ranges, nowMs: Date.now })
      this.#open = { files, committer, reader: await files.connect() }
      return this.#open
    } catch (err) {
      files.close()
      throw err
    }
  }

  #abandon(): void {
    const open = this.#open
    this.#open = undefined
    open?.reader.closeSync()
    open?.files.close()
  }

  async #read(query: Query): Promise<Answer> {
    try {
      const { reader, files } = await this.#opened()
      switch (query.kind) {
        case 'range': {
          const { samples, nextMs } = await readRange(reader, files, query.point, query.fromMs, query.toMs, query.limit)
          return { count: samples.count, packed: packColumns(samples), ...(nextMs === undefined ? {} : { nextMs }) }
        }
        case 'aggregate':
          return await readBuckets(reader, files, query.point, query.fromMs, query.toMs, query.bucketMs)
        case 'count':
          return await countSamples(reader, files)
        default:
          return undefined
      }
    } catch (cause) {
      throw cause instanceof CodedError ? cause : duckdbErrors.QUERY_FAILED({ query: query.kind, reason: reasonOf(cause) }, cause)
    }
  }
}

function writeError(cause: unknown): CodedError {
  if (cause instanceof CodedError) return cause
  const reason = reasonOf(cause)
  if (/no space left|disk full|not enough space|ENOSPC/i.test(reason)) return duckdbErrors.DISK_FULL({ reason }, cause)
  return duckdbErrors.WRITE_FAILED({ reason }, cause)
}

function isFatal(cause: unknown): boolean {
  return !(cause instanceof CodedError) && /fatal|invalidated|io error|internal error|corrupt|no space/i.test(reasonOf(cause))
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? ''
}
