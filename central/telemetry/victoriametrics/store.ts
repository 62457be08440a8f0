import { type Clock, type CodedError, ConfigError, errorCode, type PositionRange, SampleBuilder, type SampleColumns, systemClock } from '@orewatch/core'
import { readSecret } from '@orewatch/config'
import type { Logger } from '@orewatch/observability'
import type { Stream } from '@orewatch/protocol'
import { checkAggregate, checkBatch, checkPoints, checkRange } from '../bounds.ts'
import { telemetryErrors } from '../errors.ts'
import { Newest } from '../newest.ts'
import type { Bucket, LatestSample, OutboxRanges, RangePage, RemovalOrder, RemovedPart, StoreCapabilities, TelemetryStore, WriteResult } from '../store.ts'
import { capabilities, hastyCapabilities } from './capabilities.ts'
import { victoriaErrors } from './errors.ts'
import { queryAt, readFlags, type VictoriaEndpoint } from './http.ts'
import { AHEAD_MS, EARLIEST_MS, countSamples, readBuckets, readNewest, readRange } from './reader.ts'
import { retentionMsOf } from './retention-rules.ts'
import { Writer } from './writer.ts'

/** How to open a VictoriaMetrics store. */
export interface VictoriaStoreOptions {
  /** `http://host:8428`. */
  readonly url: string
  readonly username?: string
  /** Readable by the owner only. */
  readonly passwordFile?: string
  readonly log: Logger
  readonly clock?: Clock
  /** `snapshot` by default; `none` gives up that acknowledged samples survive a kill. */
  readonly durability?: 'snapshot' | 'none'
  /** Longest wait for one answer, in ms; 30,000 by default. */
  readonly timeoutMs?: number
  /** Longest wait for more batches to share one snapshot, in ms; 100 by default. */
  readonly groupMs?: number
  /** Samples that may wait for their acknowledgement; 1,000,000 by default. */
  readonly maxPendingRows?: number
}

// What the server's clock may differ by from ours.
const CLOCK_MARGIN_MS = 600_000
const DAY_MS = 86_400_000

/**
 * Opens a store on one node of VictoriaMetrics. A server that does not answer is no error: writes reject until it does.
 * Rejects with VICTORIAMETRICS_ACCESS_DENIED or ConfigError.
 */
export async function openVictoriaStore(options: VictoriaStoreOptions): Promise<TelemetryStore> {
  const { url, username, passwordFile, timeoutMs = 30_000 } = options
  if (username !== undefined && passwordFile === undefined) throw new ConfigError([`telemetry: username ${username} has no passwordFile; both or neither must be set`])
  const endpoint: VictoriaEndpoint = {
    url: url.replace(/\/+$/, ''),
    timeoutMs,
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { password: readSecret(passwordFile) }),
  }
  const store = new VictoriaStore(endpoint, options)
  try {
    // Asked of a page that demands the password; that of the flags does not.
    await queryAt(endpoint, '1', 0)
    await store.learnRetention()
  } catch (err) {
    if (errorCode(err) === 'VICTORIAMETRICS_ACCESS_DENIED') throw err
    options.log.warn({ err }, 'telemetry store does not answer yet')
  }
  return store
}

class VictoriaStore implements TelemetryStore {
  readonly name = 'victoriametrics'
  readonly capabilities: StoreCapabilities
  readonly #endpoint: VictoriaEndpoint
  readonly #log: Logger
  readonly #clock: Clock
  readonly #writer: Writer
  readonly #newest = new Newest()
  readonly #known = new Set<number>()
  #retentionMs: number | undefined
  #trouble: CodedError | undefined
  #isClosed = false

