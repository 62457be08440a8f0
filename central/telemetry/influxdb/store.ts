import { type CodedError, ConfigError, errorCode, type PositionRange, type SampleColumns } from '@orewatch/core'
import { readSecret } from '@orewatch/config'
import type { Logger } from '@orewatch/observability'
import type { Stream } from '@orewatch/protocol'
import { checkAggregate, checkBatch, checkPoints, checkRange } from '../bounds.ts'
import { telemetryErrors } from '../errors.ts'
import type { Bucket, LatestSample, OutboxRanges, RangePage, RemovalOrder, RemovedPart, TelemetryStore, WriteResult } from '../store.ts'
import { capabilities } from './capabilities.ts'
import { type InfluxEndpoint, query } from './http.ts'
import { countSamples, readBuckets, readLatest, readRange } from './reader.ts'
import { removeSamples } from './removal.ts'
import { Writer } from './writer.ts'

/** How to open an InfluxDB store. */
export interface InfluxStoreOptions {
  /** `http://host:8086`. */
  readonly url: string
  /** Created when absent. */
  readonly database: string
  readonly username?: string
  /** Readable by the owner only. */
  readonly passwordFile?: string
  readonly log: Logger
  /** Writes under way at the same time; 2 by default. */
  readonly connections?: number
  /** `none` by default. */
  readonly compression?: 'none' | 'gzip'
  /** Longest wait for one answer, in ms; 10,000 by default. */
  readonly timeoutMs?: number
  /** Longest wait for more batches to share one request, in ms; 10 by default. */
  readonly groupMs?: number
  /** Samples that may wait for their acknowledgement; 1,000,000 by default. */
  readonly maxPendingRows?: number
}

/**
 * Opens a store on InfluxDB 1.x. A server that does not answer is no error: writes reject until it does.
 * Rejects with INFLUXDB_ACCESS_DENIED or ConfigError.
 */
export async function openInfluxStore(options: InfluxStoreOptions): Promise<TelemetryStore> {
  const { url, database, username, passwordFile, timeoutMs = 10_000 } = options
  if (username !== undefined && passwordFile === undefined) throw new ConfigError([`telemetry: username ${username} has no passwordFile; both or neither must be set`])
  const endpoint: InfluxEndpoint = {
    url: url.replace(/\/+$/, ''),
    database,
    timeoutMs,
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { password: readSecret(passwordFile) }),
  }
  const store = new InfluxStore(endpoint, options)
  try {
    await createDatabase(endpoint)
  } catch (err) {
    if (errorCode(err) === 'INFLUXDB_ACCESS_DENIED') throw err
    options.log.warn({ err }, 'telemetry store does not answer yet')
  }
  return store
}

class InfluxStore implements TelemetryStore {
  readonly name = 'influxdb'
  readonly capabilities = capabilities
  readonly #endpoint: InfluxEndpoint
  readonly #log: Logger
  readonly #writer: Writer
  #trouble: CodedError | undefined
  #isClosed = false

  constructor(endpoint: InfluxEndpoint, options: InfluxStoreOptions) {
    this.#endpoint = endpoint
    this.#log = options.log
    const { connections = 2, compression = 'none', groupMs = 10, maxPendingRows = 1_000_000 } = options
    this.#writer = new Writer({
      endpoint,
      connections,
      compression,
      groupMs,
      maxPendingRows,
      prepare: () => createDatabase(endpoint),
      onOutcome: (error) => this.#judge(error),
    })
  }

  async write(batch: SampleColumns, _ranges: readonly OutboxRanges[]): Promise<WriteResult> {
    this.#mustBeOpen()
    checkBatch(batch)
    const rows = batch.count
    if (rows > 0) await this.#writer.write(batch)
    // InfluxDB overwrites without telling, so a resend counts as stored again.
    return { stored: rows, duplicates: 0, conflicts: [] }
  }

  async storedRanges(): Promise<ReadonlyMap<Stream, readonly PositionRange[]>> {
    return new Map()
  }

  async latest(points: readonly number[]): Promise<readonly LatestSample[]> {
    this.#mustBeOpen()
    checkPoints(points)
    return await readLatest(this.#endpoint, points)
  }

  async range(point: number, fromMs: number, toMs: number, limit: number): Promise<RangePage> {
    this.#mustBeOpen()
    checkRange(point, fromMs, toMs, limit)
    return await readRange(this.#endpoint, point, fromMs, toMs, limit)
  }

  async aggregate(point: number, fromMs: number, toMs: number, bucketMs: number): Promise<readonly Bucket[]> {
    this.#mustBeOpen()
    checkAggregate(point, fromMs, toMs, bucketMs)
    return await readBuckets(this.#endpoint, point, fromMs, toMs, bucketMs)
  }

  async remove(order: RemovalOrder, mode: 'look' | 'remove'): Promise<readonly RemovedPart[]> {
    this.#mustBeOpen()
    // InfluxDB 1.6 lost an acknowledged sample of a new series whose write ran beside a deletion.
    return await removeSamples(this.#endpoint, order, mode, (work) => this.#writer.alone(work))
  }

  async count(): Promise<number> {
    this.#mustBeOpen()
    return await countSamples(this.#endpoint)
  }

  health(): { readonly ok: boolean; readonly note: string } {
    if (this.#isClosed) return { ok: false, note: 'The store is closed.' }
    if (this.#trouble !== undefined) return { ok: false, note: `Not writing: ${this.#trouble.message}` }
    return { ok: true, note: `Writing; ${this.#writer.pendingRows} samples wait for their acknowledgement.` }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#writer.drain()
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw telemetryErrors.CLOSED({ store: this.name })
  }

  #judge(error: CodedError | undefined): void {
    if (error !== undefined && this.#trouble === undefined) this.#log.error({ err: error }, 'telemetry store does not write')
    if (error === undefined && this.#trouble !== undefined) this.#log.info('telemetry store writes again')
    this.#trouble = error
  }
}

async function createDatabase(endpoint: InfluxEndpoint): Promise<void> {
  // A name cannot be bound; the quotes hold whatever the configuration allows.
  try {
    await query(endpoint, `CREATE DATABASE "${endpoint.database.replace(/["\\]/g, '\\$&')}"`)
  } catch (err) {
    // Only an administrator may create; a user with rights on a database that is there sees it and needs no more.
    if (errorCode(err) !== 'INFLUXDB_ACCESS_DENIED' || !(await seesDatabase(endpoint))) throw err
  }
}

async function seesDatabase(endpoint: InfluxEndpoint): Promise<boolean> {
  const [series] = await query(endpoint, 'SHOW DATABASES')
  return series?.[0]?.values.some(([name]) => name === endpoint.database) ?? false
}
