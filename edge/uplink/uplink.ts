import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readSecret } from '@orewatch/config'
import type { Clock } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import { formatTopic, type GatewayStatus, type Stream, STREAMS } from '@orewatch/protocol'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import type { Outbox } from '../outbox/outbox.ts'
import { type DeviceIdentity, encodeNodeDeath } from './births.ts'
import { uplinkErrors } from './errors.ts'
import { Pace } from './pace.ts'
import { SAMPLE_STREAMS, Session, type SessionState } from './session.ts'
import type { UplinkConfig, UplinkSettings } from './settings.ts'

/** What the uplink works with. */
export interface UplinkOptions {
  readonly config: UplinkConfig
  readonly group: string
  readonly node: string
  readonly subject: string
  readonly software: string
  readonly outbox: Outbox
  readonly clock: Clock
  readonly log: Logger
  readonly devices: () => ReadonlyMap<string, DeviceIdentity>
  /** Device and clock part of the status; the uplink adds outbox and its own. */
  readonly status: () => Pick<GatewayStatus, 'devices' | 'clock'>
  readonly onReload: () => void
}

/** Where the uplink stands, for metrics and screens. */
export interface UplinkState {
  readonly state: 'connecting' | SessionState
  readonly sinceMs: number
  readonly inFlightBytes: number
  readonly resent: number
  readonly backlog: number
  readonly lastError?: string
}

const CONNECT_TIMEOUT_MS = 10_000
const KEEPALIVE_S = 15
// What was accepted this short a time before a new session still counts as live in it.
const LIVE_MEMORY_MS = 30_000
const MARK_MS = 1_000

/** Keeps a session to the broker, for ever. */
export class Uplink {
  readonly #o: UplinkOptions
  readonly #settings: UplinkSettings
  readonly #pace: Pace
  readonly #sessionId = randomBytes(8).toString('hex')
  readonly #marks: { atMs: number; next: ReadonlyMap<Stream, number> }[] = []
  #session: Session | undefined
  #client: MqttClient | undefined
  #bdSeq = randomBytes(1)[0] as number
  #attempts = 0
  #sinceMs: number
  #retry: NodeJS.Timeout | undefined
  #marker: NodeJS.Timeout | undefined
  #lastError: string | undefined
  #isStopped = false
  #resentBefore = 0

