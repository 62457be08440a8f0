/*
 * One MQTT session: connect, wait for the host, be born, hear what is stored, then send until the connection ends.
 * Not here: what is sent when (lanes.ts), births (births.ts), reconnecting (uplink.ts). Wire: docs/formats/sparkplug.md.
 */
import { type Clock, SAMPLE_FLAGS, type SampleColumns } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import {
  DATA_TYPES,
  DataEncoder,
  decodeHostState,
  decodePayload,
  decodeStored,
  encodePayload,
  encodePosition,
  formatTopic,
  type GatewayStatus,
  type Metric,
  OUTBOX_METRICS,
  STREAMS,
  stateTopic,
  type Stream,
} from '@orewatch/protocol'
import type { MqttClient } from 'mqtt'
import type { CatalogPoint, Outbox, OutboxChunk } from '../outbox/outbox.ts'
import { type DeviceIdentity, encodeDeviceBirth, encodeNodeBirth, NODE_ALIASES, type NodeIdentity } from './births.ts'
import { type LaneName, Lanes, runsOfRows, type Task } from './lanes.ts'
import type { Pace } from './pace.ts'
import type { UplinkSettings } from './settings.ts'

/** Rows of a chunk that go into one message. */
interface DeviceRows {
  readonly device: string
  readonly isHistory: boolean
  readonly rows: number[]
}

/** What a session works with. */
export interface SessionOptions {
  readonly client: MqttClient
  readonly settings: UplinkSettings
  readonly identity: NodeIdentity
  readonly devices: () => ReadonlyMap<string, DeviceIdentity>
  readonly outbox: Outbox
  readonly clock: Clock
  readonly log: Logger
  readonly bdSeq: number
  readonly pace: Pace
  readonly liveStart: (stream: Stream) => number
  readonly status: () => GatewayStatus
  readonly onReload: () => void
}

/** Where a session stands. */
export type SessionState = 'waiting-for-host' | 'waiting-for-answer' | 'open' | 'ended'

const CHUNK_BYTES = 32_768
const STATUS_MS = 10_000
const TICK_MS = 250
const ANSWER_MS = 10_000
// A live lane that is this far behind jumps to now; what it passes over becomes backlog.
const MAX_LIVE_LAG_MS = 30_000

/** A session from connect to end. */
export class Session {
  readonly #o: SessionOptions
  readonly #encoder = new DataEncoder()
  #state: SessionState = 'waiting-for-host'
  #lanes: Lanes | undefined
  #seq = 0
  #hostTimestamp = -1
  #pumping = false
  #pumpAgain = false
  #timer: NodeJS.Timeout | undefined
  #bornAtMs = 0
  #statusAtMs = 0
  #dataTypes = new Uint8Array(0)
  #deviceByAlias: (string | undefined)[] = []

  constructor(options: SessionOptions) {
    this.#o = options
  }

  get state(): SessionState {
    return this.#state
  }

  get lanes(): Lanes | undefined {
    return this.#lanes
  }

