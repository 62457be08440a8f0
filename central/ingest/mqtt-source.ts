/*
 * Messages from any MQTT 3.1.1 broker: the embedded Aedes, or Mosquitto by URL, on the same code path. Publishes the
 * host's STATE. Not here: what the messages mean (ingest.ts). Protocol: docs/formats/sparkplug.md.
 */
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { type Clock, errorCode, systemClock } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import { encodeHostState, NAMESPACE, stateTopic } from '@orewatch/protocol'
import { ingestErrors } from './errors.ts'
import type { IngestSource, SourceMessage } from './source.ts'

/** What a connection to a broker is made of. */
export interface MqttSourceOptions {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  readonly url: string
  /** Login of a host, and Sparkplug host id of its STATE. */
  readonly userName: string
  readonly password: string
  readonly hostId: string
  /** Division codes to take, or all. */
  readonly groups: readonly string[] | 'all'
  readonly log: Logger
  readonly clock?: Clock
  /** PEM of the authority that signed the broker's certificate; the system's when absent. */
  readonly ca?: string
  /** How often STATE is published again, ms. */
  readonly stateIntervalMs?: number
  /** Longest wait for a connection, ms. */
  readonly connectTimeoutMs?: number
  readonly keepAliveS?: number
  /** Longest pause between attempts to connect, ms. */
  readonly maxPauseMs?: number
}

const NODE_TYPES = ['NBIRTH', 'NDATA', 'NDEATH']
const DEVICE_TYPES = ['DBIRTH', 'DDATA', 'DDEATH']
const FIRST_PAUSE_MS = 200

/** A source on an MQTT broker; connects when started and for ever after. */
export function openMqttSource(options: MqttSourceOptions): MqttSource {
  return new MqttSource(options)
}

/** See openMqttSource. */
export class MqttSource implements IngestSource {
  readonly #options: MqttSourceOptions
  readonly #clock: Clock
  #client: MqttClient | undefined
  #isReady = false
  #isStopped = false
  #pauseMs = FIRST_PAUSE_MS
  #retryTimer: NodeJS.Timeout | undefined
  #stateTimer: NodeJS.Timeout | undefined
  #onMessage: (message: SourceMessage) => void = () => undefined
  #lastFailure = 'not started'
  #sinceMs: number

  constructor(options: MqttSourceOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#sinceMs = this.#clock.nowMs()
  }

  get isConnected(): boolean {
    return this.#isReady
  }

