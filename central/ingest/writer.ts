/*
 * Makes batches durable: quarantine for what is refused, the record store for events and alarms, the telemetry store for
 * samples, ranges last or together with them. Retries for ever what may be retried; nothing is acknowledged before.
 * Not here: what a batch holds (data-intake.ts), who is told (acknowledger.ts, live-feed.ts).
 */
import { type Clock, CodedError, errorCode, type PositionRange, RangeSet, SAMPLE_FLAGS, type SampleColumns } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { Quarantine, QuarantinedSample } from '../quarantine/quarantine.ts'
import type { RangeStore, RecordBatch, RecordStore } from '../records/records.ts'
import type { OutboxRanges, TelemetryStore } from '../telemetry/store.ts'
import type { Batch } from './batch.ts'
import type { Counters } from './counters.ts'
import { ingestErrors } from './errors.ts'
import type { IngestQueue } from './queue.ts'

/** Where batches go. */
export interface WriteTargets {
  readonly store: TelemetryStore
  readonly quarantine: Pick<Quarantine, 'append'>
  readonly records: Pick<RecordStore, 'append'>
  readonly ranges: Pick<RangeStore, 'add'>
  readonly alarms?: AlarmTarget
}

/** What alarms are given of what is written, and what they must know before a batch is durable, because nobody will tell it again. */
export interface AlarmTarget {
  /** Samples of a backlog that are about to be stored. Resolves when it is remembered that they are to be looked through. */
  noteBacklog(samples: SampleColumns): Promise<void>
  /** Samples that are stored, live ones in the order in which they came; `skip` names rows that were not stored. */
  take(samples: SampleColumns, skip: ReadonlySet<number>): void
  /** Records of gateways that are about to be stored. Resolves when the alarms among them survive a power cut. */
  takeRecords(records: readonly RecordBatch[]): Promise<void>
}

/** What the writer is made of. */
export interface WriterOptions {
  readonly targets: WriteTargets
  readonly queue: IngestQueue
  readonly counters: Counters
  readonly clock: Clock
  readonly log: Logger
  /** Writes at the same time. */
  readonly maxWrites: number
  /** Longest pause between attempts, ms. */
  readonly maxPauseMs: number
  /** Called when a batch is durable; `conflicts` are rows of it that were not stored. */
  readonly onDurable: (batch: Batch, conflicts: ReadonlySet<number>) => void
  /** Called when a batch is given up because a target refused it for good. */
  readonly onRefused: (batch: Batch) => void
}

/** A part that must keep something before a batch is durable. */
type Target = 'quarantine' | 'record store' | 'range store' | 'telemetry store'

const FIRST_PAUSE_MS = 100
// A write that takes this long is worth a word in the health report.
const SLOW_WRITE_MS = 10_000

/** Takes batches from the queue, several at a time. */
export class Writer {
  readonly #options: WriterOptions
  readonly #inFlight = new Map<Batch, number>()
  readonly #stop = new AbortController()
  // Batches that wait for the relational database beside the writes, so that samples go on meanwhile.
  readonly #parked = new Set<Batch>()
  // Of batches whose writes overlap the later may be durable first; alarms are given them in their order nevertheless.
  readonly #turns = new Map<Batch, () => void>()
  #lastTurn: Promise<void> = Promise.resolve()
  readonly #failures = new Map<Target, { readonly sinceMs: number; note: string }>()
  #idle: (() => void)[] = []

