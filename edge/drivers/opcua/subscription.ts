/*
 * One subscription with the items of all devices of a line, and the watchdog on what it delivers. It ends by saying why;
 * line.ts builds the next one.
 */
import { type Clock, CodedError } from '@orewatch/core'
import type { OpcUaEvent, OpcUaNodeName } from '@orewatch/firmware-adapters'
import type { Logger } from '@orewatch/observability'
import type { ClientSession, ClientSubscription, DataValue, EventFilter, ReadValueIdOptions } from 'node-opcua-client'
import type { DeviceEvent } from '../driver.ts'
import type { OpcUaLineConfig } from './config.ts'
import { type OpcUaLibrary, quietly, within } from './connection.ts'
import type { Item, OpcUaDevice } from './device.ts'
import { opcuaErrors } from './errors.ts'
import { decodeEvent, isOverflow, selectedFields, type VariantContents } from './event-codec.ts'

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
  onEvent(device: OpcUaDevice, event: DeviceEvent): void
  onSign(): void
  onEnd(end: SubscriptionEnd): void
}

const BASE_EVENT_TYPE = 'i=2041'
// OPC UA Part 3, 8.59: bit 0 of the attribute EventNotifier.
const SUBSCRIBE_TO_EVENTS = 1
const SERVER_CURRENT_TIME = 'i=2258'
const LIFETIME_MS = 60_000
const MAX_QUEUE = 100
const MAX_NOTIFICATIONS = 1_000
// Events that the server keeps for us between two publications; when they are more it says so.
const EVENT_QUEUE = 1_000

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

  /** Subscribes to the events of a device, each kind by itself: what one is refused costs neither the others nor the points. */
  async addEvents(device: OpcUaDevice, namespaces: readonly string[]): Promise<void> {
    const taken: string[] = []
    for (const event of device.spec.events ?? []) {
      try {
        await this.#addEvent(device, event, namespaces)
        device.refusedEvents.delete(event.schema)
        taken.push(event.schema)
      } catch (err) {
        const error = err instanceof CodedError ? err : opcuaErrors.EVENTS_REFUSED({ device: device.spec.id, schema: event.schema }, err)
        this.#tellRefused(device, event, error)
      }
    }
    this.#tellResumed(device, taken)
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

  async #addEvent(device: OpcUaDevice, event: OpcUaEvent, namespaces: readonly string[]): Promise<void> {
    const { library } = this.#options
    const nodeOf = (node: OpcUaNodeName): string => {
      const at = namespaces.indexOf(node.namespaceUri)
      if (at < 0) throw opcuaErrors.UNKNOWN_NAMESPACE({ device: device.spec.id, schema: event.schema, namespaceUri: node.namespaceUri, offered: namespaces.slice(0, 20) })
      return `ns=${at};${node.identifier}`
    }
    const nodeId = nodeOf(event.notifier)
    await this.#checkNotifier(device, event, nodeId)
    const filter = filterOf(library, event, nodeOf(event.eventType), namespaces.indexOf(event.eventType.namespaceUri))
    // The library hands on an event's fields where a value's data value stands.
    const onEvent = (_: number, fields: unknown): void => {
      this.#sign()
      this.#takeEvent(device, event, fields as readonly VariantContents[])
    }
    const group = await this.#monitor([{ nodeId, attributeId: library.AttributeIds.EventNotifier }], 0, EVENT_QUEUE, onEvent, filter)
    const status = (group.monitoredItems[0] as { statusCode?: { value: number; name: string } } | undefined)?.statusCode
    if (status !== undefined && status.value !== 0) throw opcuaErrors.EVENTS_REFUSED({ device: device.spec.id, schema: event.schema, notifier: nodeId, status: status.name })
    device.groups.push(group)
  }

  // Some servers take a subscription to a node that notifies of nothing, and it would be silent for ever.
  async #checkNotifier(device: OpcUaDevice, event: OpcUaEvent, nodeId: string): Promise<void> {
    const { library, session, config } = this.#options
    const { statusCode, value } = await within(session.read({ nodeId, attributeId: library.AttributeIds.EventNotifier }), config.requestTimeoutMs, config.endpoint)
    if (statusCode.value === 0 && (Number(value.value) & SUBSCRIBE_TO_EVENTS) !== 0) return
    throw opcuaErrors.EVENTS_REFUSED({ device: device.spec.id, schema: event.schema, notifier: nodeId, status: statusCode.value === 0 ? 'no event notifier' : statusCode.name })
  }

  #takeEvent(device: OpcUaDevice, event: OpcUaEvent, fields: readonly VariantContents[]): void {
    const { onEvent, clock } = this.#options
    if (isOverflow(fields)) onEvent(device, { schema: 'device.events/1', timeMs: clock.nowMs(), body: { state: 'overflow', schemas: [event.schema] } })
    else onEvent(device, decodeEvent(event, fields))
  }

  // One record for all kinds of a device: since when some may be missing.
  #tellResumed(device: OpcUaDevice, schemas: readonly string[]): void {
    const { clock, log, onEvent } = this.#options
    const resumed = schemas.filter((schema) => device.eventsMissedSinceMs.has(schema))
    if (resumed.length === 0) return
    const missedFromMs = Math.min(...resumed.map((schema) => device.eventsMissedSinceMs.get(schema) ?? Number.POSITIVE_INFINITY))
    for (const schema of resumed) device.eventsMissedSinceMs.delete(schema)
    log.info({ device: device.spec.id, schemas: resumed }, 'events are subscribed to again')
    onEvent(device, { schema: 'device.events/1', timeMs: clock.nowMs(), body: { state: 'resumed', schemas: resumed, missedFromMs } })
  }

  // Said once until it is taken.
  #tellRefused(device: OpcUaDevice, { schema }: OpcUaEvent, error: CodedError): void {
    const { clock, log, onEvent } = this.#options
    if (device.refusedEvents.has(schema)) return
    device.refusedEvents.add(schema)
    if (!device.eventsMissedSinceMs.has(schema)) device.eventsMissedSinceMs.set(schema, clock.nowMs())
    log.error({ err: error, device: device.spec.id, schema }, 'events cannot be subscribed to')
    onEvent(device, { schema: 'device.events/1', timeMs: clock.nowMs(), body: { state: 'refused', schemas: [schema], code: error.code, detail: error.message } })
  }

  async #monitor(
    nodes: ReadValueIdOptions[],
    samplingMs: number,
    queueSize: number,
    onChange?: (index: number, dataValue: DataValue) => void,
    filter?: EventFilter,
  ): Promise<import('node-opcua-client').ClientMonitoredItemGroup> {
    const { library, config } = this.#options
    const parameters = { samplingInterval: samplingMs, queueSize, discardOldest: true, ...(filter !== undefined && { filter }) }
    const group = library.ClientMonitoredItemGroup.create(this.#subscription, nodes, parameters, library.TimestampsToReturn.Both)
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

// Only the fields that the profile names, only of events of its type.
function filterOf(library: OpcUaLibrary, event: OpcUaEvent, eventType: string, namespaceIndex: number): EventFilter {
  const selectClauses = selectedFields(event).map((path) => ({
    attributeId: library.AttributeIds.Value,
    browsePath: path.map(({ name, isStandard }) => ({ name, namespaceIndex: isStandard ? 0 : namespaceIndex })),
    typeDefinitionId: path[0]?.isStandard === true ? BASE_EVENT_TYPE : eventType,
  }))
  const type = new library.LiteralOperand({ value: { dataType: library.DataType.NodeId, value: library.resolveNodeId(eventType) } })
  return new library.EventFilter({ selectClauses, whereClause: { elements: [{ filterOperator: library.FilterOperator.OfType, filterOperands: [type] }] } })
}
