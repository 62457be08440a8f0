/*
 * The main thread's side of the DuckDB store: checks and packs batches, hands them to the worker, settles promises.
 * Nothing here waits on disk, so the event loop stays free whatever DuckDB does.
 */
import { Worker } from 'node:worker_threads'
import { type Clock, type CodedError, type PositionRange, type SampleColumns, systemClock } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { Stream } from '@orewatch/protocol'
import { checkAggregate, checkBatch, checkPoints, checkRange } from '../bounds.ts'
import { telemetryErrors } from '../errors.ts'
import type { Bucket, LatestSample, OutboxRanges, RangePage, RemovalOrder, RemovedPart, TelemetryStore, WriteResult } from '../store.ts'
import { capabilities } from './capabilities.ts'
import { packColumns, unpackColumns } from './columns-codec.ts'
import { duckdbErrors } from './errors.ts'
import type { Answer, EngineOptions, Query, Reply, Request, WireError } from './messages.ts'

/** How to open a DuckDB store. */
export interface DuckDbStoreOptions {
  /** Holds one file a month; created when absent. */
  readonly directory: string
  readonly log: Logger
  readonly clock?: Clock
  /** Memory that DuckDB may use, in MB; 512 by default. */
  readonly memoryMb?: number
  /** Threads of DuckDB; 2 by default. */
  readonly threads?: number
  /** Longest wait for more batches to share one commit, in ms; 10 by default. */
  readonly groupMs?: number
  /** Longest time of one query, in ms; 30,000 by default. */
  readonly queryTimeoutMs?: number
  /** Samples that may wait for their commit; 1,000,000 by default. */
  readonly maxPendingRows?: number
}

interface Waiting<T> {
  readonly resolve: (value: T) => void
  readonly reject: (err: Error) => void
}

/** Opens the store of a directory. Rejects with DUCKDB_FILE_REFUSED, DUCKDB_LOCKED or DUCKDB_DIRECTORY_UNUSABLE. */
export async function openDuckDbStore(options: DuckDbStoreOptions): Promise<TelemetryStore> {
  const { directory, memoryMb = 512, threads = 2, groupMs = 10, queryTimeoutMs = 30_000 } = options
  const engine: EngineOptions = { directory, memoryMb, threads, groupMs, queryTimeoutMs }
  // Without the flags of the main program: those of `node -e` would keep the thread from starting.
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: engine, execArgv: [] })
  const failed = Promise.withResolvers<never>()
  const onError = (cause: unknown): void => failed.reject(duckdbErrors.WORKER_GONE({ directory }, cause))
  worker.once('error', onError)
  const opened = new Promise<Reply>((resolve) => {
    worker.once('message', resolve)
  })
  const reply = await Promise.race([opened, failed.promise])
  worker.off('error', onError)
  if (reply.kind === 'not-opened') throw fromWire(reply.error)
  return new DuckDbStore(worker, options)
}

class DuckDbStore implements TelemetryStore {
  readonly name = 'duckdb'
  readonly capabilities = capabilities
  readonly #worker: Worker
  readonly #log: Logger
  readonly #clock: Clock
  readonly #maxPendingRows: number
  readonly #writes = new Map<number, Waiting<WriteResult> & { readonly rows: number }>()
  readonly #queries = new Map<number, Waiting<Answer>>()
  #pendingRows = 0
  #nextId = 1
  #trouble: { readonly error: CodedError; readonly sinceMs: number } | undefined
  #closing: Promise<void> | undefined

