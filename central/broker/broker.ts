/*
 * The embedded broker: Aedes with credentials per gateway, topic access control, limits, and a time-out for subscribers
 * that stop reading. Not here: what the messages mean (central/ingest); Mosquitto's configuration (mosquitto-files.ts).
 */
import type { EventEmitter } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes, type AuthenticateError, type Client, type ConnectPacket } from 'aedes'
import { errorCode } from '@orewatch/core'
import type { Logger, Metrics } from '@orewatch/observability'
import { type Identity, mayPublish, maySubscribe } from './access.ts'
import { type CredentialSource, PasswordVerifier } from './credentials.ts'
import { brokerErrors } from './errors.ts'
import { guardFrames } from './frame-guard.ts'

/** Something that somebody tried and was not let do; a duplicate connection is let in and only told of. */
export interface BrokerRefusal {
  readonly kind: 'wrong-password' | 'wrong-topic' | 'oversized' | 'stalled-subscriber' | 'duplicate-connection'
  readonly userName: string
  readonly remote: string
  readonly detail: string
}

/** What the embedded broker is made of. */
export interface BrokerOptions {
  /** Address to listen on; anything but loopback needs TLS or `allowPlainText`. */
  readonly host: string
  /** TCP port; 0 takes a free one. */
  readonly port: number
  readonly credentials: CredentialSource
  readonly log: Logger
  readonly metrics?: Metrics
  /** PEM texts. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly allowPlainText?: boolean
  /** How long a subscriber may leave its socket full before it is cut off. Without a limit it freezes the whole broker. */
  readonly drainTimeoutMs?: number
  readonly maxConnections?: number
  /** Largest MQTT packet. */
  readonly maxPacketBytes?: number
  /** Longest keep-alive that a client may ask for, in seconds. */
  readonly maxKeepAliveS?: number
  /** Called for each refusal, at most a few times a second per user. */
  readonly onRefusal?: (refusal: BrokerRefusal) => void
}

/** A running broker. */
export interface Broker {
  readonly host: string
  readonly port: number
  readonly url: string
  stats(): BrokerStats
  /** Cuts the connection of a user name, if there is one. */
  disconnect(userName: string): void
  stop(): Promise<void>
}

/** Counters since the start, and connections now. */
export interface BrokerStats {
  readonly connections: number
  readonly messages: number
  readonly refusals: Readonly<Record<BrokerRefusal['kind'], number>>
}

// A gateway that lost its line comes back once; two that throw each other out do it again and again.
const TAKEOVERS_OF_TWO = 3
const TAKEOVER_WINDOW_MS = 60_000
const MAX_SUBSCRIPTIONS_PER_CLIENT = 256
const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/

/** Starts the embedded broker; rejects with a BROKER_* error when the address cannot or must not be used. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  if (!LOOPBACK.test(options.host) && options.tls === undefined && options.allowPlainText !== true) throw brokerErrors.PLAIN_TEXT_REFUSED({ host: options.host })
  const broker = new EmbeddedBroker(options)
  await broker.start()
  return broker
}

/** What is known of a connection before and after login. */
interface Connection {
  readonly socket: Socket
  readonly remote: string
  will?: { readonly topic: string }
  userName: string
  identity?: Identity
  subscriptions: number
}

class EmbeddedBroker implements Broker {
  readonly host: string
  readonly #options: BrokerOptions
  readonly #aedes: Aedes
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  // The living connection of each user name.
  readonly #byUser = new Map<string, Connection>()
  readonly #connections = new WeakMap<object, Connection>()
  readonly #verifier = new PasswordVerifier()
  readonly #refusals: Record<BrokerRefusal['kind'], number> = { 'wrong-password': 0, 'wrong-topic': 0, oversized: 0, 'stalled-subscriber': 0, 'duplicate-connection': 0 }
  readonly #lastRefusal = new Map<string, number>()
  // Times at which a living connection of a user was taken over by another.
  readonly #takeovers = new Map<string, number[]>()
  #messages = 0

