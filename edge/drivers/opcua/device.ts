import { Q, reasonCode, SampleBuilder } from '@orewatch/core'
import type { ClientMonitoredItemGroup, DataValue } from 'node-opcua-client'
import type { DeviceSpec, DeviceState } from '../driver.ts'
import { decodeDataValue } from './codec.ts'

/** A span without readings, in the source's time, UTC ms, both ends excluded. */
export interface Gap {
  /** Moves on with what is read. */
  fromMs: number
  readonly toMs: number
  /** Requests that failed since the last row. */
  tries: number
}

/** A watched node. */
export interface Item {
  readonly index: number
  readonly name: string
  readonly namespaceUri: string
  readonly identifier: string
  readonly periodMs: number
  readonly samplingMs: number
  /** With the namespace index of the present session; undefined while the server has no such namespace. */
  nodeId: string | undefined
  /** Monotonic ms of the last reading handed on. */
  lastMs: number
  lastSourceMs: number
  /** Monotonic ms at which `lastSourceMs` was first seen. */
  sourceSeenMs: number
  lastValue: number
  lastQuality: number
  isReported: boolean
  /** Up to this time of the source readings are complete, UTC ms. */
  coveredMs: number
  /** Where the present outage began, in the source's time; undefined while there is none. */
  openGapMs: number | undefined
  /** Spans that the server's history may fill, oldest first. */
  gaps: Gap[]
  /** Whether the server lets us read the node's history; undefined while nobody asked. */
  hasHistory: boolean | undefined
}

// More outages than this that wait for their history at once are not kept.
const MAX_GAPS = 32

const ILLEGAL_ADDRESS = reasonCode('illegal-address')

/** A device on an OPC UA line: its items and what they gave last. */
export class OpcUaDevice {
  readonly spec: DeviceSpec
  readonly items: readonly Item[]
  state: DeviceState = { kind: 'starting' }
  groups: ClientMonitoredItemGroup[] = []
  readonly #linked: ReadonlyMap<string, readonly Item[]>
  readonly builder = new SampleBuilder(64)
  /** Rows of the server's history. */
  readonly history = new SampleBuilder(64)
  /** Schemas of events that the server refuses, each said once. */
  readonly refusedEvents = new Set<string>()
  /** Since when events of a schema may be missing, UTC ms. */
  readonly eventsMissedSinceMs = new Map<string, number>()

  constructor(spec: DeviceSpec) {
    this.spec = spec
    this.items = spec.points.flatMap((point, index) => {
      if (point.source.kind !== 'opcua') return []
      const { namespaceUri, identifier, samplingMs } = point.source.opcua
      return [
        {
          index,
          name: point.name,
          namespaceUri,
          identifier,
          periodMs: point.periodMs,
          samplingMs: samplingMs ?? point.periodMs,
          nodeId: undefined,
          lastMs: Number.NEGATIVE_INFINITY,
          lastSourceMs: Number.NEGATIVE_INFINITY,
          sourceSeenMs: Number.NEGATIVE_INFINITY,
          lastValue: Number.NaN,
          lastQuality: -1,
          isReported: false,
          coveredMs: Number.NEGATIVE_INFINITY,
          openGapMs: undefined,
          gaps: [],
          hasHistory: undefined,
        },
      ]
    })
    this.#linked = linkedItems(spec, this.items)
  }

  /** The item and those that are read with it, in the order of the items. */
  linked(item: Item): readonly Item[] {
    return this.#linked.get(item.name) ?? [item]
  }

  /** Resolves the items' namespaces against the server's present table; returns those that it lacks. */
  resolve(namespaces: readonly string[]): Item[] {
    const lacking: Item[] = []
    for (const item of this.items) {
      const at = namespaces.indexOf(item.namespaceUri)
      item.hasHistory = undefined
      item.nodeId = at < 0 ? undefined : `ns=${at};${item.identifier}`
      if (at < 0) lacking.push(item)
    }
    return lacking
  }

  /** The subscription is over: from `nowMs` (UTC) on events may be missing, and readings from the last one on. */
  detach(nowMs: number): void {
    this.groups = []
    for (const item of this.items) if (Number.isFinite(item.coveredMs)) item.openGapMs ??= item.coveredMs
    for (const { schema } of this.spec.events ?? []) if (!this.eventsMissedSinceMs.has(schema)) this.eventsMissedSinceMs.set(schema, nowMs)
  }

