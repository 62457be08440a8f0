/*
 * An OPC UA line: keeps connection, session and subscription up for ever, hands on what is notified, and reads what has
 * been quiet for a period, so that an unchanged value is still a sample. Only Read, HistoryRead, Browse and subscription
 * services.
 * Not here: certificates (pki.ts), opening (connection.ts), the subscription's watchdog (subscription.ts).
 */
import { type CodedError, pause, Q, type Reason, reasonCode } from '@orewatch/core'
import type { ClientSession } from 'node-opcua-client'
import type { DeviceSpec, DeviceState, DriverContext, LineDriver, LineStats, RawReading } from '../driver.ts'
import { decodeDataValue } from './codec.ts'
import type { OpcUaLineConfig } from './config.ts'
import { type Connection, classify, openConnection, quietly, reasonOfError, within } from './connection.ts'
import { isUnknownNode, type Item, OpcUaDevice } from './device.ts'
import { opcuaErrors } from './errors.ts'
import { Backfill } from './history.ts'
import { Watch } from './subscription.ts'
import { Sweeper } from './sweeper.ts'

/** Counters of an OPC UA line beyond those that every line has. */
export interface OpcUaLineStats extends LineStats {
  readonly subscriptions: number
  readonly sessions: number
}

/** What ended, from the inside out. */
type Broken = 'subscription' | 'session' | 'connection'

interface Live {
  readonly connection: Connection
  readonly session: ClientSession
  readonly watch: Watch
  readonly namespaces: readonly string[]
  readonly sweeper: Sweeper
  readonly backfill: Backfill
}

const MENDED = ['session_repaired', 'session_restored']

// A part that is rebuilt this often without a single value in between is not what is broken: go one further out.
const MAX_BARREN_REBUILDS = 2

/** One line and its devices. */
export class OpcUaLine implements LineDriver {
  readonly #config: OpcUaLineConfig
  readonly #ctx: DriverContext
  readonly #pkiDirectory: string
  readonly #devices = new Map<string, OpcUaDevice>()
  readonly #dirty = new Set<OpcUaDevice>()
  readonly #counters = { requests: 0, answers: 0, timeouts: 0, exceptions: 0, discarded: 0, reconnects: 0, subscriptions: 0, sessions: 0 }
  readonly #stopping = new AbortController()
  readonly #settled = new Set<() => void>()
  #live: Live | undefined
  #isSettled = false
  #running: Promise<void> | undefined
  #isReady = true
  #hasValues = false
  /** Devices are added and removed one after another, because each takes several requests. */
  #changes: Promise<void> = Promise.resolve()

  constructor(config: OpcUaLineConfig, ctx: DriverContext, pkiDirectory: string) {
    this.#config = config
    this.#ctx = ctx
    this.#pkiDirectory = pkiDirectory
  }