  /** Whether messages can come, and a sentence for a person. */
  health(): { readonly ok: boolean; readonly note: string } {
    const since = new Date(this.#sinceMs).toISOString()
    return this.#isReady ? { ok: true, note: `connected to ${this.#options.url} since ${since}` } : { ok: false, note: `not connected to ${this.#options.url} since ${since}: ${this.#lastFailure}` }
  }

  /** Resolves after the first successful subscription; a broker that is not there yet is tried for ever. */
  start(onMessage: (message: SourceMessage) => void): Promise<void> {
    this.#onMessage = onMessage
    this.#stateTimer = setInterval(() => this.#publishState(), this.#options.stateIntervalMs ?? 15_000)
    return new Promise((resolve) => this.#connect(resolve))
  }

  async send(topic: string, payload: Uint8Array): Promise<void> {
    const client = this.#client
    if (client === undefined || !this.#isReady) throw ingestErrors.NOT_CONNECTED({ topic })
    // At QoS 0 the callback comes when the bytes are handed to the socket; waiting for it would tie us to a slow broker.
    client.publish(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), { qos: 0 })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#retryTimer)
    clearInterval(this.#stateTimer)
    const client = this.#client
    if (client === undefined) return
    if (this.#isReady) await withTimeout(client.publishAsync(stateTopic(this.#options.hostId), this.#state(false), { qos: 1, retain: true }), 2_000)
    this.#isReady = false
    await withTimeout(client.endAsync(), 2_000)
    client.end(true)
  }

  // UTC ms at which the current attempt began: the time of STATE and of its will.
  #connectMs = 0

  #connect(onFirst: () => void): void {
    const { url, hostId, log } = this.#options
    this.#connectMs = this.#clock.nowMs()
    const client = connect(url, this.#clientOptions())
    this.#client = client
    client.on('message', (topic, payload) => this.#onMessage({ topic, payload, receivedMs: this.#clock.nowMs() }))
    client.on('error', (err) => this.#failed(`${errorCode(err)}: ${err.message}`))
    client.on('connect', () => {
      void this.#subscribe(client).then(
        () => {
          this.#pauseMs = FIRST_PAUSE_MS
          this.#isReady = true
          this.#sinceMs = this.#clock.nowMs()
          log.info({ url, hostId }, 'connected to the broker')
          this.#publishState()
          onFirst()
        },
        (err: unknown) => {
          this.#failed(err instanceof Error ? err.message : String(err))
          client.end(true)
          client.emit('close')
        },
      )
    })
    client.once('close', () => this.#closed(client, onFirst))
  }

  #clientOptions(): IClientOptions {
    const { userName, password, hostId, connectTimeoutMs, keepAliveS, ca } = this.#options
    return {
      protocolVersion: 4,
      clientId: userName,
      username: userName,
      password,
      clean: true,
      keepalive: keepAliveS ?? 15,
      connectTimeout: connectTimeoutMs ?? 5_000,
      // A new client for every attempt: only so does the will carry the time of its own connect (Sparkplug 3.0, 6.4.22).
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      will: { topic: stateTopic(hostId), payload: this.#state(false), qos: 1, retain: true },
      ...(ca !== undefined && { ca }),
    }
  }

  async #subscribe(client: MqttClient): Promise<void> {
    const groups = this.#options.groups === 'all' ? ['+'] : this.#options.groups
    for (const group of groups) {
      const filters = [...NODE_TYPES.map((type) => `${NAMESPACE}/${group}/${type}/+`), ...DEVICE_TYPES.map((type) => `${NAMESPACE}/${group}/${type}/+/+`)]
      const granted = await client.subscribeAsync(filters, { qos: 0 })
      const refused = granted.find((grant) => grant.qos === 128)
      if (refused !== undefined) throw ingestErrors.SUBSCRIPTION_REFUSED({ filter: refused.topic })
    }
  }

  // Said once and again when the cause changes, not at every attempt.
  #failed(failure: string): void {
    if (failure !== this.#lastFailure) this.#options.log.warn({ url: this.#options.url, failure }, 'the broker cannot be reached; trying again')
    this.#lastFailure = failure
  }

  #closed(client: MqttClient, onFirst: () => void): void {
    if (this.#client !== client) return
    this.#client = undefined
    if (this.#isReady) {
      this.#sinceMs = this.#clock.nowMs()
      this.#options.log.warn({ url: this.#options.url, failure: this.#lastFailure }, 'connection to the broker lost')
    }
    this.#isReady = false
    client.removeAllListeners('message')
    client.end(true)
    if (this.#isStopped) return
    this.#retryTimer = setTimeout(() => this.#connect(onFirst), this.#pauseMs * (0.5 + Math.random() / 2))
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#options.maxPauseMs ?? 5_000)
  }

  #publishState(): void {
    if (!this.#isReady) return
    this.#client?.publish(stateTopic(this.#options.hostId), this.#state(true), { qos: 1, retain: true })
  }

  #state(online: boolean): Buffer {
    return encodeHostState({ online, timestamp: this.#connectMs })
  }
}

async function withTimeout(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  const timer = new AbortController()
  const limit = new Promise<void>((resolve) => {
    const handle = setTimeout(resolve, timeoutMs)
    timer.signal.addEventListener('abort', () => clearTimeout(handle))
  })
  await Promise.race([
    work.then(
      () => undefined,
      () => undefined,
    ),
    limit,
  ])
  timer.abort()
}
