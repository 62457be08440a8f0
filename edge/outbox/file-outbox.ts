/*
 * The outbox of a gateway on disk: what is appended is queued, synced in groups and only then readable.
 * Not here: the log of one stream (stream-log.ts), what is found at open (recovery.ts), what is dropped (dropping.ts).
 * Format: docs/formats/outbox-segment.md.
 */
import { randomBytes } from 'node:crypto'
import { type Clock, type PositionRange, type SampleColumns, invariant } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import { type GapBody, type OutboxRecord, type StoredRanges, type Stream, STREAMS } from '@orewatch/protocol'
import { AppendQueue, type AppendedRows, type QueuedAppend, sampleBytes, textBytes } from './append-queue.ts'
import type { Catalog } from './catalog.ts'
import { ChunkCollector } from './chunk-collector.ts'
import { AgeJudge, planDrop, type Quota } from './dropping.ts'
import { diskError, outboxErrors } from './errors.ts'
import type { OutboxFiles } from './files.ts'
import type { DirectoryLock } from './lock.ts'
import type { Accepted, CatalogPoint, Outbox, OutboxChunk, OutboxStatus, RecordStream, SampleStream } from './outbox.ts'
import { runTimes } from './run-times.ts'
import { recordTexts } from './row-batch.ts'
import type { Segment } from './segment.ts'
import { type Lineage, writeDone, writeLineage } from './state-files.ts'
import type { ReadBlock, StreamLog, WriteMoment } from './stream-log.ts'

/** Called with every accepted append after its sync and before it resolves. */
export type AcceptedTap = (accepted: Accepted, rows: AppendedRows) => Promise<void>

/** What an outbox works with, checked and opened. */
export interface FileOutboxParts {
  readonly directory: string
  readonly files: OutboxFiles
  readonly clock: Clock
  readonly log: Logger
  readonly lock: DirectoryLock
  readonly logs: Readonly<Record<Stream, StreamLog>>
  readonly catalog: Catalog
  readonly lineage: Lineage
  readonly quota: Quota
  readonly syncIntervalMs: number
  readonly retryIntervalMs: number
  readonly maxQueuedBytes: number
  readonly onAccepted?: AcceptedTap
}

const MAINTENANCE_INTERVAL_MS = 1000
const DONE_INTERVAL_MS = 5000

/** The outbox on disk; made by `openOutbox`. */
export class FileOutbox implements Outbox {
  readonly #parts: FileOutboxParts
  readonly #logs: Readonly<Record<Stream, StreamLog>>
  readonly #queues: readonly AppendQueue[] = STREAMS.map((stream) => new AppendQueue(stream))
  readonly #listeners: (() => void)[] = []
  readonly #ages: AgeJudge
  readonly #maintenance: NodeJS.Timeout
  /** Per stream: central cannot know positions from here on, since nobody was given them. */
  readonly #handedOut: Record<Stream, number>
  readonly #reach: Record<Stream, number>
  #lineage: Lineage
  #queuedBytes = 0
  #room: { readonly bytes: number; readonly enter: () => void; readonly reject: (err: unknown) => void }[] = []
  #tail: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isCycling = false
  #lastCycleMs = -Infinity
  #failure: Error | undefined
  #isClosed = false
  #isDoneUnsaved = false
  #isOlder = false
  #doneSavedMs = -Infinity

  constructor(parts: FileOutboxParts) {
    this.#parts = parts
    this.#logs = parts.logs
    this.#lineage = parts.lineage
    this.#ages = new AgeJudge(parts.clock)
    this.#handedOut = { alarm: parts.logs.alarm.next, event: parts.logs.event.next, vital: parts.logs.vital.next, routine: parts.logs.routine.next }
    this.#reach = { ...this.#handedOut }
    this.#maintenance = setInterval(() => this.#maintainSoon(), MAINTENANCE_INTERVAL_MS)
    this.#maintenance.unref()
  }