  constructor(worker: Worker, options: DuckDbStoreOptions) {
    this.#worker = worker
    this.#log = options.log
    this.#clock = options.clock ?? systemClock
    this.#maxPendingRows = options.maxPendingRows ?? 1_000_000
    worker.on('message', (reply: Reply) => this.#receive(reply))
    worker.on('error', (err) => this.#lose(err))
    worker.on('exit', () => this.#lose(undefined))
  }

  async write(batch: SampleColumns, ranges: readonly OutboxRanges[]): Promise<WriteResult> {
    if (this.#closing !== undefined) throw telemetryErrors.CLOSED({ store: this.name })
    checkBatch(batch)
    // A batch larger than the bound is still taken when nothing waits, or it could never be written.
    if (this.#pendingRows > 0 && this.#pendingRows + batch.count > this.#maxPendingRows) throw telemetryErrors.BUSY({ store: this.name, pendingRows: this.#pendingRows })
    const id = this.#nextId++
    const packed = packColumns(batch)
    return new Promise((resolve, reject) => {
      this.#writes.set(id, { resolve, reject, rows: batch.count })
      this.#pendingRows += batch.count
      this.#send({ kind: 'write', id, count: batch.count, packed, ranges }, [packed])
    })
  }

  async storedRanges(gateway: number, incarnation: string): Promise<ReadonlyMap<Stream, readonly PositionRange[]>> {
    return (await this.#ask({ kind: 'ranges', gateway, incarnation })) as ReadonlyMap<Stream, readonly PositionRange[]>
  }

  async latest(points: readonly number[]): Promise<readonly LatestSample[]> {
    checkPoints(points)
    return (await this.#ask({ kind: 'latest', points })) as readonly LatestSample[]
  }

  async range(point: number, fromMs: number, toMs: number, limit: number): Promise<RangePage> {
    checkRange(point, fromMs, toMs, limit)
    const page = (await this.#ask({ kind: 'range', point, fromMs, toMs, limit })) as { count: number; packed: ArrayBuffer; nextMs?: number }
    return { samples: unpackColumns(page.packed, page.count), ...(page.nextMs === undefined ? {} : { nextMs: page.nextMs }) }
  }

  async aggregate(point: number, fromMs: number, toMs: number, bucketMs: number): Promise<readonly Bucket[]> {
    checkAggregate(point, fromMs, toMs, bucketMs)
    return (await this.#ask({ kind: 'aggregate', point, fromMs, toMs, bucketMs })) as readonly Bucket[]
  }

  async remove(order: RemovalOrder, mode: 'look' | 'remove'): Promise<readonly RemovedPart[]> {
    return (await this.#ask({ kind: 'remove', order, mode })) as readonly RemovedPart[]
  }

  async count(): Promise<number> {
    return (await this.#ask({ kind: 'count' })) as number
  }

  health(): { readonly ok: boolean; readonly note: string } {
    if (this.#closing !== undefined) return { ok: false, note: 'The store is closed.' }
    if (this.#trouble === undefined) return { ok: true, note: `Writing; ${this.#pendingRows} samples wait for their commit.` }
    const seconds = Math.round((this.#clock.nowMs() - this.#trouble.sinceMs) / 1_000)
    return { ok: false, note: `Not writing for ${seconds} s: ${this.#trouble.error.message}` }
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  async #shutDown(): Promise<void> {
    const hasEnded = new Promise<void>((resolve) => {
      this.#worker.once('exit', () => resolve())
    })
    await new Promise<Answer>((resolve, reject) => this.#post({ kind: 'close' }, { resolve, reject }))
    await hasEnded
  }

  #ask(query: Query): Promise<Answer> {
    if (this.#closing !== undefined) return Promise.reject(telemetryErrors.CLOSED({ store: this.name }))
    return new Promise((resolve, reject) => this.#post(query, { resolve, reject }))
  }

  #post(query: Query, waiting: Waiting<Answer>): void {
    const id = this.#nextId++
    this.#queries.set(id, waiting)
    this.#send({ kind: 'query', id, query }, [])
  }

  #send(request: Request, transfer: ArrayBuffer[]): void {
    this.#worker.postMessage(request, transfer)
  }

  #receive(reply: Reply): void {
    switch (reply.kind) {
      case 'written':
        this.#recover()
        return reply.ids.forEach((id, i) => this.#takeWrite(id)?.resolve(reply.results[i] as WriteResult))
      case 'not-written': {
        const error = fromWire(reply.error)
        this.#complain(error)
        return reply.ids.forEach((id) => this.#takeWrite(id)?.reject(error))
      }
      case 'answer':
        return this.#takeQuery(reply.id)?.resolve(reply.answer)
      case 'no-answer':
        return this.#takeQuery(reply.id)?.reject(fromWire(reply.error))
      default:
        return undefined
    }
  }

  #takeWrite(id: number): Waiting<WriteResult> | undefined {
    const waiting = this.#writes.get(id)
    this.#writes.delete(id)
    this.#pendingRows -= waiting?.rows ?? 0
    return waiting
  }

  #takeQuery(id: number): Waiting<Answer> | undefined {
    const waiting = this.#queries.get(id)
    this.#queries.delete(id)
    return waiting
  }

  #complain(error: CodedError): void {
    if (this.#trouble === undefined) this.#log.error({ err: error }, 'telemetry store does not write')
    this.#trouble = { error, sinceMs: this.#trouble?.sinceMs ?? this.#clock.nowMs() }
  }

  #recover(): void {
    if (this.#trouble === undefined) return
    this.#log.info({ afterMs: this.#clock.nowMs() - this.#trouble.sinceMs }, 'telemetry store writes again')
    this.#trouble = undefined
  }

  #lose(cause: Error | undefined): void {
    const error = duckdbErrors.WORKER_GONE({}, cause)
    if (this.#closing === undefined) this.#complain(error)
    this.#closing ??= Promise.resolve()
    for (const id of this.#writes.keys()) this.#takeWrite(id)?.reject(error)
    for (const id of this.#queries.keys()) this.#takeQuery(id)?.reject(error)
  }
}

function fromWire({ code, details, cause }: WireError): CodedError {
  if (code === 'TELEMETRY_BUSY') return telemetryErrors.BUSY(details, cause)
  const key = code.slice('DUCKDB_'.length)
  return Object.hasOwn(duckdbErrors, key) ? duckdbErrors[key as keyof typeof duckdbErrors](details, cause) : duckdbErrors.WRITE_FAILED({ code, ...details }, cause)
}
