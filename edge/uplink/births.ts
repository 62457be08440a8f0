import { DATA_TYPES, DEVICE_METRICS, encodePayload, encodeStored, type Metric, NODE_METRICS, OUTBOX_METRICS, POINT_PROPERTIES, STREAMS } from '@orewatch/protocol'
import type { CatalogPoint, Outbox } from '../outbox/outbox.ts'

/**
 * Aliases of the gateway's own metrics. The outbox gives points aliases from 16 on, so these never meet them.
 */
export const NODE_ALIASES = { position: 1, record: 2, status: 3, clockOffsetMs: 4, clockSource: 5 } as const

/** What the births say of the gateway. */
export interface NodeIdentity {
  readonly subject: string
  readonly software: string
  /** New with every start of the program. */
  readonly session: string
}

/** What a birth says of a device beside its points. */
export interface DeviceIdentity {
  readonly family: string
  readonly profile: string
  readonly title: string
}

/** The NBIRTH payload (its seq is 0 by the specification). */
export function encodeNodeBirth(outbox: Outbox, identity: NodeIdentity, bdSeq: number, timestampMs: number): Uint8Array<ArrayBuffer> {
  const next = encodeStored({
    incarnation: outbox.incarnation,
    isComplete: true,
    streams: new Map(STREAMS.flatMap((stream) => (outbox.next(stream) > 0 ? [[stream, [{ first: 0, count: outbox.next(stream) }]] as const] : []))),
  })
  const text = (name: string, value: string, alias?: number): Metric => ({ name, dataType: DATA_TYPES.String, value, timestampMs, ...(alias !== undefined && { alias }) })
  const metrics: Metric[] = [
    { name: NODE_METRICS.bdSeq, dataType: DATA_TYPES.UInt64, value: bdSeq, timestampMs },
    { name: OUTBOX_METRICS.rebirth, dataType: DATA_TYPES.Boolean, value: false, timestampMs },
    { name: OUTBOX_METRICS.reload, dataType: DATA_TYPES.Boolean, value: false, timestampMs },
    { name: OUTBOX_METRICS.stored, dataType: DATA_TYPES.Bytes, value: new Uint8Array(0), timestampMs },
    text(OUTBOX_METRICS.incarnation, outbox.incarnation),
    { name: OUTBOX_METRICS.next, dataType: DATA_TYPES.Bytes, value: next, timestampMs },
    { name: OUTBOX_METRICS.position, alias: NODE_ALIASES.position, dataType: DATA_TYPES.Bytes, value: new Uint8Array(0), timestampMs },
    { name: OUTBOX_METRICS.record, alias: NODE_ALIASES.record, dataType: DATA_TYPES.String, isNull: true, timestampMs },
    { name: NODE_METRICS.status, alias: NODE_ALIASES.status, dataType: DATA_TYPES.String, isNull: true, timestampMs },
    text(OUTBOX_METRICS.session, identity.session),
    text(NODE_METRICS.software, identity.software),
    text(NODE_METRICS.subject, identity.subject),
  ]
  return encodePayload({ timestampMs, seq: 0, metrics })
}

/** The NDEATH payload, registered as the broker's will before connecting. */
export function encodeNodeDeath(bdSeq: number, timestampMs: number): Uint8Array<ArrayBuffer> {
  return encodePayload({ timestampMs, metrics: [{ name: NODE_METRICS.bdSeq, dataType: DATA_TYPES.UInt64, value: bdSeq, timestampMs }] })
}

/** The DBIRTH payload of one device: all its points that live or whose samples still wait. */
export function encodeDeviceBirth(points: readonly CatalogPoint[], identity: DeviceIdentity | undefined, seq: number, timestampMs: number): Uint8Array<ArrayBuffer> {
  const metrics: Metric[] = []
  if (identity !== undefined) {
    metrics.push({ name: DEVICE_METRICS.family, dataType: DATA_TYPES.String, value: identity.family, timestampMs })
    metrics.push({ name: DEVICE_METRICS.profile, dataType: DATA_TYPES.String, value: identity.profile, timestampMs })
    metrics.push({ name: DEVICE_METRICS.title, dataType: DATA_TYPES.String, value: identity.title, timestampMs })
  }
  for (const point of points) {
    // No value here: the last one would look fresh. The samples come from the outbox.
    metrics.push({
      name: point.name,
      alias: point.alias,
      dataType: point.isBoolean ? DATA_TYPES.Boolean : DATA_TYPES.Double,
      isNull: true,
      timestampMs,
      properties: identity === undefined ? { ...point.properties, [POINT_PROPERTIES.retired]: true } : point.properties,
    })
  }
  return encodePayload({ timestampMs, seq, metrics })
}
