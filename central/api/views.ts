/* Turns what the parts know into what the contract shows; pure. */
import { reasonOf, SENSOR_TYPES } from '@orewatch/core'
import type { Gateway, Mine, PointRow } from '../registry/index.ts'
import type { LatestSample } from '../telemetry/store.ts'
import type { Device, GatewaySummary, Latest, MineSummary, Point, Status } from './contract.ts'
import type { MineFigures } from './figures.ts'
import type { ApiParts, GatewaySession } from './parts.ts'

/** A number as JSON has it: what is not a finite number becomes null. */
export function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** A newest sample as the contract shows it. */
export function toLatest(sample: LatestSample): Latest {
  return { timeMs: sample.timeMs, value: numberOrNull(sample.value), quality: sample.quality, reason: reasonOf(sample.reason), flags: sample.flags }
}

/** A point as the contract shows it; one without a title is called by its class. */
export function toPoint(point: PointRow, latest: LatestSample | undefined): Point {
  const { pointCode, metric, device, subjectCode, sensorType, unit, rangeLo, rangeHi, periodMs, place } = point
  return {
    pointCode,
    metric,
    device,
    subjectCode,
    sensorType,
    unit,
    periodMs,
    name: point.title ?? SENSOR_TYPES[sensorType]?.zh ?? metric,
    gateway: nodeOf(point.gatewayKey),
    ...(rangeLo !== undefined && { rangeLo }),
    ...(rangeHi !== undefined && { rangeHi }),
    ...(place !== undefined && { place }),
    ...(latest !== undefined && { latest: toLatest(latest) }),
  }
}

/** The node of a `group/node` key. */
export function nodeOf(gatewayKey: string): string {
  return gatewayKey.slice(gatewayKey.indexOf('/') + 1)
}

/** A gateway with its session. */
export function toGatewaySummary({ id, group, node }: Gateway, session: GatewaySession): GatewaySummary {
  const { status } = session
  return {
    id,
    group,
    node,
    isOnline: session.isOnline,
    ...(session.sinceMs !== undefined && { sinceMs: session.sinceMs }),
    ...(status !== undefined && { pending: status.outbox.pending }),
    ...(status?.outbox.oldestMs !== undefined && { oldestMs: status.outbox.oldestMs }),
    ...(status?.clock.offsetMs !== undefined && { clockOffsetMs: status.clock.offsetMs }),
    ...(status?.outbox.failure !== undefined && { failure: status.outbox.failure }),
  }
}

/** A mine with its gateways and figures. */
export function toMineSummary(mine: Mine, gateways: readonly GatewaySummary[], figures: MineFigures | undefined): MineSummary {
  const { subjectCode, name, kind } = mine
  return { subjectCode, name, kind, gateways: [...gateways], ...(figures ?? { points: 0, good: 0, bad: 0, stale: 0 }) }
}

/** A device of the register with what its gateway says of it now. */
export function toDevice(device: { readonly gatewayKey: string; readonly name: string; readonly title?: string; readonly profile?: string }, session: GatewaySession): Device {
  const found = session.isOnline ? session.status?.devices[device.name] : undefined
  return {
    gateway: nodeOf(device.gatewayKey),
    device: device.name,
    // A profile is a family, or a variant of it: gas-substation/scaled.
    ...(device.profile !== undefined && { family: device.profile.split('/')[0] ?? device.profile }),
    ...(device.title !== undefined && { title: device.title }),
    ...(found !== undefined && { state: found.state, sinceMs: found.sinceMs }),
    ...(found?.reason !== undefined && { reason: found.reason }),
    ...(found?.detail !== undefined && { detail: found.detail }),
  }
}

/** How the parts of central stand. */
export function toStatus({ ingest, store, relational }: Pick<ApiParts, 'ingest' | 'store' | 'relational'>): Status {
  const { pointsPerSecond, queueBytes, dropped } = ingest.stats()
  return {
    broker: { ...ingest.brokerHealth() },
    ingest: { ...ingest.health(), pointsPerSecond, queueBytes, dropped },
    store: { ...store.health(), name: store.name },
    relational: { ...relational.health() },
  }
}
