/*
 * One subscription with the items of all devices of a line, and the watchdog on what it delivers. It ends by saying why;
 * line.ts builds the next one.
 */
import type { Clock } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { ClientSession, ClientSubscription, DataValue, ReadValueIdOptions } from 'node-opcua-client'
import type { OpcUaLineConfig } from './config.ts'
import { type OpcUaLibrary, quietly, within } from './connection.ts'
import type { Item, OpcUaDevice } from './device.ts'
import { opcuaErrors } from './errors.ts'

/** Why a subscription is over. */
export type SubscriptionEnd = 'dropped' | 'silent' | 'failed'

/** What a subscription is made of. */
export interface WatchOptions {
  readonly library: OpcUaLibrary
  readonly session: ClientSession
  readonly config: OpcUaLineConfig
  readonly clock: Clock
  readonly log: Logger
  onValue(device: OpcUaDevice, item: Item, dataValue: DataValue): void
  onSign(): void
  onEnd(end: SubscriptionEnd): void
}

const SERVER_CURRENT_TIME = 'i=2258'
const LIFETIME_MS = 60_000
const MAX_QUEUE = 100
const MAX_NOTIFICATIONS = 1_000

/** A living subscription. */
export class Watch {
  readonly #options: WatchOptions
  readonly #subscription: ClientSubscription
  #lastSignMs: number
  #watchdog: NodeJS.Timeout | undefined
  #isOver = false

  private constructor(options: WatchOptions, subscription: ClientSubscription) {
    this.#options = options
    this.#subscription = subscription
    this.#lastSignMs = options.clock.monotonicMs()
  }

  /** Creates the subscription and watches the server's clock in it: as long as that ticks, notifications flow. */
  static async open(options: WatchOptions): Promise<Watch> {
    const { library, session, config } = options
    const keepAliveCount = Math.max(1, Math.floor(config.silentAfterMs / 3 / config.publishingIntervalMs))
    const subscription = library.ClientSubscription.create(session, {
      requestedPublishingInterval: config.publishingIntervalMs,
      requestedMaxKeepAliveCount: keepAliveCount,
      requestedLifetimeCount: Math.max(3 * keepAliveCount, Math.ceil(LIFETIME_MS / config.publishingIntervalMs)),
      maxNotificationsPerPublish: MAX_NOTIFICATIONS,
      publishingEnabled: true,
      priority: 1,
    })
    const watch = new Watch(options, subscription)
    await within(watch.#started(), config.requestTimeoutMs, config.endpoint)
    await watch.#watchServerTime()
    watch.#watchdog = setInterval(() => watch.#look(), Math.max(50, config.silentAfterMs / 8))
    return watch
  }

  /** Has the items of a device watched, one group per sampling interval; refused nodes are logged once and read instead. */
  async add(device: OpcUaDevice): Promise<void> {
    const byInterval = Map.groupBy(
      device.items.filter((item) => item.nodeId !== undefined),
      (item) => item.samplingMs,
    )
    for (const [samplingMs, items] of byInterval) await this.#addGroup(device, samplingMs, items)
  }

  /** Takes the items of a device out. */
  async remove(device: OpcUaDevice): Promise<void> {
    const groups = device.groups
    device.groups = []
    for (const group of groups) {
      group.removeAllListeners('changed')
      if (!this.#isOver) await quietly(group.terminate(), this.#options.config.requestTimeoutMs)
    }
  }

  /** Ends it from our side. Safe to call twice. */
  async close(): Promise<void> {
    this.#stop()
    await quietly(this.#subscription.terminate(), 1_000)
  }

  #started(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end =
        (kind: SubscriptionEnd) =>
        (err?: unknown): void => {
          reject(opcuaErrors.SESSION_LOST({ endpoint: this.#options.config.endpoint, cause: String(err) }))
          this.#end(kind)
        }
      this.#subscription.once('started', () => resolve())
      this.#subscription.on('terminated', end('dropped'))
      this.#subscription.on('status_changed', end('dropped'))
      this.#subscription.on('internal_error', end('failed'))
      this.#subscription.on('error', end('failed'))
    })
  }

  async #watchServerTime(): Promise<void> {
    const { library, config } = this.#options
    const group = await this.#monitor([{ nodeId: SERVER_CURRENT_TIME, attributeId: library.AttributeIds.Value }], Math.min(1_000, config.silentAfterMs / 4), 1)
    group.on('changed', () => this.#sign())
  }

  async #addGroup(device: OpcUaDevice, samplingMs: number, items: readonly Item[]): Promise<void> {
    const { library, config, log, onValue } = this.#options
    const queueSize = Math.min(MAX_QUEUE, 1 + Math.ceil(config.publishingIntervalMs / samplingMs))
    const nodes = items.map(({ nodeId }) => ({ nodeId: nodeId as string, attributeId: library.AttributeIds.Value }))
    const group = await this.#monitor(nodes, samplingMs, queueSize, (index, dataValue) => {
      this.#sign()
      onValue(device, items[index] as Item, dataValue)
    })
    device.groups.push(group)
    group.monitoredItems.forEach((monitored, index) => {
      const item = items[index] as Item
      const status = (monitored as { statusCode?: { value: number; name: string } }).statusCode
      if (status === undefined || status.value === 0 || item.isReported) return
      item.isReported = true
      log.error({ err: opcuaErrors.UNKNOWN_NODE({ device: device.spec.id, point: item.name, node: item.nodeId, status: status.name }) }, 'point cannot be watched')
    })
  }

  async #monitor(
    nodes: ReadValueIdOptions[],
    samplingMs: number,
    queueSize: number,
    onChange?: (index: number, dataValue: DataValue) => void,
  ): Promise<import('node-opcua-client').ClientMonitoredItemGroup> {
    const { library, config } = this.#options
    const group = library.ClientMonitoredItemGroup.create(this.#subscription, nodes, { samplingInterval: samplingMs, queueSize, discardOldest: true }, library.TimestampsToReturn.Both)
    if (onChange !== undefined)
      group.on('changed', (_item, dataValue, index) => {
        if (!this.#isOver) onChange(index, dataValue)
      })
    await within(
      new Promise<void>((resolve, reject) => {
        group.on('initialized', () => resolve())
        group.on('err', (message) => reject(opcuaErrors.SESSION_LOST({ endpoint: config.endpoint, cause: message })))
      }),
      config.requestTimeoutMs,
      config.endpoint,
    )
    return group
  }

  #sign(): void {
    this.#lastSignMs = this.#options.clock.monotonicMs()
    this.#options.onSign()
  }

  /** Connected is not enough: only data is a sign of life. */
  #look(): void {
    if (this.#options.clock.monotonicMs() - this.#lastSignMs > this.#options.config.silentAfterMs) this.#end('silent')
  }

  #end(end: SubscriptionEnd): void {
    if (this.#isOver) return
    this.#stop()
    this.#options.onEnd(end)
  }

  #stop(): void {
    this.#isOver = true
    clearInterval(this.#watchdog)
  }
}