  get incarnation(): string {
    return this.#lineage.at(-1) as string
  }

  alias(point: Omit<CatalogPoint, 'alias'>): number {
    return this.#parts.catalog.alias(point)
  }

  catalog(): readonly CatalogPoint[] {
    const segments = [...this.#logs.vital.segments, ...this.#logs.routine.segments]
    return this.#parts.catalog.points((alias) => segments.some((segment) => segment.aliases.has(alias)))
  }

  async append(stream: SampleStream, samples: SampleColumns): Promise<Accepted> {
    if (samples.count === 0) return { incarnation: this.incarnation, stream, first: this.#logs[stream].next, count: 0 }
    const first = await this.#enqueue(sampleBytes(samples), () => this.#queueOf(stream).addSamples(samples))
    return { ...first, stream, count: samples.count }
  }

  async appendRecords(stream: RecordStream, records: readonly OutboxRecord[]): Promise<Accepted> {
    if (records.length === 0) return { incarnation: this.incarnation, stream, first: this.#logs[stream].next, count: 0 }
    const texts = recordTexts(records)
    const first = await this.#enqueue(textBytes(texts), () => this.#queueOf(stream).addRecords(records, texts))
    return { ...first, stream, count: records.length }
  }

  next(stream: Stream): number {
    return this.#logs[stream].next
  }

  firstPending(stream: Stream, from: number, limit: number): PositionRange | undefined {
    const log = this.#logs[stream]
    return log.done.firstGap(from, Math.min(limit, log.next))
  }

  async read(stream: Stream, from: number, limit: number, maxBytes: number): Promise<OutboxChunk | undefined> {
    const log = this.#logs[stream]
    const collector = new ChunkCollector(stream, maxBytes)
    let at = from
    for (let gap = this.firstPending(stream, at, limit); gap !== undefined && collector.bytes < maxBytes; gap = this.firstPending(stream, at, limit)) {
      const { first } = gap
      at = Math.max(at, first)
      const isThere = await this.#readBlocks(log, first, maxBytes - collector.bytes, (block) => {
        if (collector.bytes >= maxBytes || block.head.first >= limit) return
        collector.add(block, first, Math.min(limit, log.next), log.done)
        at = block.head.first + block.head.count
      })
      // Damage that the ledger cannot take now is met again later; what is whole must not wait for that.
      if (isThere && at === first) at = first + gap.count
    }
    const chunk = collector.finish()
    const last = chunk?.runs.at(-1)
    if (last !== undefined) this.#handedOut[stream] = Math.max(this.#handedOut[stream], last.first + last.count)
    return chunk
  }

  isOlderCopy(stored: StoredRanges): boolean {
    if (stored.incarnation !== this.incarnation) return false
    for (const [stream, ranges] of stored.streams) {
      for (const { first, count } of ranges) {
        this.#reach[stream] = Math.max(this.#reach[stream], first + count)
        // Remembered: once rows of both lives have the same positions, no later answer can be trusted.
        if (first + count > this.#handedOut[stream]) this.#isOlder = true
      }
    }
    return this.#isOlder
  }

  confirm(stored: StoredRanges): void {
    if (stored.incarnation !== this.incarnation) return
    if (this.isOlderCopy(stored)) {
      this.#parts.log.error({ incarnation: stored.incarnation }, 'central knows positions that this outbox never sent; confirmation ignored, a new incarnation is needed')
      return
    }
    for (const [stream, ranges] of stored.streams) for (const { first, count } of ranges) this.#logs[stream].done.add(first, count)
    this.#isDoneUnsaved = true
    if (STREAMS.some((stream) => this.#logs[stream].finished().length > 0)) this.#maintainSoon()
  }

  async restart(reason: 'restored-image'): Promise<void> {
    await this.#exclusive(async () => {
      const old = this.incarnation
      await this.#beginIncarnation()
      this.#parts.log.error({ old, incarnation: this.incarnation, reason }, 'outbox began a new incarnation')
      const gaps = STREAMS.map((stream) => {
        const first = this.#logs[stream].next
        return { incarnation: old, stream, first, count: Math.max(0, this.#reach[stream] - first), reason }
      })
      await this.#recordGaps(gaps)
    })
    this.#tellDurable()
  }

  status(): OutboxStatus {
    const of = (stream: Stream): OutboxStatus['streams'][Stream] => {
      const { next, pending, bytes, oldestMs } = this.#logs[stream]
      return { next, pending, bytes, oldestMs }
    }
    const streams = { alarm: of('alarm'), event: of('event'), vital: of('vital'), routine: of('routine') }
    return { incarnation: this.incarnation, streams, diskBytes: this.#diskBytes(), ...(this.#failure && { failure: this.#failure.message }) }
  }

  onDurable(listener: () => void): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#maintenance)
    clearTimeout(this.#timer)
    try {
      await this.#exclusive(async () => {
        await this.#writeAll()
        if (this.#isDoneUnsaved) await this.#saveDone()
      })
    } catch (err) {
      this.#parts.log.warn({ err }, 'outbox could not write everything before it closed')
    }
    const closed = outboxErrors.CLOSED({ directory: this.#parts.directory })
    for (const queue of this.#queues) queue.rejectAll(closed)
    for (const waiter of this.#room.splice(0)) waiter.reject(closed)
    for (const stream of STREAMS) await this.#logs[stream].close()
    await this.#parts.catalog.close()
    this.#parts.lock.release()
  }

  /** Writes what recovery found to be missing into the ledger. Called once, before anybody else has the outbox. */
  async begin(lost: ReadonlyMap<Stream, readonly PositionRange[]>): Promise<void> {
    for (const stream of STREAMS) await this.#giveUp(this.#logs[stream], lost.get(stream) ?? [], 'corrupt')
  }

  // ---- appending

  #queueOf(stream: Stream): AppendQueue {
    return this.#queues[STREAMS.indexOf(stream)] as AppendQueue
  }

  async #enqueue(bytes: number, add: () => Promise<number>): Promise<{ incarnation: string; first: number }> {
    if (this.#isClosed) throw outboxErrors.CLOSED({ directory: this.#parts.directory })
    if (!this.#hasRoom(bytes) || this.#room.length > 0) {
      if (this.#failure !== undefined) throw outboxErrors.BUSY({ queuedBytes: this.#queuedBytes, limit: this.#parts.maxQueuedBytes }, this.#failure)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      this.#room.push({ bytes, enter: resolve, reject })
      await promise
    } else this.#queuedBytes += bytes
    const appended = add()
    this.#kick()
    return { first: await appended, incarnation: this.incarnation }
  }

  #hasRoom(bytes: number): boolean {
    return this.#queuedBytes === 0 || this.#queuedBytes + bytes <= this.#parts.maxQueuedBytes
  }

  #freeRoom(bytes: number): void {
    this.#queuedBytes -= bytes
    for (let waiter = this.#room[0]; waiter !== undefined && this.#hasRoom(waiter.bytes); waiter = this.#room[0]) {
      this.#room.shift()
      this.#queuedBytes += waiter.bytes
      waiter.enter()
    }
  }

  #kick(): void {
    if (this.#isCycling || this.#timer !== undefined || this.#isClosed) return
    const pauseMs = this.#failure === undefined ? this.#parts.syncIntervalMs : this.#parts.retryIntervalMs
    const waitMs = this.#lastCycleMs + pauseMs - performance.now()
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        void this.#cycle()
      },
      Math.max(0, waitMs),
    )
  }

  async #cycle(): Promise<void> {
    this.#isCycling = true
    this.#lastCycleMs = performance.now()
    try {
      await this.#exclusive(() => this.#writeAll())
      if (this.#failure !== undefined) this.#parts.log.warn('outbox writes again')
      this.#failure = undefined
    } catch (err) {
      this.#fail(err)
    }
    this.#isCycling = false
    if (this.#queues.some((queue) => !queue.isEmpty)) this.#kick()
    if (this.#diskBytes() > this.#parts.quota.maxBytes) this.#maintainSoon()
  }

  async #writeAll(): Promise<void> {
    // Records need no alias: they go ahead even when the catalog cannot be written.
    const catalog = this.#parts.catalog.flush()
    const results = await Promise.allSettled(
      STREAMS.map(async (stream) => {
        if (stream === 'vital' || stream === 'routine') await catalog
        await this.#write(stream)
      }),
    )
    await catalog
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async #write(stream: Stream): Promise<void> {
    const queue = this.#queueOf(stream)
    const queued = queue.take()
    if (queued === undefined) return
    const log = this.#logs[stream]
    try {
      await log.write(queued.batch, queued.written, this.#now(), (written) => {
        for (const append of queue.advance(written)) this.#accept(stream, append, log.next - written + append.from)
      })
      // A tap may still look at the rows.
      if (this.#parts.onAccepted === undefined) queue.recycle(queued)
    } finally {
      this.#tellDurable()
    }
  }

  #accept(stream: Stream, append: QueuedAppend, first: number): void {
    this.#freeRoom(append.bytes)
    const tap = this.#parts.onAccepted
    if (tap === undefined) {
      append.resolve(first)
      return
    }
    tap({ incarnation: this.incarnation, stream, first, count: append.to - append.from }, append.rows()).then(() => append.resolve(first), append.reject)
  }

  #fail(err: unknown): void {
    const failure = diskError(this.#parts.directory, err)
    if (this.#failure === undefined) this.#parts.log.error({ err: failure }, 'outbox cannot write')
    this.#failure = failure
    for (const waiter of this.#room.splice(0)) waiter.reject(failure)
  }

  #tellDurable(): void {
    for (const listener of this.#listeners) listener()
  }

  #diskBytes(): number {
    return STREAMS.reduce((total, stream) => total + this.#logs[stream].bytes, 0)
  }

  // ---- the ledger, quota and housekeeping; always under #exclusive

  async #giveUp(log: StreamLog, lost: readonly PositionRange[], reason: GapBody['reason']): Promise<void> {
    if (lost.length === 0) return
    await this.#exclusive(async () => {
      const runs = lost.flatMap((range) => pendingRuns(log, range.first, range.first + range.count))
      if (runs.length === 0) return
      this.#parts.log.error({ stream: log.stream, runs, reason }, 'rows of the outbox are lost')
      await this.#recordGaps(runs.map(({ first, count }) => ({ incarnation: this.incarnation, stream: log.stream, first, count, reason })))
      for (const { first, count } of runs) log.done.add(first, count)
      await this.#saveDone()
    })
  }

  async #recordGaps(gaps: readonly GapBody[]): Promise<void> {
    // What is half written must not be torn apart by rows in between.
    await this.#write('alarm')
    const timeMs = this.#parts.clock.nowMs()
    const queue = new AppendQueue('alarm')
    const records = gaps.map((gap) => ({ schema: 'outbox.gap/1', timeMs, body: { ...gap } }))
    queue.addRecords(records, recordTexts(records)).catch(() => undefined)
    const batch = queue.take()
    invariant(batch !== undefined, 'a gap record without a batch')
    await this.#logs.alarm.write(batch.batch, 0, this.#now(), () => undefined)
    this.#tellDurable()
  }

  #maintainSoon(): void {
    if (this.#isClosed) return
    this.#exclusive(() => this.#maintain()).catch((err: unknown) => {
      // Tried again at the next tick; appends tell of a disk that fails.
      this.#parts.log.debug({ err }, 'housekeeping of the outbox failed')
    })
  }