  start(): void {
    if (this.#running === undefined && !this.#stopping.signal.aborted) this.#running = this.#keepConnected()
  }

  setDevice(spec: DeviceSpec): void {
    if (this.#stopping.signal.aborted) return
    this.removeDevice(spec.id)
    const device = new OpcUaDevice(spec)
    this.#devices.set(spec.id, device)
    this.#tell(device, { kind: 'starting' })
    this.#change(async () => {
      const live = this.#live
      if (live !== undefined && this.#devices.get(spec.id) === device) await this.#attach(live, device)
    })
  }

  removeDevice(id: string): void {
    const device = this.#devices.get(id)
    if (device === undefined) return
    this.#devices.delete(id)
    this.#change(async () => {
      await this.#live?.watch.remove(device)
    })
  }

  async readOnce(id: string, signal: AbortSignal): Promise<readonly RawReading[]> {
    if (this.#stopping.signal.aborted || this.#running === undefined) throw opcuaErrors.STOPPED({ device: id })
    if (!this.#isSettled) await this.#settledOrAborted(signal)
    const device = this.#devices.get(id)
    if (device === undefined) throw opcuaErrors.UNKNOWN_DEVICE({ device: id, known: [...this.#devices.keys()].slice(0, 20) })
    if (signal.aborted) throw opcuaErrors.CANCELLED({ device: id })
    const live = this.#live
    if (live === undefined) throw this.#lastError ?? opcuaErrors.CONNECT_FAILED({ endpoint: this.#config.endpoint })
    device.resolve(live.namespaces)
    try {
      return await this.#readAll(live, device)
    } catch (err) {
      throw classify(err, this.#config)
    }
  }

  states(): ReadonlyMap<string, DeviceState> {
    return new Map([...this.#devices].map(([id, device]) => [id, device.state]))
  }

  stats(): OpcUaLineStats {
    return { ...this.#counters }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#settle()
    await this.#running
  }

  // ── connection, session, subscription: each level rebuilds the one inside it ──

  #lastError: CodedError | undefined

  async #keepConnected(): Promise<void> {
    let attempt = 0
    while (!this.#stopping.signal.aborted) {
      this.#hasValues = false
      try {
        const connection = await openConnection(this.#config, this.#pkiDirectory, this.#ctx.log)
        try {
          await this.#holdConnection(connection)
        } finally {
          await connection.close()
        }
      } catch (err) {
        this.#loseAll(classify(err, this.#config))
      }
      if (this.#stopping.signal.aborted) return
      attempt = this.#hasValues ? 0 : attempt + 1
      const { reconnectMinMs, reconnectMaxMs } = this.#config
      await pause(Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(20, Math.max(0, attempt - 1))) * (0.5 + Math.random()), this.#stopping.signal)
      this.#counters.reconnects++
    }
  }

  async #holdConnection(connection: Connection): Promise<void> {
    const lost = new AbortController()
    connection.client.once('connection_lost', () => lost.abort())
    connection.client.once('close', () => lost.abort())
    for (let barren = 0; barren < MAX_BARREN_REBUILDS && !lost.signal.aborted && !this.#stopping.signal.aborted; ) {
      this.#hasValues = false
      const session = await connection.openSession()
      this.#counters.sessions++
      const broken = await this.#holdSession(connection, session, lost.signal)
      if (!this.#stopping.signal.aborted) this.#ctx.log.warn({ endpoint: this.#config.endpoint, broken }, 'OPC UA session is rebuilt')
      if (!lost.signal.aborted) await quietly(session.close(true), 1_000)
      if (broken === 'connection') return
      barren = this.#hasValues ? 0 : barren + 1
    }
  }

  /** Builds subscriptions until the session itself is broken. */
  async #holdSession(connection: Connection, session: ClientSession, lost: AbortSignal): Promise<Broken> {
    const isClosed = new Promise<Broken>((resolve) => {
      session.once('session_closed', () => resolve('session'))
      lost.addEventListener('abort', () => resolve('connection'), { once: true })
      if (lost.aborted) resolve('connection')
    })
    for (let barren = 0; barren < MAX_BARREN_REBUILDS; ) {
      this.#hasValues = false
      let broken: Broken
      try {
        broken = await this.#holdSubscription(connection, session, isClosed)
      } catch (err) {
        this.#ctx.log.warn({ err, endpoint: this.#config.endpoint }, 'OPC UA subscription cannot be built')
        broken = 'session'
      }
      if (broken !== 'subscription' || this.#stopping.signal.aborted) return broken
      barren = this.#hasValues ? 0 : barren + 1
      this.#ctx.log.warn({ endpoint: this.#config.endpoint }, 'OPC UA subscription is rebuilt')
    }
    return 'session'
  }

  async #holdSubscription(connection: Connection, session: ClientSession, isClosed: Promise<Broken>): Promise<Broken> {
    const { promise: isOver, resolve: finish } = Promise.withResolvers<Broken>()
    const onStop = (): void => finish('connection')
    // The library mends a session that the server closed, with a subscription in place of ours. What came meanwhile is
    // missing in it, and nobody would notice: so it counts as broken.
    const onMended = (): void => finish('subscription')
    const mending: NodeJS.EventEmitter = session
    for (const name of MENDED) mending.on(name, onMended)
    this.#stopping.signal.addEventListener('abort', onStop, { once: true })
    if (this.#stopping.signal.aborted) onStop()
    // The table is read anew each time, because a server that was restarted may count its namespaces otherwise.
    const namespaces = await within(session.readNamespaceArray(), this.#config.requestTimeoutMs, this.#config.endpoint)
    const watch = await Watch.open({
      library: connection.library,
      session,
      config: this.#config,
      clock: this.#ctx.clock,
      log: this.#ctx.log,
      onValue: (device, item, dataValue) => this.#take(device, () => device.add(item, dataValue, this.#ctx.clock.monotonicMs(), 'notified')),
      onEvent: (device, event) => {
        if (this.#devices.get(device.spec.id) === device) this.#ctx.sink.event(device.spec.id, event)
      },
      onSign: () => {
        this.#hasValues = true
      },
      onEnd: () => finish('subscription'),
    })
    this.#counters.subscriptions++
    const sweeper = new Sweeper({
      session,
      config: this.#config,
      ctx: this.#ctx,
      library: connection.library,
      counters: this.#counters,
      devices: () => this.#devices.values(),
      onReading: (device, add) => this.#take(device, add),
      onFailed: () => finish('session'),
    })
    const backfill = new Backfill({ session, config: this.#config, ctx: this.#ctx, library: connection.library, counters: this.#counters, devices: () => this.#devices.values() })
    const live: Live = { connection, session, watch, namespaces, sweeper, backfill }
    try {
      await this.#goLive(live)
      return await Promise.race([isOver, isClosed])
    } finally {
      this.#stopping.signal.removeEventListener('abort', onStop)
      for (const name of MENDED) mending.off(name, onMended)
      this.#live = undefined
      sweeper.stop()
      backfill.stop()
      for (const device of this.#devices.values()) device.detach(this.#ctx.clock.nowMs())
      await watch.close()
    }
  }

  async #goLive(live: Live): Promise<void> {
    this.#live = live
    for (const device of this.#devices.values()) await this.#attach(live, device)
    live.sweeper.start()
    this.#lastError = undefined
    this.#settle()
  }

  async #attach({ watch, namespaces, sweeper }: Live, device: OpcUaDevice): Promise<void> {
    for (const item of device.resolve(namespaces)) {
      if (item.isReported) continue
      item.isReported = true
      this.#ctx.log.error(
        { err: opcuaErrors.UNKNOWN_NAMESPACE({ device: device.spec.id, point: item.name, namespaceUri: item.namespaceUri, offered: namespaces.slice(0, 20) }) },
        'point cannot be watched',
      )
    }
    if (device.groups.length > 0) return
    await watch.add(device)
    await watch.addEvents(device, namespaces)
    sweeper.refresh()
  }

  #change(work: () => Promise<void>): void {
    this.#changes = this.#changes.then(work).catch((err: unknown) => {
      this.#ctx.log.warn({ err }, 'OPC UA items cannot be changed; the watchdog will rebuild the subscription')
    })
  }

  // ── readings ──

  /** Collects what comes in one go and hands it on together. While the pipeline is full it is left out, and read again later. */
  #take(device: OpcUaDevice, add: () => void): void {
    if (!this.#isReady || this.#devices.get(device.spec.id) !== device) return
    if (this.#dirty.size === 0) queueMicrotask(() => this.#flush())
    this.#dirty.add(device)
    add()
  }

  #flush(): void {
    for (const device of this.#dirty) {
      if (device.state.kind !== 'live') {
        this.#ctx.log.info({ device: device.spec.id }, 'device answers')
        this.#tell(device, { kind: 'live', sinceMs: this.#ctx.clock.nowMs() })
      }
      if (device.builder.count > 0) this.#ctx.sink.readings(device.spec.id, device.builder)
      device.builder.clear()
      if (device.forgetGapsBefore(this.#config.historyMaxMs)) this.#live?.backfill.wake()
    }
    this.#dirty.clear()
    this.#isReady = false
    void this.#ctx.ready().then(() => {
      this.#isReady = true
    })
  }

  async #readAll({ session, connection: { library } }: Live, device: OpcUaDevice): Promise<readonly RawReading[]> {
    const known = device.items.filter((item) => item.nodeId !== undefined)
    const values = await within(
      session.read(
        known.map(({ nodeId }) => ({ nodeId: nodeId as string, attributeId: library.AttributeIds.Value })),
        0,
      ),
      this.#config.requestTimeoutMs,
      this.#config.endpoint,
    )
    const byItem = new Map<Item, RawReading>(
      known.map((item, i) => {
        const dataValue = values[i]
        if (dataValue === undefined) return [item, unknownReading(item)]
        const { value, quality, reason } = decodeDataValue(dataValue)
        return [
          item,
          {
            point: item.name,
            raw: `${dataValue.statusCode.name} ${dataValue.value?.toString() ?? ''}`.trim(),
            value,
            quality,
            reason: isUnknownNode(dataValue) ? reasonCode('illegal-address') : reason,
          },
        ]
      }),
    )
    return device.items.map((item) => byItem.get(item) ?? unknownReading(item))
  }

  // ── how the devices stand ──

  #loseAll(error: CodedError): void {
    if (this.#stopping.signal.aborted) return
    if (this.#lastError?.code !== error.code) this.#ctx.log.warn({ err: error }, 'OPC UA server is lost')
    this.#lastError = error
    const reason: Reason = reasonOfError(error)
    for (const device of this.#devices.values()) {
      if (device.state.kind !== 'lost') this.#tell(device, { kind: 'lost', sinceMs: this.#ctx.clock.nowMs(), reason, detail: error.message })
    }
    this.#settle()
  }

  #tell(device: OpcUaDevice, state: DeviceState): void {
    device.state = state
    this.#ctx.sink.state(device.spec.id, state)
  }

  #settle(): void {
    this.#isSettled = true
    for (const wake of this.#settled) wake()
  }

  async #settledOrAborted(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#settled.add(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    this.#settled.delete(resolve)
  }
}

function unknownReading(item: Item): RawReading {
  return { point: item.name, raw: `no namespace ${item.namespaceUri}`, value: Number.NaN, quality: Q.commLost, reason: reasonCode('illegal-address') }
}