  /** Subscribes and waits for the host; returns at once, all else happens on messages and ticks. */
  start(): void {
    const { client, settings } = this.#o
    client.on('message', (topic, payload) => this.#receive(topic, payload))
    const topics = [formatTopic({ group: settings.group, type: 'NCMD', node: settings.node })]
    if (settings.hostId !== undefined) topics.push(stateTopic(settings.hostId))
    client.subscribe(topics, { qos: 1 }, (err) => {
      if (err) this.#o.log.warn({ err }, 'broker refuses a subscription')
      else if (settings.hostId === undefined) this.#bear()
    })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Announces everything again and begins sending anew; used after a change of the configuration too. */
  rebirth(): void {
    if (this.#state !== 'ended' && this.#state !== 'waiting-for-host') this.#bear()
  }

  /** New records are on disk. */
  wake(): void {
    if (this.#state === 'open') void this.#pump()
  }

  end(): void {
    this.#state = 'ended'
    clearInterval(this.#timer)
  }

  #receive(topic: string, payload: Buffer): void {
    if (this.#o.settings.hostId !== undefined && topic === stateTopic(this.#o.settings.hostId)) {
      this.#hostState(payload)
      return
    }
    try {
      for (const metric of decodePayload(payload).metrics) this.#command(metric)
    } catch (err) {
      this.#o.log.warn({ err, topic }, 'command cannot be read')
    }
  }

  #hostState(payload: Buffer): void {
    const state = decodeHostState(payload)
    if (state === undefined || state.timestamp < this.#hostTimestamp) return
    // The same content comes every 15 s; a newer time is a host that started anew and knows no births.
    const isNewHost = state.timestamp > this.#hostTimestamp
    this.#hostTimestamp = state.timestamp
    if (state.online && (isNewHost || this.#state === 'waiting-for-host')) this.#bear()
    if (!state.online && this.#state !== 'waiting-for-host') {
      this.#o.log.warn({ hostId: this.#o.settings.hostId }, 'host is offline')
      this.#state = 'waiting-for-host'
      this.#lanes = undefined
    }
  }

  #command(metric: Metric): void {
    switch (metric.name) {
      case OUTBOX_METRICS.stored:
        if (metric.value instanceof Uint8Array) this.#stored(metric.value)
        return
      case OUTBOX_METRICS.rebirth:
        if (metric.value === true) this.rebirth()
        return
      case OUTBOX_METRICS.reload:
        if (metric.value === true) this.#o.onReload()
        return
      default:
        this.#o.log.warn({ metric: metric.name }, 'unknown command is ignored')
    }
  }

  #bear(): void {
    const { client, settings, outbox, clock, identity, bdSeq } = this.#o
    const now = clock.nowMs()
    this.#seq = 0
    client.publish(formatTopic({ group: settings.group, type: 'NBIRTH', node: settings.node }), Buffer.from(encodeNodeBirth(outbox, identity, bdSeq, now)), { qos: 0 })
    const devices = this.#o.devices()
    for (const [device, points] of this.#learnCatalog()) {
      const payload = encodeDeviceBirth(points, devices.get(device), this.#nextSeq(), now)
      client.publish(formatTopic({ group: settings.group, type: 'DBIRTH', node: settings.node, device }), Buffer.from(payload), { qos: 0 })
    }
    this.#lanes = undefined
    this.#bornAtMs = clock.monotonicMs()
    this.#state = 'waiting-for-answer'
    if (settings.acknowledgement === 'broker') this.#open()
  }

  #learnCatalog(): Map<string, CatalogPoint[]> {
    const byDevice = new Map<string, CatalogPoint[]>()
    for (const point of this.#o.outbox.catalog()) {
      const points = byDevice.get(point.device)
      if (points === undefined) byDevice.set(point.device, [point])
      else points.push(point)
      this.#learn(point)
    }
    return byDevice
  }

  #learn(point: CatalogPoint): void {
    if (point.alias >= this.#dataTypes.length) {
      const grown = new Uint8Array(Math.max(point.alias + 1, this.#dataTypes.length * 2))
      grown.set(this.#dataTypes)
      this.#dataTypes = grown
    }
    this.#dataTypes[point.alias] = point.isBoolean ? DATA_TYPES.Boolean : 0
    this.#deviceByAlias[point.alias] = point.device
  }

  #open(): void {
    const { outbox, settings, liveStart } = this.#o
    this.#lanes = new Lanes(outbox, settings.windowBytes, liveStart)
    this.#state = 'open'
    this.#statusAtMs = 0
    void this.#pump()
  }

  #stored(bytes: Uint8Array): void {
    const { outbox, log } = this.#o
    const stored = decodeStored(bytes)
    if (stored.incarnation !== outbox.incarnation) return
    // Central knows positions that this disk never sent: the disk is an older copy of itself.
    if (outbox.isOlderCopy(stored)) {
      log.error({ incarnation: outbox.incarnation }, 'outbox is a restored image and begins a new incarnation')
      this.#state = 'waiting-for-answer'
      this.#lanes = undefined
      void outbox.restart('restored-image').then(
        () => this.rebirth(),
        (err: unknown) => log.error({ err }, 'outbox cannot begin a new incarnation'),
      )
      return
    }
    outbox.confirm(stored)
    if (this.#state === 'waiting-for-answer' && stored.isComplete) this.#open()
    this.#lanes?.settle()
    void this.#pump()
  }

  #tick(): void {
    const { clock, client } = this.#o
    if (!client.connected) return
    const now = clock.monotonicMs()
    if (this.#state === 'waiting-for-answer' && now - this.#bornAtMs > ANSWER_MS) this.#bear()
    if (this.#state !== 'open') return
    this.#lanes?.expire(now)
    if (now - this.#statusAtMs >= STATUS_MS) {
      this.#statusAtMs = now
      this.#sendStatus()
    }
    void this.#pump()
  }

  #sendStatus(): void {
    const timestampMs = this.#o.clock.nowMs()
    const metric: Metric = { alias: NODE_ALIASES.status, timestampMs, dataType: DATA_TYPES.String, value: JSON.stringify(this.#o.status()) }
    this.#publish('NDATA', undefined, encodePayload({ timestampMs, seq: this.#nextSeq(), metrics: [metric] }))
  }

  // One pump at a time: reading is asynchronous, and two would send the same rows.
  async #pump(): Promise<void> {
    if (this.#pumping) {
      this.#pumpAgain = true
      return
    }
    this.#pumping = true
    try {
      do {
        this.#pumpAgain = false
        while (await this.#round()) {
          /* until every lane is idle or full */
        }
      } while (this.#pumpAgain)
    } catch (err) {
      this.#o.log.error({ err }, 'outbox cannot be read')
    } finally {
      this.#pumping = false
    }
  }

  async #round(): Promise<boolean> {
    let isBusy = false
    for (const lane of ['record', 'live', 'backlog'] as const) {
      const lanes = this.#lanes
      if (lanes === undefined || this.#state !== 'open' || !this.#o.client.connected) return false
      if (lane === 'backlog' && !this.#o.pace.isOpen(this.#o.clock.monotonicMs())) continue
      const task = lanes.next(lane)
      if (task !== undefined && (await this.#serve(lanes, task))) isBusy = true
    }
    return isBusy
  }

  async #serve(lanes: Lanes, task: Task): Promise<boolean> {
    const { outbox, clock, pace } = this.#o
    const chunk = await outbox.read(task.stream, task.from, task.limit, CHUNK_BYTES)
    if (lanes !== this.#lanes || this.#state !== 'open') return false
    if (chunk === undefined) {
      lanes.taken(task, task.limit)
      return true
    }
    if (task.lane === 'live' && !task.isResend && clock.nowMs() - chunk.acceptedMs > MAX_LIVE_LAG_MS) {
      lanes.skipToLive(task.stream)
      return true
    }
    const timeoutMs = lanes.timeoutFor(task)
    const last = chunk.runs.at(-1)
    lanes.taken(task, last === undefined ? task.limit : last.first + last.count)
    const bytes = this.#send(lanes, task.lane, chunk, timeoutMs)
    if (task.lane === 'backlog') pace.spend(bytes)
    return true
  }

  #send(lanes: Lanes, lane: LaneName, chunk: OutboxChunk, timeoutMs: number): number {
    if (chunk.records !== undefined) return this.#sendRecords(lanes, chunk, timeoutMs)
    const samples = chunk.samples
    if (samples === undefined) return 0
    let bytes = 0
    for (const { device, isHistory, rows } of this.#byDevice(samples)) {
      const runs = rows.length === samples.count ? chunk.runs : runsOfRows(chunk.runs, rows)
      const position = encodePosition({ incarnation: this.#o.outbox.incarnation, stream: chunk.stream, runs })
      const payload = this.#encoder.encode(
        {
          timestampMs: this.#o.clock.nowMs(),
          seq: this.#nextSeq(),
          position: { alias: NODE_ALIASES.position, bytes: position },
          isHistorical: isHistory || lane === 'backlog',
          dataTypes: this.#dataTypes,
        },
        samples,
        rows.length === samples.count ? undefined : rows,
      )
      lanes.sent(lane, chunk.stream, runs, payload.length, this.#o.clock.monotonicMs(), timeoutMs)
      this.#publish('DDATA', device, payload, { stream: chunk.stream, runs })
      bytes += payload.length
    }
    return bytes
  }

  #sendRecords(lanes: Lanes, chunk: OutboxChunk, timeoutMs: number): number {
    const timestampMs = this.#o.clock.nowMs()
    const metrics: Metric[] = (chunk.records ?? []).map((record) => ({ alias: NODE_ALIASES.record, timestampMs: record.timeMs, dataType: DATA_TYPES.String, value: JSON.stringify(record) }))
    const position = encodePosition({ incarnation: this.#o.outbox.incarnation, stream: chunk.stream, runs: chunk.runs })
    metrics.push({ alias: NODE_ALIASES.position, timestampMs, dataType: DATA_TYPES.Bytes, value: position })
    const payload = encodePayload({ timestampMs, seq: this.#nextSeq(), metrics })
    lanes.sent('record', chunk.stream, chunk.runs, payload.length, this.#o.clock.monotonicMs(), timeoutMs)
    this.#publish('NDATA', undefined, payload, { stream: chunk.stream, runs: chunk.runs })
    return payload.length
  }

  // A message is live or historical as a whole: what a driver read out of a device's history never goes as live.
  #byDevice({ key, flags, count }: SampleColumns): Iterable<DeviceRows> {
    const groups = new Map<string, DeviceRows>()
    for (let row = 0; row < count; row++) {
      const alias = key[row] as number
      const device = this.#deviceByAlias[alias] ?? this.#deviceOfNewAlias(alias)
      const isHistory = ((flags[row] as number) & SAMPLE_FLAGS.backfilled) !== 0
      const name = isHistory ? `${device}/history` : device
      const group = groups.get(name)
      if (group === undefined) groups.set(name, { device, isHistory, rows: [row] })
      else group.rows.push(row)
    }
    return groups.values()
  }

  // A point that came after the birth: central does not know its alias yet, so the birth is due again.
  #deviceOfNewAlias(alias: number): string {
    this.#learnCatalog()
    const device = this.#deviceByAlias[alias]
    queueMicrotask(() => this.rebirth())
    return device ?? 'unknown'
  }

  #publish(type: 'NDATA' | 'DDATA', device: string | undefined, payload: Uint8Array, rows?: { stream: Stream; runs: OutboxChunk['runs'] }): void {
    const { client, settings, outbox } = this.#o
    const topic = formatTopic({ group: settings.group, type, node: settings.node, ...(device !== undefined && { device }) })
    if (settings.acknowledgement === 'store' || rows === undefined) {
      client.publish(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), { qos: 0 })
      return
    }
    const incarnation = outbox.incarnation
    client.publish(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), { qos: 1 }, (err) => {
      if (err) return
      outbox.confirm({ incarnation, isComplete: false, streams: new Map([[rows.stream, rows.runs]]) })
      this.#lanes?.settle()
      this.wake()
    })
  }

  #nextSeq(): number {
    this.#seq = (this.#seq + 1) % 256
    return this.#seq
  }
}

/** The streams of an outbox that carry samples. */
export const SAMPLE_STREAMS: readonly Stream[] = STREAMS.filter((stream) => stream === 'vital' || stream === 'routine')
