/*
 * Reads births: what a gateway says of itself and of its points. Pure. Names: packages/protocol/birth.ts.
 */
import { DATA_TYPES, decodeStored, type Metric, NODE_METRICS, OUTBOX_METRICS, isIncarnation, type Payload, POINT_PROPERTIES, protocolErrors, type StoredRanges } from '@orewatch/protocol'
import type { AnnouncedPoint } from '../registry/registry.ts'

/** What an NBIRTH says of the gateway. */
export interface NodeBirth {
  /** Absent for gateways that know no acknowledgement. */
  readonly incarnation?: string
  /** Next free positions of the outbox at the time of the birth. */
  readonly next?: StoredRanges
  readonly session?: string
  readonly bdSeq?: number
  readonly positionAlias?: number
  readonly recordAlias?: number
  readonly statusAlias?: number
  readonly software?: string
}

/** A metric that a birth declares. */
export interface DeclaredMetric {
  readonly announced: AnnouncedPoint
  readonly alias?: number
  readonly dataType?: number
  /** Why no number can be made of it, when none can. */
  readonly unsupported?: string
}

/** Device id under which metrics of a gateway itself are registered; no Sparkplug device can have it. */
export const NODE_DEVICE = '_node'

const RESERVED = /^(bdSeq$|Node Control\/|Node Info\/|Device Control\/|Device Info\/|Outbox\/|Properties\/)/
const NUMERIC: ReadonlySet<number> = new Set([
  DATA_TYPES.Int8,
  DATA_TYPES.Int16,
  DATA_TYPES.Int32,
  DATA_TYPES.Int64,
  DATA_TYPES.UInt8,
  DATA_TYPES.UInt16,
  DATA_TYPES.UInt32,
  DATA_TYPES.UInt64,
  DATA_TYPES.Float,
  DATA_TYPES.Double,
  DATA_TYPES.Boolean,
])
const MAX_TEXT = 200

/** Reads the metrics of an NBIRTH about the gateway; throws PROTOCOL_MALFORMED when they contradict the format. */
export function readNodeBirth(payload: Payload): NodeBirth {
  const byName = new Map(payload.metrics.map((metric) => [metric.name, metric]))
  const incarnation = byName.get(OUTBOX_METRICS.incarnation)?.value
  if (incarnation !== undefined && (typeof incarnation !== 'string' || !isIncarnation(incarnation))) {
    throw protocolErrors.MALFORMED({ why: 'Outbox/Incarnation must be 16 hexadecimal digits' })
  }
  const next = byName.get(OUTBOX_METRICS.next)?.value
  const session = byName.get(OUTBOX_METRICS.session)?.value
  const bdSeq = byName.get(NODE_METRICS.bdSeq)?.value
  const software = byName.get(NODE_METRICS.software)?.value
  return {
    ...(incarnation !== undefined && { incarnation }),
    ...(next instanceof Uint8Array && { next: decodeStored(next) }),
    ...(typeof session === 'string' && { session: session.slice(0, MAX_TEXT) }),
    ...((typeof bdSeq === 'number' || typeof bdSeq === 'bigint') && { bdSeq: Number(bdSeq) }),
    ...(typeof software === 'string' && { software: software.slice(0, MAX_TEXT) }),
    ...aliasOf('positionAlias', byName.get(OUTBOX_METRICS.position)),
    ...aliasOf('recordAlias', byName.get(OUTBOX_METRICS.record)),
    ...aliasOf('statusAlias', byName.get(NODE_METRICS.status)),
  }
}

/** The points that a birth declares; metrics of the Sparkplug and outbox machinery are left out. */
export function readPoints(device: string, payload: Payload): DeclaredMetric[] {
  const points: DeclaredMetric[] = []
  for (const metric of payload.metrics) {
    if (metric.name === undefined || RESERVED.test(metric.name)) continue
    const { alias, dataType } = metric
    const isNumber = dataType === undefined || NUMERIC.has(dataType)
    points.push({
      announced: announce(device, metric.name, metric),
      ...(alias !== undefined && { alias }),
      ...(dataType !== undefined && { dataType }),
      ...(!isNumber && { unsupported: `Sparkplug data type ${dataType} is no number` }),
    })
  }
  return points
}

function announce(device: string, metric: string, { properties = {} }: Metric): AnnouncedPoint {
  return {
    device,
    metric: metric.slice(0, MAX_TEXT),
    ...text('pointCode', properties[POINT_PROPERTIES.pointCode]),
    ...text('unit', properties[POINT_PROPERTIES.unit]),
    ...number('rangeLo', properties[POINT_PROPERTIES.rangeLo]),
    ...number('rangeHi', properties[POINT_PROPERTIES.rangeHi]),
    ...number('periodMs', properties[POINT_PROPERTIES.periodMs]),
    ...text('title', properties[POINT_PROPERTIES.name]),
    ...text('place', properties[POINT_PROPERTIES.place]),
    ...text('profile', properties[POINT_PROPERTIES.profile]),
  }
}

function text<K extends string>(key: K, value: unknown): { readonly [P in K]?: string } {
  return (typeof value === 'string' && value !== '' ? { [key]: value.slice(0, MAX_TEXT) } : {}) as { readonly [P in K]?: string }
}

function number<K extends string>(key: K, value: unknown): { readonly [P in K]?: number } {
  return (typeof value === 'number' && Number.isFinite(value) ? { [key]: value } : {}) as { readonly [P in K]?: number }
}

function aliasOf<K extends string>(key: K, metric: Metric | undefined): { readonly [P in K]?: number } {
  return (metric?.alias === undefined ? {} : { [key]: metric.alias }) as { readonly [P in K]?: number }
}