  constructor(options: WriterOptions) {
    this.#options = options
    options.queue.onDue(() => this.#dispatch())
  }

  /** Whether writes come through, and a sentence for a person. */
  health(): { readonly ok: boolean; readonly note: string } {
    const { clock } = this.#options
    for (const [target, { sinceMs, note }] of this.#failures) {
      const seconds = Math.round((clock.monotonicMs() - sinceMs) / 1_000)
      return { ok: false, note: `the ${target} has refused writes for ${seconds} s: ${note}; gateways keep their readings` }
    }
    const oldestMs = this.#inFlight.size === 0 ? 0 : clock.monotonicMs() - Math.min(...this.#inFlight.values())
    if (oldestMs > SLOW_WRITE_MS) return { ok: false, note: `a write has not finished for ${Math.round(oldestMs / 1_000)} s; gateways keep their readings` }
    return { ok: true, note: 'writes come through' }
  }

  /** Writes in progress. */
  get writes(): number {
    return this.#inFlight.size + this.#parked.size
  }

  /** Whether quarantine and record store took the last that was given to them; what needs them is not taken in otherwise. */
  get isRelationalWell(): boolean {
    return !this.#failures.has('quarantine') && !this.#failures.has('record store')
  }

  /** Resolves when nothing waits or after the time-out; batches that still fail then are left to the gateways. */
  async stop(timeoutMs: number): Promise<void> {
    const { queue } = this.#options
    const deadlineMs = this.#options.clock.monotonicMs() + timeoutMs
    while ((!queue.isEmpty || this.writes > 0) && this.#failures.size === 0 && this.#options.clock.monotonicMs() < deadlineMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50)
        this.#idle.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    this.#stop.abort()
    queue.stop()
  }

  #dispatch(): void {
    const { queue, maxWrites, clock } = this.#options
    while (this.#inFlight.size < maxWrites && !this.#stop.signal.aborted) {
      // Half of the writes at most, so that live data never waits for a free one behind a backlog.
      const backlogs = [...this.#inFlight.keys()].filter(({ lane }) => lane === 'backlog').length
      const batch = queue.take(backlogs < Math.max(1, maxWrites / 2) ? 'may-go' : 'waits')
      if (batch === undefined) return
      this.#inFlight.set(batch, clock.monotonicMs())
      const earlier = this.#lastTurn
      this.#lastTurn = new Promise((resolve) => this.#turns.set(batch, resolve))
      void this.#run(batch, earlier)
    }
  }

  async #run(batch: Batch, earlier: Promise<void>): Promise<void> {
    const { onDurable, onRefused, counters, log, targets } = this.#options
    try {
      const conflicts = await this.#write(batch)
      counters.writes++
      onDurable(batch, conflicts)
      await earlier
      targets.alarms?.take(batch.samples, conflicts)
    } catch (err) {
      if (errorCode(err) !== 'INGEST_CLOSED')
        log.error({ err, lane: batch.lane, rows: batch.samples.count, messages: batch.parts.length }, 'a batch was refused for good; its messages stay unacknowledged')
      onRefused(batch)
    } finally {
      this.#endTurn(batch)
      this.#inFlight.delete(batch)
      this.#parked.delete(batch)
      this.#options.queue.recycle(batch)
      for (const resolve of this.#idle.splice(0)) resolve()
      this.#dispatch()
    }
  }

  #endTurn(batch: Batch): void {
    this.#turns.get(batch)?.()
    this.#turns.delete(batch)
  }

  // Refused rows first: once the ranges are durable, the gateway's copy may go.
  async #write(batch: Batch): Promise<ReadonlySet<number>> {
    const { store, quarantine, records, ranges, alarms } = this.#options.targets
    const filled = rangesOf(batch)
    const hasRecords = batch.records.length > 0
    const hasSamples = batch.samples.count > 0
    if (batch.refused.length > 0) await this.#try('quarantine', batch, () => quarantine.append(batch.refused, hasRecords || hasSamples ? [] : filled))
    if (hasRecords) {
      if (alarms !== undefined) await this.#try('record store', batch, () => alarms.takeRecords(recordBatches(batch)))
      const result = await this.#try('record store', batch, () => records.append(recordBatches(batch), filled))
      this.#options.counters.records += result.stored
    }
    if (!hasSamples) {
      if (!hasRecords && batch.refused.length === 0 && filled.length > 0) await this.#try('range store', batch, () => ranges.add(filled))
      return new Set()
    }
    // First, since with the samples their ranges may become durable, and then the gateway forgets them.
    if (alarms !== undefined && hasBackfilled(batch.samples)) await this.#try('record store', batch, () => alarms.noteBacklog(batch.samples))
    const isTransactional = store.capabilities.hasTransactionalRanges
    const result = await this.#try('telemetry store', batch, () => store.write(batch.samples, isTransactional ? filled : []))
    const conflicts = new Set(result.conflicts)
    if (conflicts.size > 0) await this.#try('quarantine', batch, () => quarantine.append(conflictsOf(batch, result.conflicts), []))
    if (!isTransactional && filled.length > 0) await this.#try('range store', batch, () => ranges.add(filled))
    this.#options.counters.stored += result.stored
    this.#options.counters.duplicates += result.duplicates
    this.#options.counters.conflicts += conflicts.size
    return conflicts
  }

