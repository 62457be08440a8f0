import { errorCode } from '@orewatch/core'
import { countOf, decodePayload, decodePosition, type GatewayStatus, type Metric, NODE_METRICS, OUTBOX_METRICS, type OutboxPosition, parseRecord, protocolErrors } from '@orewatch/protocol'
import type { QuarantinedSample } from '../quarantine/quarantine.ts'
import type { PositionedRecord } from '../records/records.ts'
import { NODE_DEVICE } from './birth-reader.ts'
import type { DataArrival, Intake } from './data-intake.ts'
import type { IngestQueue } from './queue.ts'
import { positionAt } from './writer.ts'

// Parsed JSON takes several times the bytes of its text.
const PARSED_FACTOR = 4

/** Takes NDATA of our gateways: events and alarms on their way to the record store, or a status of this moment. */
export class RecordIntake {
  readonly #queue: IngestQueue
  readonly #canWrite: () => boolean

  /** `canWrite` tells whether record store and quarantine take anything at the moment. */
  constructor(queue: IngestQueue, canWrite: () => boolean) {
    this.#queue = queue
    this.#canWrite = canWrite
  }

  /** Undefined when the message carries samples instead. Never throws on what came over the wire. */
  take(arrival: DataArrival): Intake | undefined {
    try {
      return this.#take(arrival)
    } catch (err) {
      if (errorCode(err).startsWith('PROTOCOL_')) return { kind: 'malformed', why: err instanceof Error ? err.message : errorCode(err) }
      throw err
    }
  }

  #take(arrival: DataArrival): Intake | undefined {
    const { session, birth, payload } = arrival
    const { node } = birth
    const { metrics, seq } = decodePayload(payload)
    const status = metrics.find((metric) => isCalled(metric, node.statusAlias, NODE_METRICS.status))
    if (status !== undefined) takeStatus(arrival, status)
    const records = metrics.filter((metric) => isCalled(metric, node.recordAlias, OUTBOX_METRICS.record))
    if (records.length === 0) return status === undefined ? undefined : { kind: 'pending', seq }
    const bytes = metrics.find((metric) => isCalled(metric, node.positionAlias, OUTBOX_METRICS.position))?.value
    if (!(bytes instanceof Uint8Array)) throw protocolErrors.MALFORMED({ why: 'records without Outbox/Position' })
    const position = decodePosition(bytes)
    if (position.incarnation !== session.ledger?.incarnation) return { kind: 'needs-birth', seq, why: 'positions of an outbox that no birth announced' }
    if (countOf(position.runs) !== records.length) throw protocolErrors.MALFORMED({ why: 'positions and records differ in number', positions: countOf(position.runs), records: records.length })
    if (session.ledger.covers('stored', position)) return { kind: 'stored', seq, position }
    if (session.ledger.covers('pending', position)) return { kind: 'pending', seq }
    const extraBytes = payload.length * PARSED_FACTOR
    if (!this.#canWrite() || !this.#queue.reserve(session, extraBytes, birth.gateway !== undefined, arrival.bytes)) return { kind: 'dropped', seq }
    this.#enqueue({ ...arrival, bytes: arrival.bytes + extraBytes }, records, position)
    return { kind: 'queued', seq }
  }

  #enqueue(arrival: DataArrival, metrics: readonly Metric[], position: OutboxPosition): void {
    const { session, birth, bytes, receivedMs } = arrival
    const batch = this.#queue.batch('records')
    const good: PositionedRecord[] = []
    for (const [row, metric] of metrics.entries()) {
      const at = positionAt(position.runs, row) as number
      const record = birth.gateway === undefined ? 'the gateway is not in the register' : readRecord(metric)
      if (typeof record === 'string') batch.refused.push(refusedRecord(arrival, metric, { ...position, position: at }, record))
      else good.push({ position: at, record })
    }
    if (good.length > 0) batch.records.push({ gateway: birth.identity, position, records: good, receivedMs })
    session.ledger?.add('pending', position.stream, position.runs)
    this.#queue.add(batch, { session, identity: birth.identity, ledger: session.ledger, position, from: 0, to: 0, bytes, receivedMs })
  }
}

function isCalled(metric: Metric, alias: number | undefined, name: string): boolean {
  return metric.name === name || (alias !== undefined && metric.alias === alias)
}

function readRecord(metric: Metric): ReturnType<typeof parseRecord> {
  if (typeof metric.value !== 'string') return 'a record is JSON text'
  try {
    return parseRecord(JSON.parse(metric.value))
  } catch {
    return 'the text is not JSON'
  }
}

function refusedRecord(
  arrival: DataArrival,
  metric: Metric,
  at: { readonly incarnation: string; readonly stream: OutboxPosition['stream']; readonly position: number },
  why: string,
): QuarantinedSample {
  const { session, birth, receivedMs } = arrival
  return {
    gatewayKey: session.key,
    device: NODE_DEVICE,
    metric: OUTBOX_METRICS.record,
    reason: birth.gateway === undefined ? 'unknown-gateway' : 'bad-record',
    detail: why,
    timeMs: metric.timestampMs ?? receivedMs,
    value: typeof metric.value === 'string' ? metric.value : null,
    quality: 0,
    receivedMs,
    position: { incarnation: at.incarnation, stream: at.stream, position: at.position },
  }
}

function takeStatus({ session, receivedMs }: DataArrival, metric: Metric): void {
  const status = readStatus(metric.value)
  if (status === undefined) return
  session.status = status
  session.statusReceivedMs = receivedMs
}

// Of its content only the shape is checked that central itself relies on; the rest is shown as it is.
function readStatus(value: Metric['value']): GatewayStatus | undefined {
  if (typeof value !== 'string') return undefined
  try {
    const parsed = JSON.parse(value) as GatewayStatus | null
    const isStatus =
      typeof parsed === 'object' && parsed !== null && typeof parsed.timeMs === 'number' && isObject(parsed.devices) && isObject(parsed.outbox) && isObject(parsed.uplink) && isObject(parsed.clock)
    return isStatus ? parsed : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