  async #maintain(): Promise<void> {
    this.#ages.watch()
    const finished = STREAMS.flatMap((stream) => this.#logs[stream].finished().map((segment) => ({ log: this.#logs[stream], segment })))
    const isDue = this.#isDoneUnsaved && performance.now() - this.#doneSavedMs > DONE_INTERVAL_MS
    if (isDue || (finished.length > 0 && this.#isDoneUnsaved)) await this.#saveDone()
    for (const { log, segment } of finished) await log.remove(segment)
    await this.#enforceQuota()
  }

  async #enforceQuota(): Promise<void> {
    const ageMs = (segment: Parameters<AgeJudge['ageMs']>[0]): number => this.#ages.ageMs(segment)
    const candidates = { alarm: this.#logs.alarm.segments, event: this.#logs.event.segments, vital: this.#logs.vital.segments, routine: this.#logs.routine.segments }
    for (let drop = planDrop(candidates, this.#parts.quota, ageMs); drop !== undefined; drop = planDrop(candidates, this.#parts.quota, ageMs)) {
      const log = this.#logs[drop.stream]
      if (log.segments.length === 1) await log.rotate(this.#now())
      await this.#drop(log, log.segments[0] as Segment, drop.reason)
    }
  }

  async #drop(log: StreamLog, segment: Segment, reason: GapBody['reason']): Promise<void> {
    const runs = pendingRuns(log, segment.first, segment.end)
    if (runs.length > 0) {
      const times = await runTimes(this.#parts.files, segment, runs)
      const gaps = runs.map((run, i) => ({ incarnation: this.incarnation, stream: log.stream, ...run, reason, ...times[i] }))
      this.#parts.log.error({ stream: log.stream, runs, reason }, 'outbox is full: oldest rows dropped')
      await this.#recordGaps(gaps)
      log.done.add(segment.first, segment.end - segment.first)
    }
    await this.#saveDone()
    await log.remove(segment)
  }

  async #saveDone(): Promise<void> {
    this.#isDoneUnsaved = false
    try {
      await writeDone(this.#parts.files, this.#parts.directory, this.incarnation, new Map(STREAMS.map((stream) => [stream, this.#logs[stream].done])))
      this.#doneSavedMs = performance.now()
    } catch (err) {
      this.#isDoneUnsaved = true
      throw err
    }
  }

  async #beginIncarnation(): Promise<void> {
    const used = new Set(STREAMS.flatMap((stream) => this.#logs[stream].segments.map((segment) => segment.header.incarnation)))
    const lineage = [...this.#lineage.filter((incarnation) => used.has(incarnation)), randomBytes(8).toString('hex')]
    await writeLineage(this.#parts.files, this.#parts.directory, lineage)
    this.#lineage = lineage
    this.#isOlder = false
    this.#isDoneUnsaved = true
    for (const stream of STREAMS) this.#logs[stream].needsRotation = true
  }

  /** False when the segment was confirmed and deleted between asking and reading. */
  async #readBlocks(log: StreamLog, position: number, maxBytes: number, visit: (block: ReadBlock) => void): Promise<boolean> {
    try {
      const { lost, isUnreadable } = await log.read(position, maxBytes, visit)
      await this.#giveUp(log, lost, isUnreadable ? 'read-error' : 'corrupt').catch((err: unknown) => {
        this.#parts.log.warn({ err, stream: log.stream, lost }, 'gap records wait until the disk can be written')
      })
      return true
    } catch (err) {
      if (log.done.has(position)) return false
      throw diskError(this.#parts.directory, err)
    }
  }

  #now(): WriteMoment {
    return { incarnation: this.incarnation, nowMs: this.#parts.clock.nowMs(), monotonicMs: this.#parts.clock.monotonicMs() }
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => undefined)
    return done
  }
}

function pendingRuns(log: StreamLog, first: number, end: number): PositionRange[] {
  const runs: PositionRange[] = []
  for (let run = log.done.firstGap(first, end); run !== undefined; run = log.done.firstGap(run.first + run.count, end)) runs.push(run)
  return runs
}