  async #try<T>(target: Target, batch: Batch, write: () => Promise<T>): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, this.#options.maxPauseMs)) {
      try {
        const result = await write()
        this.#worked(target)
        return result
      } catch (err) {
        this.#options.counters.writeFailures++
        if (err instanceof CodedError && err.retry === 'never') throw err
        this.#failed(target, batch, err)
        await this.#pause(pauseMs)
      }
    }
  }

  #worked(target: Target): void {
    const failure = this.#failures.get(target)
    if (failure === undefined) return
    this.#options.log.info({ target, seconds: Math.round((this.#options.clock.monotonicMs() - failure.sinceMs) / 1_000) }, 'writes come through again')
    this.#failures.delete(target)
  }

  #failed(target: Target, batch: Batch, err: unknown): void {
    const note = err instanceof Error ? err.message.slice(0, 300) : String(err)
    const known = this.#failures.get(target)
    if (known !== undefined) known.note = note
    else {
      this.#options.log.error({ err, target }, 'writes are refused; trying again')
      this.#failures.set(target, { sinceMs: this.#options.clock.monotonicMs(), note })
    }
    if (target !== 'quarantine' && target !== 'record store') return
    // From now on nothing that needs it is taken in, so only the few batches of this moment are parked.
    if (this.#inFlight.delete(batch)) {
      this.#endTurn(batch)
      this.#parked.add(batch)
      this.#dispatch()
    }
  }

  #pause(pauseMs: number): Promise<void> {
    const { signal } = this.#stop
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(ingestErrors.CLOSED())
        return
      }
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(ingestErrors.CLOSED())
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }, pauseMs)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}

/** Ranges that the messages of a batch fill, merged per outbox stream. */
export function rangesOf(batch: Batch): OutboxRanges[] {
  const merged = new Map<string, { readonly head: Omit<OutboxRanges, 'ranges'>; readonly runs: RangeSet }>()
  for (const { position, identity } of batch.parts) {
    if (position === undefined) continue
    const key = `${identity} ${position.incarnation} ${position.stream}`
    let entry = merged.get(key)
    if (entry === undefined) {
      entry = { head: { gateway: identity, incarnation: position.incarnation, stream: position.stream }, runs: new RangeSet() }
      merged.set(key, entry)
    }
    for (const run of position.runs) entry.runs.add(run.first, run.count)
  }
  return [...merged.values()].map(({ head, runs }) => ({ ...head, ranges: runs.ranges() }))
}

function recordBatches(batch: Batch): RecordBatch[] {
  return batch.records.map(({ gateway, position, records, receivedMs }) => ({ gateway, incarnation: position.incarnation, stream: position.stream, records, receivedMs }))
}

function conflictsOf(batch: Batch, rows: readonly number[]): QuarantinedSample[] {
  const { samples } = batch
  return rows.map((row) => {
    const part = batch.partOf(row)
    const source = part?.session.birth?.table.sources.find((candidate) => candidate.point === samples.key[row])
    return {
      gatewayKey: part?.session.key ?? '',
      device: source?.declared.announced.device ?? '',
      metric: source?.declared.announced.metric ?? `point ${samples.key[row]}`,
      reason: 'conflict',
      detail: 'another value or quality is stored for this time; the first is kept',
      timeMs: samples.timeMs[row] as number,
      value: samples.value[row] as number,
      quality: samples.quality[row] as number,
      reasonCode: samples.reason[row] as number,
      flags: samples.flags[row] as number,
      gatewayDeltaMs: samples.gatewayDeltaMs[row] as number,
      receivedMs: part?.receivedMs ?? 0,
    }
  })
}

/** Positions of one row of a message, for messages whose rows stand in the order of their positions. */
export function positionAt(runs: readonly PositionRange[], row: number): number | undefined {
  let rest = row
  for (const run of runs) {
    if (rest < run.count) return run.first + rest
    rest -= run.count
  }
  return undefined
}

// Also in the live lane: a foreign gateway may send both in one message.
function hasBackfilled({ flags, count }: SampleColumns): boolean {
  for (let row = 0; row < count; row++) if (((flags[row] as number) & SAMPLE_FLAGS.backfilled) !== 0) return true
  return false
}
