/*
 * The way through central: decode, resolve, store, latest values, live feed, acknowledge. Composition and the order of
 * messages per gateway; the steps themselves are in the files beside. Protocol: docs/formats/sparkplug.md.
 */
import { type Clock, errorCode, type SampleColumns, systemClock } from '@orewatch/core'
import type { Logger, Metrics, PartHealth } from '@orewatch/observability'
import { decodePayload, type MessageType, NODE_METRICS, parseTopic, type SparkplugTopic } from '@orewatch/protocol'
import type { Quarantine } from '../quarantine/quarantine.ts'
import type { CompletenessEvents, RangeStore, RecordStore, SecurityEvents } from '../records/records.ts'
import type { Registry } from '../registry/registry.ts'
import type { LatestSample, TelemetryStore } from '../telemetry/store.ts'
import { Acknowledger } from './acknowledger.ts'
import type { Batch } from './batch.ts'
import { BirthDesk } from './birth-desk.ts'
import { ConflictWindow } from './conflict-window.ts'
import { Counters, type DropCause } from './counters.ts'
import { type DataArrival, DataIntake, type Intake } from './data-intake.ts'
import { EventOutlet } from './event-outlet.ts'
import { LiveFeed } from './live-feed.ts'
import type { PointSource, PointTable } from './point-table.ts'
import { IngestQueue } from './queue.ts'
import { Rebirths } from './rebirths.ts'
import { RecordIntake } from './record-intake.ts'
import { SequenceWatch } from './sequence-watch.ts'
import { GatewaySession } from './session.ts'
import type { IngestSource, SourceMessage } from './source.ts'
import { type GatewayView, type IngestStats, type PointTrace, RateWindow, traceOf, viewOf } from './views.ts'
import { type AlarmTarget, Writer } from './writer.ts'

/** What ingest stands on. */
export interface IngestParts {
  readonly source: IngestSource & { health?(): PartHealth }
  readonly store: TelemetryStore
  readonly registry: Pick<Registry, 'gatewayByTopic' | 'gatewayIdentity' | 'resolve'>
  readonly quarantine: Pick<Quarantine, 'append'>
  readonly records: Pick<RecordStore, 'append'>
  readonly ranges: RangeStore
  readonly security: Pick<SecurityEvents, 'add'>
  readonly completeness: Pick<CompletenessEvents, 'add'>
  /** Evaluates what is stored; absent where nobody watches. */
  readonly alarms?: AlarmTarget
  readonly log: Logger
  readonly clock?: Clock
  readonly metrics?: Metrics
}

/** Bounds and intervals; all have defaults. */
export interface IngestLimits {
  /** Bytes of messages held in memory, 64 MiB. */
  readonly maxQueueBytes?: number
  /** Largest payload, 1 MiB. */
  readonly maxPayloadBytes?: number
  readonly maxGateways?: number
  /** Rows at which a batch is closed, 20,000, and how long it waits for more, 20 ms. */
  readonly batchRows?: number
  readonly batchDelayMs?: number
  /** Batches written at the same time, 4. */
  readonly maxWrites?: number
  /** How long acknowledgements are joined, 20 ms. */
  readonly ackDelayMs?: number
  /** How far ahead of central's clock a sample may be, 5 minutes (S17). */
  readonly maxAheadMs?: number
  /** Longest pause between attempts to write, 5 s. */
  readonly maxPauseMs?: number
}

const MIB = 1024 ** 2

/** Opens ingest; nothing happens before `start`. */
export function openIngest(parts: IngestParts, limits: IngestLimits = {}): Ingest {
  return new Ingest(parts, limits)
}