  /** Cuts off what of the gaps lies further back than `maxMs` before their end; true when some are left. */
  forgetGapsBefore(maxMs: number): boolean {
    let isAnyLeft = false
    for (const item of this.items) {
      if (item.gaps.length === 0) continue
      if (maxMs === 0) item.gaps.length = 0
      for (const gap of item.gaps) gap.fromMs = Math.max(gap.fromMs, gap.toMs - maxMs)
      isAnyLeft ||= item.gaps.length > 0
    }
    return isAnyLeft
  }

  /** Adds the reading of an item to the builder. `nowMs` is monotonic. */
  add(item: Item, dataValue: DataValue, nowMs: number, way: 'notified' | 'read'): void {
    const { value, quality, reason, sourceMs } = decodeDataValue(dataValue)
    this.#cover(item, sourceMs, nowMs, way)
    const isSame = Object.is(value, item.lastValue) && quality === item.lastQuality
    item.lastMs = Math.max(item.lastMs, nowMs)
    // The same sample again: it was read just before its notification came.
    if (way === 'notified' && sourceMs === item.lastSourceMs && isSame) return
    // A server that stamps changes repeats the old time for a value that still holds: then the reading is of now.
    // A notification that was overtaken by a read keeps its own, older time.
    const isOfItsTime = sourceMs > item.lastSourceMs || (way === 'notified' && sourceMs < item.lastSourceMs)
    if (sourceMs > item.lastSourceMs) {
      item.lastSourceMs = sourceMs
      item.sourceSeenMs = nowMs
      item.lastValue = value
      item.lastQuality = quality
    }
    this.builder.push(item.index, isOfItsTime ? sourceMs : Number.NaN, value, quality, isUnknownNode(dataValue) ? ILLEGAL_ADDRESS : reason)
  }

  // Up to when the point is known, in the clock of its source alone: the server's may be another one. A value that is read
  // again at its old source time is known for as long as has passed since that time was first seen.
  #cover(item: Item, sourceMs: number, nowMs: number, way: 'notified' | 'read'): void {
    const heldMs = way === 'read' ? item.lastSourceMs + (nowMs - item.sourceSeenMs) : Number.NEGATIVE_INFINITY
    const knownMs = sourceMs > item.lastSourceMs || Number.isNaN(heldMs) ? sourceMs : Math.max(sourceMs, heldMs)
    if (item.openGapMs !== undefined) {
      // Less than two milliseconds leave no room for a row.
      if (knownMs > item.openGapMs + 1) item.gaps = [...item.gaps, { fromMs: item.openGapMs, toMs: knownMs, tries: 0 }].slice(-MAX_GAPS)
      // A notification of the old time says nothing yet of the outage; the next reading will.
      if (knownMs > item.openGapMs) item.openGapMs = undefined
    }
    if (knownMs > item.coveredMs) item.coveredMs = knownMs
  }

  /** Adds the bad reading of an item whose node cannot be named. */
  addUnknown(item: Item, nowMs: number): void {
    item.lastMs = nowMs
    this.builder.push(item.index, Number.NaN, Number.NaN, Q.commLost, ILLEGAL_ADDRESS)
  }
}

// Items that are read with each other, directly or over a third one, by the name of each.
function linkedItems({ points }: DeviceSpec, items: readonly Item[]): ReadonlyMap<string, readonly Item[]> {
  const groupOf = new Map<string, Set<string>>()
  for (const { name, readWith = [] } of points) {
    const groups = [name, ...readWith].map((member) => groupOf.get(member) ?? new Set([member]))
    const joined = new Set(groups.flatMap((group) => [...group]))
    for (const member of joined) groupOf.set(member, joined)
  }
  const linked = items.filter(({ name }) => (groupOf.get(name)?.size ?? 1) > 1)
  return new Map(linked.map(({ name }) => [name, linked.filter((other) => groupOf.get(name)?.has(other.name))]))
}

/** Whether the server says that there is no such node. */
export function isUnknownNode(dataValue: DataValue): boolean {
  const code = dataValue.statusCode.value & 0xffff0000
  return code === (0x80340000 | 0) || code === (0x80330000 | 0) // BadNodeIdUnknown, BadNodeIdInvalid
}