  constructor(endpoint: VictoriaEndpoint, options: VictoriaStoreOptions) {
    this.#endpoint = endpoint
    this.#log = options.log
    this.#clock = options.clock ?? systemClock
    const { durability = 'snapshot', groupMs = 100, maxPendingRows = 1_000_000 } = options
    this.capabilities = durability === 'snapshot' ? capabilities : hastyCapabilities
    this.#writer = new Writer({
      endpoint,
      durability,
      groupMs,
      maxPendingRows,
      newest: this.#newest,
      acquaint: (points) => this.#acquaint(points),
      onOutcome: (error) => this.#judge(error),
    })
  }

  /** Asks the server how long it keeps samples. */
  async learnRetention(): Promise<void> {
    this.#retentionMs ??= retentionMsOf((await readFlags(this.#endpoint)).get('retentionPeriod'))
  }

  async write(batch: SampleColumns, _ranges: readonly OutboxRanges[]): Promise<WriteResult> {
    this.#mustBeOpen()
    checkBatch(batch)
    if (batch.count === 0) return { stored: 0, duplicates: 0, conflicts: [] }
    this.#checkTimes(batch)
    return await this.#writer.write(batch)
  }

  async storedRanges(): Promise<ReadonlyMap<Stream, readonly PositionRange[]>> {
    return new Map()
  }

  async latest(points: readonly number[]): Promise<readonly LatestSample[]> {
    this.#mustBeOpen()
    checkPoints(points)
    await this.#acquaint(new Set(points))
    return points.map((point) => this.#newest.get(point)).filter((sample) => sample !== undefined)
  }

  async range(point: number, fromMs: number, toMs: number, limit: number): Promise<RangePage> {
    this.#mustBeOpen()
    checkRange(point, fromMs, toMs, limit)
    return await readRange(this.#endpoint, point, { fromMs, toMs, nowMs: this.#clock.nowMs() }, limit)
  }

  async aggregate(point: number, fromMs: number, toMs: number, bucketMs: number): Promise<readonly Bucket[]> {
    this.#mustBeOpen()
    checkAggregate(point, fromMs, toMs, bucketMs)
    return await readBuckets(this.#endpoint, point, { fromMs, toMs, nowMs: this.#clock.nowMs() }, bucketMs)
  }

  async remove({ othersBeforeMs, classes }: RemovalOrder): Promise<readonly RemovedPart[]> {
    this.#mustBeOpen()
    await this.learnRetention()
    // It removes by month and series for all points alike, so what can be done is to say that it removes too early.
    const keptFromMs = this.#clock.nowMs() - (this.#retentionMs ?? Number.POSITIVE_INFINITY)
    const demandedFromMs = Math.min(othersBeforeMs, ...classes.map(({ beforeMs }) => beforeMs))
    if (keptFromMs > demandedFromMs) {
      this.#log.error({ keptDays: Math.floor((this.#retentionMs ?? 0) / DAY_MS) }, 'VictoriaMetrics removes samples earlier than the setting retention asks: start it with a longer -retentionPeriod')
    }
    return []
  }

  async count(): Promise<number> {
    this.#mustBeOpen()
    return await countSamples(this.#endpoint, this.#clock.nowMs())
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

  async #acquaint(points: ReadonlySet<number>): Promise<void> {
    const strangers = [...points].filter((point) => !this.#known.has(point))
    if (strangers.length === 0) return
    await this.learnRetention()
    for (const { point, timeMs, sample } of await readNewest(this.#endpoint, strangers, this.#clock.nowMs())) {
      const slot = this.#newest.slotOf(point)
      if (sample !== undefined) this.#newest.offer(slot, columnsOfLatest(sample), 0)
      this.#newest.claim(slot, timeMs)
    }
    for (const point of strangers) this.#known.add(point)
  }

  #checkTimes({ timeMs, key, count }: SampleColumns): void {
    const nowMs = this.#clock.nowMs()
    const fromMs = Math.max(EARLIEST_MS, this.#retentionMs === undefined ? 0 : nowMs - this.#retentionMs + CLOCK_MARGIN_MS)
    const toMs = nowMs + AHEAD_MS - CLOCK_MARGIN_MS
    for (let row = 0; row < count; row++) {
      const time = timeMs[row] as number
      if (time < fromMs || time > toMs) throw victoriaErrors.TIME_REFUSED({ row, point: key[row], timeMs: time, keptFromMs: fromMs, keptToMs: toMs })
    }
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

function columnsOfLatest({ point, timeMs, value, quality, reason, flags }: LatestSample): SampleColumns {
  const columns = new SampleBuilder(1)
  columns.push(point, timeMs, value, quality, reason, flags)
  return columns
}
