/*
 * The store as it lives in the worker thread: gathers batches into groups, commits them one group at a time, answers queries beside.
 * After an error that leaves DuckDB unusable it closes all files and opens them again, which replays their logs.
 */
import { CodedError } from '@orewatch/core'
import type { RemovalOrder, RemovedPart, WriteResult } from '../store.ts'
import { unpackColumns, packColumns } from './columns-codec.ts'
import { type Batch, Committer } from './committer.ts'
import { duckdbErrors } from './errors.ts'
import { loadState } from './loader.ts'
import type { Answer, EngineOptions, Query, WriteMessage } from './messages.ts'
import { MonthFiles } from './month-files.ts'
import { Newest } from '../newest.ts'
import { StoredOutboxRanges } from './outbox-ranges.ts'
import { countSamples, readBuckets, readRange } from './reader.ts'
import { ReaderPool } from './reader-pool.ts'
import { carryOut, countRemoval, removalsOf } from './removal.ts'

/** Who is told what became of the batches, a group at a time. */
export interface WriteListener {
  written(ids: readonly number[], results: readonly WriteResult[]): void
  notWritten(ids: readonly number[], error: CodedError): void
}

interface Open {
  readonly files: MonthFiles
  readonly committer: Committer
  readonly readers: ReaderPool
}

// A commit holds at most about this many rows, so that memory and the time to the acknowledgement stay bounded.
const GROUP_ROWS = 200_000

/** The DuckDB store inside its thread. */
export class Engine {
  readonly #options: EngineOptions
  readonly #listener: WriteListener
  readonly #newest = new Newest()
  readonly #ranges = new StoredOutboxRanges()
  // Undefined while closed; one promise for all who wait, because two openings of a file would lock each other out.
  #open: Promise<Open> | undefined
  #queue: WriteMessage[] = []
  #queuedRows = 0
  #committing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closing: Promise<void> = Promise.resolve()

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

  /** Answers a query, beside the commits. */
  async query(query: Query): Promise<Answer> {
    if (query.kind === 'latest') return query.points.map((point) => this.#newest.get(point)).filter((sample) => sample !== undefined)
    if (query.kind === 'ranges') return this.#ranges.of(query.gateway, query.incarnation)
    if (query.kind === 'close') {
      await this.close()
      return undefined
    }
    try {
      return query.kind === 'remove' ? await this.#remove(query.order, query.mode) : await this.#read(query)
    } catch (cause) {
      throw cause instanceof CodedError ? cause : duckdbErrors.QUERY_FAILED({ query: query.kind, reason: reasonOf(cause) }, cause)
    }
  }

  /** Commits what waits, writes down what makes the next start quick, and closes the files. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    while (this.#committing !== undefined || this.#queue.length > 0) await (this.#committing ?? this.#commitGroup())
    const open = await this.#open?.catch(() => undefined)
    // What tidying writes only makes the next start quicker, so that a full disk does not spoil the closing.
    await open?.committer.tidy({ isClosing: true }).catch(() => undefined)
    this.#abandon()
    await this.#closing
  }

  async #remove(order: RemovalOrder, mode: 'look' | 'remove'): Promise<RemovedPart[]> {
    const parts: RemovedPart[] = []
    const { files, readers } = await this.#opened()
    for (const removal of removalsOf(files.all(), order)) {
      const part = await readers.run((connection) => countRemoval(connection, removal))
      if (part.samples === 0 && removal.rows !== 'all') continue
      if (mode === 'remove') await this.#exclusively(() => carryOut(files, this.#newest, removal, Date.now()))
      parts.push(part)
    }
    return parts
  }

  /** Runs work between two groups; batches that come meanwhile wait. */
  async #exclusively(work: () => Promise<void>): Promise<void> {
    while (this.#committing !== undefined) await this.#committing
    const done = work()
    this.#committing = done
      .catch(() => undefined)
      .finally(() => {
        this.#committing = undefined
        if (this.#queue.length > 0) this.#schedule()
      })
    await done
  }

  #schedule(): void {
    if (this.#committing !== undefined) return
    if (this.#queuedRows >= GROUP_ROWS) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#startGroup()
      return
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#startGroup()
    }, this.#options.groupMs)
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
      // Put off when it fails: what it writes is in the tables already, only less handy.
      await committer.tidy({ isClosing: false }).catch((err) => {
        if (isFatal(err)) this.#abandon()
      })
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

  #opened(): Promise<Open> {
    if (this.#open !== undefined) return this.#open
    const opening = this.#openFiles()
    this.#open = opening
    opening.catch(() => {
      if (this.#open === opening) this.#open = undefined
    })
    return opening
  }

  async #openFiles(): Promise<Open> {
    await this.#closing
    const files = await MonthFiles.open(this.#options)
    try {
      await loadState(files, this.#newest, this.#ranges)
      const committer = new Committer({ files, newest: this.#newest, ranges: this.#ranges, nowMs: Date.now })
      return { files, committer, readers: await ReaderPool.open(files, this.#options.queryTimeoutMs) }
    } catch (err) {
      files.close()
      throw err
    }
  }

  #abandon(): void {
    const abandoned = this.#open
    this.#open = undefined
    this.#closing = this.#closing.then(async () => {
      const open = await abandoned?.catch(() => undefined)
      await open?.readers.close()
      open?.files.close()
    })
  }

  async #read(query: Query): Promise<Answer> {
    const { readers, files } = await this.#opened()
    switch (query.kind) {
      case 'range': {
        const { samples, nextMs } = await readers.run((connection) => readRange(connection, files, query.point, query.fromMs, query.toMs, query.limit))
        return { count: samples.count, packed: packColumns(samples), ...(nextMs === undefined ? {} : { nextMs }) }
      }
      case 'aggregate':
        return await readers.run((connection) => readBuckets(connection, files, query.point, query.fromMs, query.toMs, query.bucketMs))
      case 'count':
        return await readers.run((connection) => countSamples(connection, files))
      default:
        return undefined
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