/** Takes messages from a source into the store and tells the gateways. */
export class Ingest {
  readonly live: LiveFeed
  readonly #parts: IngestParts
  readonly #limits: IngestLimits
  readonly #clock: Clock
  readonly #counters = new Counters()
  readonly #queue: IngestQueue
  readonly #writer: Writer
  readonly #acknowledger: Acknowledger
  readonly #outlet: EventOutlet
  readonly #desk: BirthDesk
  readonly #rebirths: Rebirths
  readonly #data: DataIntake
  readonly #records: RecordIntake
  readonly #sessions = new Map<string, GatewaySession>()
  readonly #byGateway = new Map<number, GatewaySession>()
  readonly #places = new Map<number, { readonly table: PointTable; readonly source: PointSource }>()
  #isStopped = false
  #lastDropMs = Number.NEGATIVE_INFINITY
  readonly #rate: RateWindow
  readonly #sequence: SequenceWatch

  constructor(parts: IngestParts, limits: IngestLimits) {
    this.#parts = parts
    this.#limits = limits
    const clock = parts.clock ?? systemClock
    this.#clock = clock
    const { source, log, store } = parts
    const counters = this.#counters
    this.#queue = new IngestQueue({ maxBytes: limits.maxQueueBytes ?? 64 * MIB, batchRows: limits.batchRows ?? 20_000, batchDelayMs: limits.batchDelayMs ?? 20 }, clock)
    this.#outlet = new EventOutlet({ ...parts, clock })
    this.#acknowledger = new Acknowledger({ source, counters, clock, log, delayMs: limits.ackDelayMs ?? 20 })
    this.#rebirths = new Rebirths({ source, acknowledger: this.#acknowledger, outlet: this.#outlet, counters, clock, log })
    this.#sequence = new SequenceWatch(this.#outlet, this.#rebirths, counters)
    this.#rate = new RateWindow(clock.monotonicMs())
    this.live = new LiveFeed({ store, clock, log })
    this.#writer = new Writer({
      targets: parts,
      queue: this.#queue,
      counters,
      clock,
      log,
      maxWrites: limits.maxWrites ?? 4,
      maxPauseMs: limits.maxPauseMs ?? 5_000,
      onDurable: (batch, conflicts) => this.#durable(batch, conflicts),
      onRefused: (batch) => this.#refusedForGood(batch),
    })
    this.#desk = new BirthDesk({ ...parts, outlet: this.#outlet, clock, maxConcurrent: 8, onResolved: (session, sources) => this.#resolved(session, sources) })
    const canRefuse = (): boolean => this.#writer.isRelationalWell
    // Also for stores that tell conflicts themselves: of writes that overlap the later one could win.
    this.#data = new DataIntake({ queue: this.#queue, counters, clock, conflicts: new ConflictWindow(), maxAheadMs: limits.maxAheadMs ?? 300_000, canRefuse })
    this.#records = new RecordIntake(this.#queue, canRefuse)
    if (parts.metrics !== undefined) this.#publish(parts.metrics)
  }

  /** Connects in the background and takes messages from then on. `points` are those whose latest values are shown at once. */
  start(points: readonly number[] = []): void {
    void this.live.seed(points)
    this.#parts.source.start((message) => this.#receive(message)).catch((err: unknown) => this.#parts.log.error({ err }, 'the message source failed'))
  }

  /** Stops taking messages, writes what is held as far as the store takes it, acknowledges that, and disconnects. */
  async stop(timeoutMs = 5_000): Promise<void> {
    this.#isStopped = true
    this.#desk.stop()
    this.#rebirths.stop()
    this.#sequence.tell()
    await this.#writer.stop(timeoutMs)
    this.#acknowledger.stop()
    await this.#parts.source.stop()
    this.live.stop()
  }

  /** Looks a gateway up again after its points or itself were registered or adopted. */
  refresh(group: string, node: string): void {
    const session = this.#sessions.get(`${group}/${node}`)
    if (session?.birth === undefined) return
    session.isRefreshDue = true
    if (!session.isBusy) this.#next(session)
  }

  /** Whether what comes in is stored, and a sentence for a person. */
  health(): PartHealth {
    const writer = this.#writer.health()
    if (!writer.ok) return writer
    const desk = this.#desk.health()
    if (!desk.ok) return desk
    const isDropping = this.#clock.monotonicMs() - this.#lastDropMs < 10_000
    if (isDropping) return { ok: false, note: 'more comes in than can be written; messages are dropped unacknowledged and come again' }
    return { ok: true, note: `${this.#sessions.size} gateways known, ${Math.round(this.#queue.heldBytes / 1024)} KiB waiting` }
  }

  /** Whether the broker is connected. */
  brokerHealth(): PartHealth {
    const { source } = this.#parts
    return source.health?.() ?? { ok: source.isConnected, note: source.isConnected ? 'connected' : 'not connected' }
  }

  stats(): IngestStats {
    const counters = this.#counters
    return {
      pointsPerSecond: this.#rate.read(this.#clock.monotonicMs(), counters.stored),
      queueBytes: this.#queue.heldBytes,
      dropped: counters.droppedTotal,
      gateways: this.#sessions.size,
      counters,
    }
  }

  /** All gateways heard of since the start. */
  gateways(): GatewayView[] {
    return [...this.#sessions.values()].map(viewOf)
  }

  /** One gateway by register id; offline when it was not heard of since the start. */
  session(gateway: number): Partial<GatewayView> & { readonly isOnline: boolean } {
    const session = this.#byGateway.get(gateway)
    return session === undefined ? { isOnline: false } : viewOf(session)
  }

  /** When a registered point was last received, queued, stored and refused. */
  trace(point: number): PointTrace {
    return traceOf(this.#places.get(point), this.live.storedMs(point))
  }

  /** The newest sample of a point. */
  latest(point: number): LatestSample | undefined {
    return this.live.latest(point)
  }

  /** Calls back at most four times a second with the newest sample of every point that changed; returns how to stop. */
  onSamples(listener: (samples: SampleColumns) => void): () => void {
    return this.live.subscribe(listener) ?? (() => undefined)
  }

  // Called by the source for each message; must not throw and must not wait.
  #receive(message: SourceMessage): void {
    if (this.#isStopped) return
    this.#counters.messages++
    const topic = parseTopic(message.topic)
    if (topic === undefined) {
      this.#drop('wrong-topic')
      this.#outlet.security('wrong-topic', message.topic.slice(0, 200), { why: 'not a Sparkplug topic' })
      return
    }
    const session = this.#sessionOf(topic)
    if (session === undefined) return
    session.lastMessageMs = message.receivedMs
    if (message.payload.length > (this.#limits.maxPayloadBytes ?? MIB)) {
      this.#drop('oversized', session)
      this.#outlet.security('malformed-message', session.key, { why: 'oversized', bytes: message.payload.length, topic: message.topic })
      return
    }
    if (!session.isBusy) this.#handle(session, topic, message)
    else if (this.#queue.reserve(session, this.#queue.costOf(message.payload), true)) session.inbox.push(message)
    else {
      this.#dropFull(session)
      if (topic.type.endsWith('BIRTH')) this.#rebirths.request(session, 'a birth did not fit into the queue')
    }
  }

  #sessionOf({ group, node }: SparkplugTopic): GatewaySession | undefined {
    const key = `${group}/${node}`
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    if (this.#sessions.size >= (this.#limits.maxGateways ?? 50_000)) {
      this.#drop('too-many-gateways')
      return undefined
    }
    const session = new GatewaySession(group, node, this.#clock.nowMs())
    this.#sessions.set(key, session)
    return session
  }

  #handle(session: GatewaySession, topic: SparkplugTopic, message: SourceMessage): void {
    const handlers: Readonly<Partial<Record<MessageType, () => void>>> = {
      NBIRTH: () => this.#inTurn(session, () => this.#nodeBirth(session, message)),
      DBIRTH: () => this.#inTurn(session, () => this.#deviceBirth(session, topic.device ?? '', message)),
      NDEATH: () => this.#death(session, message.payload),
      DDEATH: () => undefined,
      NDATA: () => this.#dataMessage(session, undefined, message),
      DDATA: () => this.#dataMessage(session, topic.device, message),
    }
    handlers[topic.type]?.()
  }

  // Births wait for the register; whatever comes from the gateway meanwhile waits behind them, so that order holds.
  #inTurn(session: GatewaySession, work: () => Promise<void>): void {
    session.isBusy = true
    void work()
      .catch((err: unknown) => {
        if (errorCode(err) === 'INGEST_CLOSED') return
        const why = err instanceof Error ? err.message : String(err)
        this.#drop('malformed', session)
        this.#parts.log.warn({ err, gateway: session.key }, 'a birth was refused')
        if (errorCode(err).startsWith('PROTOCOL_')) this.#outlet.security('malformed-message', session.key, { why: 'birth', detail: why })
      })
      .finally(() => this.#next(session))
  }

  #next(session: GatewaySession): void {
    session.isBusy = false
    while (!session.isBusy && !this.#isStopped) {
      const message = session.inbox.shift()
      if (message === undefined) break
      this.#queue.release(session, this.#queue.costOf(message.payload))
      const topic = parseTopic(message.topic)
      if (topic !== undefined) this.#handle(session, topic, message)
    }
    if (session.isBusy || this.#isStopped) return
    if (session.isRefreshDue) {
      session.isRefreshDue = false
      this.#inTurn(session, async () => {
        if (!(await this.#desk.refresh(session))) this.#rebirths.request(session, 'the gateway was registered')
      })
      return
    }
    if (!session.isAnswerDue) return
    session.isAnswerDue = false
    this.#acknowledger.answerBirth(session).catch((err: unknown) => this.#parts.log.warn({ err, gateway: session.key }, 'a birth could not be answered'))
  }

  async #nodeBirth(session: GatewaySession, message: SourceMessage): Promise<void> {
    await this.#desk.node(session, message.payload)
    this.#counters.births++
    this.#rebirths.satisfied(session)
    const { birth } = session
    if (birth?.gateway !== undefined) this.#byGateway.set(birth.gateway.id, session)
    session.isAnswerDue = session.ledger !== undefined
    if (session.ledger === undefined) this.#birthValues(session, undefined, message)
  }

  async #deviceBirth(session: GatewaySession, device: string, message: SourceMessage): Promise<void> {
    if (!(await this.#desk.device(session, device, message.payload))) {
      this.#drop('no-birth', session)
      this.#rebirths.request(session, 'a device was born before its gateway')
      return
    }
    this.#counters.births++
    if (session.ledger === undefined) this.#birthValues(session, device, message)
  }

  // Gateways that report by exception say a value in the birth and then not until it changes.
  #birthValues(session: GatewaySession, device: string | undefined, message: SourceMessage): void {
    const { birth } = session
    const bytes = this.#queue.costOf(message.payload)
    if (birth === undefined || !this.#queue.reserve(session, bytes, birth.gateway !== undefined)) return
    const intake = this.#data.take({ session, birth, device, payload: message.payload, receivedMs: message.receivedMs, bytes, isBirth: true })
    if (intake.kind !== 'queued') this.#queue.release(session, bytes)
  }

  #death(session: GatewaySession, payload: Uint8Array): void {
    const bdSeq = readBdSeq(payload)
    const born = session.birth?.node.bdSeq
    // The will of an older connection may come after the birth of the next (Sparkplug 3.0, 6.4.19).
    if (bdSeq !== undefined && born !== undefined && bdSeq !== born) return
    session.isOnline = false
    session.sinceMs = this.#clock.nowMs()
  }

  #dataMessage(session: GatewaySession, device: string | undefined, message: SourceMessage): void {
    const { birth } = session
    if (birth === undefined) {
      this.#drop('no-birth', session)
      this.#rebirths.request(session, 'data without a birth')
      return
    }
    const bytes = this.#queue.costOf(message.payload)
    if (!this.#queue.reserve(session, bytes, birth.gateway !== undefined)) {
      this.#dropFull(session)
      return
    }
    const arrival = { session, birth, device, payload: message.payload, receivedMs: message.receivedMs, bytes }
    const isFromOutbox = device === undefined && session.ledger !== undefined
    const intake = (isFromOutbox ? this.#records.take(arrival) : undefined) ?? this.#data.take(arrival)
    if (intake.kind !== 'queued') this.#queue.release(session, bytes)
    if (intake.kind === 'dropped') this.#dropFull(session)
    this.#conclude(arrival, intake)
  }

  #conclude({ session, device, receivedMs }: DataArrival, intake: Intake): void {
    if (intake.kind === 'malformed') {
      this.#drop('malformed', session)
      this.#outlet.security('malformed-message', session.key, { why: intake.why, device })
      return
    }
    if (intake.kind === 'stored') {
      this.#counters.repeated++
      session.ledger?.add('unsent', intake.position.stream, intake.position.runs)
      this.#acknowledger.schedule(session)
    } else if (intake.kind === 'pending') this.#counters.repeated++
    else if (intake.kind === 'needs-birth') {
      this.#drop('no-birth', session)
      this.#rebirths.request(session, intake.why)
    }
    this.#sequence.saw(session, intake.seq, receivedMs)
  }

  #resolved(session: GatewaySession, sources: readonly PointSource[]): void {
    const points: number[] = []
    const { birth } = session
    for (const source of sources) {
      if (source.point <= 0) continue
      points.push(source.point)
      if (birth !== undefined) this.#places.set(source.point, { table: birth.table, source })
    }
    void this.live.seed(points)
  }

  #durable(batch: Batch, conflicts: ReadonlySet<number>): void {
    const nowMs = this.#clock.nowMs()
    this.live.apply(batch.samples, conflicts)
    for (const { session, ledger, position } of batch.parts) {
      session.lastStoredMs = nowMs
      if (ledger === undefined || position === undefined) continue
      ledger.release(position)
      ledger.add('stored', position.stream, position.runs)
      if (session.ledger !== ledger) continue
      ledger.add('unsent', position.stream, position.runs)
      this.#acknowledger.schedule(session)
    }
  }

  #refusedForGood(batch: Batch): void {
    for (const { session, ledger, position } of batch.parts) {
      if (position !== undefined) ledger?.release(position)
      this.#drop('store-refused', session)
    }
  }

  #dropFull(session: GatewaySession): void {
    this.#drop('queue-full', session)
    this.#lastDropMs = this.#clock.monotonicMs()
  }

  #drop(cause: DropCause, session?: GatewaySession): void {
    this.#counters.drop(cause)
    if (session !== undefined) session.dropped++
  }

  #publish(metrics: Metrics): void {
    this.#counters.register(metrics)
    metrics.gauge('ingest_queue_bytes', 'Bytes taken from the broker and not yet durable.', () => this.#queue.heldBytes)
    metrics.gauge('ingest_writes_in_flight', 'Batches being written.', () => this.#writer.writes)
    metrics.gauge('ingest_gateways_online', 'Gateways with a session.', () => [...this.#sessions.values()].filter((session) => session.isOnline).length)
    metrics.gauge('ingest_live_points', 'Points with a latest value.', () => this.live.points)
    metrics.gauge('ingest_live_subscribers', 'Subscribers of the live feed.', () => this.live.subscribers)
  }
}

function readBdSeq(payload: Uint8Array): number | undefined {
  try {
    const value = decodePayload(payload).metrics.find((metric) => metric.name === NODE_METRICS.bdSeq)?.value
    return value === undefined ? undefined : Number(value)
  } catch {
    return undefined
  }
}