  constructor(options: UplinkOptions) {
    this.#o = options
    const { config, group, node } = options
    this.#settings = { group, node, hostId: config.hostId === '-' ? undefined : config.hostId, acknowledgement: config.acknowledgement, windowBytes: config.windowBytes }
    this.#pace = new Pace(config.backlogBytesPerSecond)
    this.#sinceMs = options.clock.nowMs()
    options.outbox.onDurable(() => this.#session?.wake())
  }

  /** Connects in the background. */
  start(): void {
    this.#mark()
    this.#marker = setInterval(() => this.#mark(), MARK_MS)
    this.#connect()
  }

  /** Announces everything again, after a change of the configuration. */
  rebirth(): void {
    this.#session?.rebirth()
  }

  state(): UplinkState {
    const session = this.#session
    return {
      state: session?.state ?? 'connecting',
      sinceMs: this.#sinceMs,
      inFlightBytes: session?.lanes?.inFlightBytes ?? 0,
      resent: this.#resentBefore + (session?.lanes?.resent ?? 0),
      backlog: session?.lanes?.backlogSize() ?? 0,
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    }
  }

  /** Says goodbye and disconnects; what is not confirmed stays in the outbox. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#retry)
    clearInterval(this.#marker)
    this.#session?.end()
    const client = this.#client
    if (client === undefined) return
    if (client.connected) {
      const topic = formatTopic({ group: this.#settings.group, type: 'NDEATH', node: this.#settings.node })
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000)
        client.publish(topic, Buffer.from(encodeNodeDeath(this.#bdSeq, this.#o.clock.nowMs())), { qos: 0 }, () => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    await new Promise<void>((resolve) => client.end(true, {}, () => resolve()))
  }

  #connect(): void {
    if (this.#isStopped) return
    this.#bdSeq = (this.#bdSeq + 1) % 256
    let options: IClientOptions
    try {
      options = this.#clientOptions()
    } catch (err) {
      // A password or certificate file that is being replaced: the next try reads it again.
      this.#lastError = (err as Error).message
      this.#retryLater()
      return
    }
    const client = mqtt.connect(this.#o.config.url, options)
    this.#client = client
    client.on('connect', () => {
      this.#attempts = 0
      this.#lastError = undefined
      this.#sinceMs = this.#o.clock.nowMs()
      this.#o.log.info({ url: this.#o.config.url }, 'connected to the broker')
      this.#open(client)
    })
    client.on('error', (err) => {
      this.#lastError = err.message
    })
    client.on('close', () => this.#closed(client))
  }

  #open(client: MqttClient): void {
    this.#session?.end()
    const { outbox, clock, log, devices, onReload, subject, software } = this.#o
    const session = new Session({
      client,
      settings: this.#settings,
      identity: { subject, software, session: this.#sessionId },
      devices,
      outbox,
      clock,
      log,
      bdSeq: this.#bdSeq,
      pace: this.#pace,
      liveStart: (stream) => this.#liveStart(stream),
      status: () => this.#status(),
      onReload,
    })
    this.#session = session
    session.start()
  }

  #closed(client: MqttClient): void {
    if (client !== this.#client) return
    if (this.#session !== undefined) {
      this.#resentBefore += this.#session.lanes?.resent ?? 0
      this.#session.end()
      this.#session = undefined
      this.#sinceMs = this.#o.clock.nowMs()
    }
    client.end(true)
    client.removeAllListeners('connect')
    this.#client = undefined
    if (!this.#isStopped) this.#retryLater()
  }

  #retryLater(): void {
    const { reconnectMinMs, reconnectMaxMs } = this.#o.config
    const limit = Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(this.#attempts, 16))
    this.#attempts++
    if (this.#attempts === 1 || this.#attempts % 20 === 0) {
      this.#o.log.warn({ err: uplinkErrors.CONNECT({ url: this.#o.config.url, cause: this.#lastError ?? 'connection closed' }), attempts: this.#attempts }, 'no connection to the broker')
    }
    // Half fixed, half random, so that a county of gateways does not come back in the same second.
    this.#retry = setTimeout(() => this.#connect(), limit / 2 + Math.random() * (limit / 2))
  }

  #clientOptions(): IClientOptions {
    const { config, clock } = this.#o
    const { group, node } = this.#settings
    return {
      clientId: `gw-${group}-${node}`,
      username: `${group}/${node}`,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEPALIVE_S,
      queueQoSZero: false,
      resubscribe: false,
      ...(config.passwordFile !== undefined && { password: readSecret(config.passwordFile) }),
      ...(config.caFile !== undefined && { ca: readFileSync(config.caFile) }),
      ...(config.certFile !== undefined && { cert: readFileSync(config.certFile) }),
      ...(config.keyFile !== undefined && { key: readFileSync(config.keyFile) }),
      will: { topic: formatTopic({ group, type: 'NDEATH', node }), payload: Buffer.from(encodeNodeDeath(this.#bdSeq, clock.nowMs())), qos: 1, retain: false },
    }
  }

  // Marks remember where each stream stood, so that a flap of seconds does not turn live data into history.
  #mark(): void {
    const { outbox, clock } = this.#o
    this.#marks.push({ atMs: clock.monotonicMs(), next: new Map(STREAMS.map((stream) => [stream, outbox.next(stream)])) })
    while (this.#marks.length > 1 && (this.#marks[0] as { atMs: number }).atMs < clock.monotonicMs() - LIVE_MEMORY_MS) this.#marks.shift()
  }

  #liveStart(stream: Stream): number {
    return Math.min(this.#o.outbox.next(stream), this.#marks[0]?.next.get(stream) ?? 0)
  }

  #status(): GatewayStatus {
    const { outbox, clock, status } = this.#o
    const box = outbox.status()
    const streams = Object.values(box.streams)
    const oldest = streams.flatMap((s) => (s.oldestMs === undefined ? [] : [s.oldestMs]))
    const { sinceMs, inFlightBytes, resent } = this.state()
    return {
      timeMs: clock.nowMs(),
      ...status(),
      outbox: {
        incarnation: box.incarnation,
        pending: streams.reduce((sum, s) => sum + s.pending, 0),
        diskBytes: box.diskBytes,
        ...(oldest.length > 0 && { oldestMs: Math.min(...oldest) }),
        ...(box.failure !== undefined && { failure: box.failure }),
      },
      uplink: { sinceMs, inFlightBytes, resent, backlog: SAMPLE_STREAMS.reduce((sum, s) => sum + box.streams[s].pending, 0) },
    }
  }
}