  constructor(options: BrokerOptions) {
    this.#options = options
    this.host = options.host
    this.#aedes = new Aedes({
      drainTimeout: options.drainTimeoutMs ?? 5_000,
      connectTimeout: 10_000,
      keepaliveLimit: options.maxKeepAliveS ?? 300,
      maxTopicLevels: 8,
      concurrency: 1_000,
      preConnect: (client, packet, done) => this.#preConnect(client, packet, done),
      authenticate: (client, userName, password, done) => void this.#authenticate(client, userName, password, done),
      authorizePublish: (client, packet, done) => done(this.#authorizePublish(client, packet)),
      authorizeSubscribe: (client, subscription, done) => done(null, this.#authorizeSubscribe(client, subscription.topic) ? subscription : null),
    })
    const onSocket = (socket: Socket): void => this.#accept(socket)
    this.#server = options.tls === undefined ? createServer(onSocket) : createTlsServer({ ...options.tls, minVersion: 'TLSv1.2' }, onSocket)
    this.#server.maxConnections = options.maxConnections ?? 4_096
    this.#watch()
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0
  }

  get url(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host
    return `${this.#options.tls === undefined ? 'mqtt' : 'mqtts'}://${host}:${this.port}`
  }

  async start(): Promise<void> {
    await this.#aedes.listen()
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => reject(brokerErrors.LISTEN_FAILED({ host: this.host, port: this.#options.port, code: errorCode(cause) }, cause)))
      this.#server.listen(this.#options.port, this.host, resolve)
    }).catch((err: unknown) => {
      this.#aedes.close()
      throw err
    })
    const { metrics } = this.#options
    metrics?.gauge('broker_connections', 'Open MQTT connections.', () => this.#sockets.size)
    metrics?.gauge('broker_messages_total', 'Messages published since the start.', () => this.#messages)
    metrics?.gauge('broker_refusals_total', 'Logins, topics and packets refused since the start.', () => Object.values(this.#refusals).reduce((a, b) => a + b, 0))
  }

  stats(): BrokerStats {
    return { connections: this.#sockets.size, messages: this.#messages, refusals: { ...this.#refusals } }
  }

  disconnect(userName: string): void {
    this.#byUser.get(userName)?.socket.destroy()
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #watch(): void {
    const { log } = this.#options
    this.#aedes.on('publish', (_packet, client) => {
      if (client !== null) this.#messages++
    })
    this.#aedes.on('clientError', (client, err) => this.#failed(client, err))
    this.#aedes.on('connectionError', (client, err) => this.#failed(client, err))
    const emitter: EventEmitter = this.#aedes
    emitter.on('error', (err: Error) => log.error({ err }, 'broker error'))
    this.#server.on('error', (err) => log.error({ err }, 'broker socket error'))
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    const remote = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`
    const maxBytes = this.#options.maxPacketBytes ?? 4 * 1024 ** 2
    guardFrames(socket, maxBytes, () => brokerErrors.PACKET_TOO_LARGE({ maxBytes }))
    const client = this.#aedes.handle(socket)
    const connection: Connection = { socket, remote, userName: '', subscriptions: 0 }
    this.#connections.set(client, connection)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      if (this.#byUser.get(connection.userName) === connection) this.#byUser.delete(connection.userName)
    })
  }

  #preConnect(client: Client, packet: ConnectPacket, done: (err: Error | null, success: boolean) => void): void {
    const connection = this.#connections.get(client)
    if (connection !== undefined && packet.will) connection.will = { topic: packet.will.topic }
    // The user name is the client id: one identity is one connection, and nobody can throw out another by taking its id.
    if (packet.username !== undefined) packet.clientId = packet.username
    // Nothing is kept for absent clients: the acknowledgement of central makes it unnecessary, and memory stays flat.
    packet.clean = true
    done(null, true)
  }

  async #authenticate(client: Client, userName: string | undefined, password: Buffer | undefined, done: (err: AuthenticateError | null, success: boolean | null) => void): Promise<void> {
    const connection = this.#connections.get(client)
    try {
      const credential = userName === undefined ? undefined : await this.#options.credentials.find(userName)
      const isRight = await this.#verifier.verify(password ?? Buffer.alloc(0), credential?.passwordHash)
      if (connection === undefined || userName === undefined || credential === undefined || !isRight) {
        this.#refuse('wrong-password', connection, `login as ${userName ?? 'nobody'}`, userName)
        done(loginError(brokerErrors.IDENTITY_REFUSED(), 4), false)
        return
      }
      connection.userName = userName
      connection.identity = credential.identity
      if (connection.will !== undefined && !mayPublish(credential.identity, connection.will.topic)) {
        this.#refuse('wrong-topic', connection, `will on ${connection.will.topic}`)
        done(loginError(brokerErrors.TOPIC_REFUSED({ topic: connection.will.topic }), 5), false)
        return
      }
      this.#watchTakeover(connection)
      done(null, true)
    } catch (cause) {
      this.#options.log.error({ err: cause }, 'credentials cannot be looked up')
      done(loginError(brokerErrors.CREDENTIAL_SOURCE_FAILED({}, cause), 3), false)
    }
  }

  #watchTakeover(connection: Connection): void {
    const { userName } = connection
    const older = this.#byUser.get(userName)
    this.#byUser.set(userName, connection)
    if (older === undefined || older.socket.destroyed) return
    const nowMs = Date.now()
    const times = [...(this.#takeovers.get(userName) ?? []), nowMs].filter((atMs) => nowMs - atMs < TAKEOVER_WINDOW_MS).slice(-TAKEOVERS_OF_TWO)
    if (this.#takeovers.size >= 10_000) this.#takeovers.clear()
    this.#takeovers.set(userName, times)
    if (times.length >= TAKEOVERS_OF_TWO) this.#refuse('duplicate-connection', connection, 'connections with this identity throw each other out')
  }

  #authorizePublish(client: Client | null, packet: { topic: string; retain: boolean }): Error | null {
    if (client === null) return null
    const connection = this.#connections.get(client)
    const identity = connection?.identity
    if (connection === undefined || identity === undefined || !mayPublish(identity, packet.topic)) {
      this.#refuse('wrong-topic', connection, `publish on ${packet.topic.slice(0, 200)}`)
      return brokerErrors.TOPIC_REFUSED({ topic: packet.topic.slice(0, 200), userName: connection?.userName })
    }
    // Only STATE is retained (Sparkplug 3.0, 6.4); a gateway could otherwise fill the memory topic by topic.
    if (identity.kind === 'gateway') packet.retain = false
    return null
  }

  #authorizeSubscribe(client: Client, filter: string): boolean {
    const connection = this.#connections.get(client)
    const identity = connection?.identity
    if (connection === undefined || identity === undefined) return false
    if (maySubscribe(identity, filter) && connection.subscriptions++ < MAX_SUBSCRIPTIONS_PER_CLIENT) return true
    this.#refuse('wrong-topic', connection, `subscribe ${filter.slice(0, 200)}`)
    return false
  }

  #failed(client: Client, err: Error): void {
    const connection = this.#connections.get(client)
    if (errorCode(err) === 'BROKER_PACKET_TOO_LARGE') this.#refuse('oversized', connection, err.message)
    else if (err.message === 'drain timeout') this.#refuse('stalled-subscriber', connection, 'stopped reading and was cut off')
    else this.#options.log.debug({ err, userName: connection?.userName, remote: connection?.remote }, 'connection failed')
  }

  #refuse(kind: BrokerRefusal['kind'], connection: Connection | undefined, detail: string, userName = connection?.userName ?? ''): void {
    this.#refusals[kind]++
    const key = `${kind} ${userName}`.slice(0, 200)
    const nowMs = Date.now()
    if (nowMs - (this.#lastRefusal.get(key) ?? 0) < 1_000) return
    if (this.#lastRefusal.size >= 1_000) this.#lastRefusal.clear()
    this.#lastRefusal.set(key, nowMs)
    const refusal = { kind, userName: userName.slice(0, 130), remote: connection?.remote ?? '', detail }
    this.#options.log.warn(refusal, 'refused by the broker')
    this.#options.onRefusal?.(refusal)
  }
}

function loginError(err: Error, returnCode: 3 | 4 | 5): AuthenticateError {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum exists in the types of Aedes only
  return Object.assign(err, { returnCode })
}
