/*
 * The hot path: a data message becomes rows of a batch, aliases become register ids, what cannot be stored becomes
 * quarantine. Synchronous; everything it needs was looked up when the births came. Not here: records (record-intake.ts).
 */
import { type Clock, errorCode, Q, reasonCode, type SampleBuilder, SAMPLE_FLAGS } from '@orewatch/core'
import { countOf, decodeData, decodePayload, decodePosition, type Metric, OUTBOX_METRICS, type OutboxPosition, protocolErrors, readSampleProperties } from '@orewatch/protocol'
import type { QuarantinedSample } from '../quarantine/quarantine.ts'
import type { RefusalCode } from '../registry/registry.ts'
import type { Batch } from './batch.ts'
import { NODE_DEVICE } from './birth-reader.ts'
import type { ConflictWindow } from './conflict-window.ts'
import type { Counters } from './counters.ts'
import type { PointSource } from './point-table.ts'
import type { IngestQueue } from './queue.ts'
import type { Birth, GatewaySession } from './session.ts'
import { positionAt } from './writer.ts'

/** A data message with what is known of its sender. */
export interface DataArrival {
  readonly session: GatewaySession
  readonly birth: Birth
  /** Device of the topic; absent for NDATA. */
  readonly device: string | undefined
  readonly payload: Uint8Array
  readonly receivedMs: number
  /** Bytes already reserved in the queue for it. */
  readonly bytes: number
  /** The message is a birth, whose values of known points are samples too. */
  readonly isBirth?: boolean
}

/** What became of a data message; in every case but `queued` its room in the queue must be given back. */
export type Intake =
  | { readonly kind: 'queued'; readonly seq: number | undefined }
  /** All of it is stored already: say so at once. */
  | { readonly kind: 'stored'; readonly seq: number | undefined; readonly position: OutboxPosition }
  /** It is on its way to the store from an earlier sending, or holds nothing to store. */
  | { readonly kind: 'pending'; readonly seq: number | undefined }
  /** There is no room for it now. */
  | { readonly kind: 'dropped'; readonly seq: number | undefined }
  | { readonly kind: 'needs-birth'; readonly seq: number | undefined; readonly why: string }
  | { readonly kind: 'malformed'; readonly why: string }

/** What the intake is made of. */
export interface DataIntakeOptions {
  readonly queue: IngestQueue
  readonly counters: Counters
  readonly clock: Clock
  readonly conflicts: ConflictWindow
  /** Whether the quarantine takes anything at the moment. */
  readonly canRefuse: () => boolean
  /** How far ahead of central's clock a sample may be, ms. */
  readonly maxAheadMs: number
}

// A refused sample is an object of its own with its names, far larger than a row.
const BYTES_PER_REFUSAL = 400
const ALIAS_PATIENCE_MS = 60_000
const MAX_ASKED_ALIASES = 10_000

const NOT_A_NUMBER = reasonCode('not-a-number')

// Domain table E.2: infinity is no measurement, whoever calls it good; and not every store could keep it.
function withoutInfinity(samples: SampleBuilder, row: number): void {
  const value = samples.value[row] as number
  if (value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY) return
  samples.value[row] = Number.NaN
  if (samples.quality[row] !== Q.good) return
  samples.quality[row] = Q.suspect
  samples.reason[row] = NOT_A_NUMBER
}

/** Takes data messages into the queue. */
export class DataIntake {
  readonly #options: DataIntakeOptions

  constructor(options: DataIntakeOptions) {
    this.#options = options
  }

  /** Decodes one message into the queue; never throws on what came over the wire. */
  take(arrival: DataArrival): Intake {
    const batch = this.#options.queue.batch('live')
    const start = batch.samples.count
    const refusedStart = batch.refused.length
    try {
      const intake = this.#decode(arrival, batch, start, refusedStart)
      if (intake.kind !== 'queued') rollBack(batch, start, refusedStart)
      return intake
    } catch (err) {
      rollBack(batch, start, refusedStart)
      if (errorCode(err).startsWith('PROTOCOL_')) return { kind: 'malformed', why: err instanceof Error ? err.message : errorCode(err) }
      throw err
    }
  }

  #decode(arrival: DataArrival, batch: Batch, start: number, refusedStart: number): Intake {
    const { birth, session, payload } = arrival
    const { table } = birth
    const isDense = !table.isSparse
    const message = isDense ? decodeData(payload, table.dataTypeOf, batch.samples) : { ...decodeAll(payload, table.dataTypeOf), samples: batch.samples }
    const { seq } = message
    const rows = batch.samples.count - start
    const { position, others } = splitPosition(message.others, birth)
    if (position !== undefined) {
      if (position.incarnation !== session.ledger?.incarnation) return { kind: 'needs-birth', seq, why: 'positions of an outbox that no birth announced' }
      if (countOf(position.runs) !== rows + others.length)
        throw protocolErrors.MALFORMED({ why: 'positions and samples differ in number', positions: countOf(position.runs), samples: rows + others.length })
      if (session.ledger.covers('stored', position)) return { kind: 'stored', seq, position }
      if (session.ledger.covers('pending', position)) return { kind: 'pending', seq }
    }
    if (!this.#admitRows(arrival, batch, start, others.length === 0 ? position : undefined)) return { kind: 'needs-birth', seq, why: 'an alias that no birth declares' }
    for (const metric of others) {
      if (arrival.isBirth !== true || isBirthValue(birth, arrival.device, metric)) this.#admitMetric(arrival, batch, metric, message.timestampMs)
    }
    if (batch.samples.count === start && batch.refused.length === refusedStart && position === undefined) return { kind: 'pending', seq }
    const extraBytes = (batch.refused.length - refusedStart) * BYTES_PER_REFUSAL
    if (extraBytes > 0) {
      // While the quarantine is away, what needs it shall not hold up what does not.
      if (!this.#options.canRefuse() || !this.#options.queue.reserve(session, extraBytes, birth.gateway !== undefined, arrival.bytes)) return { kind: 'dropped', seq }
    }
    return this.#enqueue({ ...arrival, bytes: arrival.bytes + extraBytes }, arrival.bytes, batch, start, position, seq)
  }

  // Maps aliases to points in place; rows that cannot be stored leave the batch for the quarantine.
  #admitRows(arrival: DataArrival, batch: Batch, start: number, position: OutboxPosition | undefined): boolean {
    const { samples } = batch
    const { key, timeMs } = samples
    const { pointOf, receivedMs } = arrival.birth.table
    const { conflicts, maxAheadMs } = this.#options
    const horizonMs = arrival.receivedMs + maxAheadMs
    const end = samples.count
    let to = start
    for (let row = start; row < end; row++) {
      const alias = key[row] as number
      const point = alias < pointOf.length ? (pointOf[alias] as number) : 0
      const time = timeMs[row] as number
      withoutInfinity(samples, row)
      if (point > 0 && time >= 0 && time <= horizonMs && conflicts.check(point, time, samples.value[row] as number, samples.quality[row] as number) !== 'conflict') {
        receivedMs[alias] = arrival.receivedMs
        if (to !== row) moveRow(samples, row, to)
        key[to++] = point
      } else if (!this.#refuseRow(arrival, batch, row, alias, point, position === undefined ? undefined : { position, row: row - start })) return false
    }
    samples.count = to
    return true
  }

  // False when births might help, so that the message shall be dropped and come again.
  #refuseRow(arrival: DataArrival, batch: Batch, row: number, alias: number, point: number, at: { position: OutboxPosition; row: number } | undefined): boolean {
    const { session, birth } = arrival
    const { samples } = batch
    const source = birth.table.byAlias(alias)
    if (source === undefined && session.ledger !== undefined && !this.#isHopelessAlias(session, birth, alias, arrival.receivedMs)) return false
    const time = samples.timeMs[row] as number
    const { reason, detail } = this.#judge(source, point, time, arrival.receivedMs)
    const first = at === undefined ? undefined : positionAt(at.position.runs, at.row)
    this.#quarantine(arrival, batch, source, {
      device: source?.declared.announced.device ?? arrival.device ?? NODE_DEVICE,
      metric: source?.declared.announced.metric ?? `alias ${alias}`,
      reason,
      detail,
      timeMs: time,
      value: samples.value[row] as number,
      quality: samples.quality[row] as number,
      reasonCode: samples.reason[row] as number,
      flags: samples.flags[row] as number,
      gatewayDeltaMs: samples.gatewayDeltaMs[row] as number,
      ...(at !== undefined && first !== undefined && { position: { incarnation: at.position.incarnation, stream: at.position.stream, position: first } }),
    })
    return true
  }

  #isHopelessAlias(session: GatewaySession, birth: Birth, alias: number, nowMs: number): boolean {
    const askedMs = session.askedForAlias.get(alias)
    if (askedMs === undefined) {
      if (session.askedForAlias.size >= MAX_ASKED_ALIASES) session.askedForAlias.clear()
      session.askedForAlias.set(alias, nowMs)
      return false
    }
    return birth.sinceMs > askedMs || nowMs - askedMs > ALIAS_PATIENCE_MS
  }

  #judge(source: PointSource | undefined, point: number, timeMs: number, receivedMs: number): { readonly reason: RefusalCode; readonly detail: string } {
    if (source === undefined) return { reason: 'unknown-point', detail: 'no birth declares this alias or name' }
    if (source.refused !== undefined) return { reason: source.refused.code, detail: source.refused.detail }
    if (!(timeMs >= 0)) return { reason: 'bad-record', detail: 'the sample has no usable time' }
    if (timeMs > receivedMs + this.#options.maxAheadMs)
      return { reason: 'time-skew', detail: `the sample is ${Math.round((timeMs - receivedMs) / 1_000)} s ahead of central's clock; set the clock of the device or gateway` }
    if (point > 0 || source.point > 0) return { reason: 'conflict', detail: 'another value or quality was taken for this time; the first is kept' }
    return { reason: 'unknown-point', detail: 'the register does not know the point' }
  }

  // A metric addressed by name, with a sparse alias, or whose value is no number.
  #admitMetric(arrival: DataArrival, batch: Batch, metric: Metric, payloadMs: number | undefined): void {
    const { table } = arrival.birth
    const device = arrival.device ?? NODE_DEVICE
    const source = metric.alias !== undefined ? table.byAlias(metric.alias) : table.byName(device, metric.name ?? '')
    const { value } = metric
    const timeMs = metric.timestampMs ?? payloadMs ?? Number.NaN
    const isNumber = value === undefined || typeof value === 'number' || typeof value === 'boolean'
    const number = value === undefined || !isNumber ? Number.NaN : Number(value)
    const meta = readSampleProperties(metric.properties ?? {}, !Number.isNaN(number))
    const flags = meta.flags | (metric.isHistorical === true ? SAMPLE_FLAGS.backfilled : 0)
    const point = source?.point ?? 0
    const { conflicts, maxAheadMs } = this.#options
    if (isNumber && point > 0 && timeMs >= 0 && timeMs <= arrival.receivedMs + maxAheadMs && conflicts.check(point, timeMs, number, meta.quality) !== 'conflict') {
      if (source !== undefined) table.touch(source, arrival.receivedMs)
      batch.samples.push(point, timeMs, number, meta.quality, meta.reason, flags, meta.gatewayDeltaMs)
      withoutInfinity(batch.samples, batch.samples.count - 1)
      return
    }
    const judged = isNumber ? this.#judge(source, point, timeMs, arrival.receivedMs) : unsupported(value)
    this.#quarantine(arrival, batch, source, {
      device: source?.declared.announced.device ?? device,
      metric: source?.declared.announced.metric ?? metric.name?.slice(0, 200) ?? `alias ${metric.alias}`,
      ...judged,
      timeMs,
      value: exact(value),
      quality: meta.quality,
      reasonCode: meta.reason,
      flags,
      gatewayDeltaMs: meta.gatewayDeltaMs,
    })
  }

  #quarantine(arrival: DataArrival, batch: Batch, source: PointSource | undefined, sample: Omit<QuarantinedSample, 'gatewayKey' | 'receivedMs'>): void {
    if (source !== undefined) {
      source.lastRefusedMs = arrival.receivedMs
      source.lastRefusal = sample.reason
    }
    // The quarantine orders by time, so a sample without one stands where it came in.
    const timeMs = sample.timeMs >= 0 ? sample.timeMs : arrival.receivedMs
    batch.refused.push({ ...sample, timeMs, gatewayKey: arrival.session.key, receivedMs: arrival.receivedMs })
    this.#options.counters.refuse(sample.reason)
  }

  #enqueue(arrival: DataArrival, reservedBytes: number, live: Batch, start: number, position: OutboxPosition | undefined, seq: number | undefined): Intake {
    const { queue, counters } = this.#options
    const { session, birth, bytes, receivedMs } = arrival
    let batch = live
    let from = start
    const isBacklog = live.samples.count > start && ((live.samples.flags[start] as number) & SAMPLE_FLAGS.backfilled) !== 0
    if (isBacklog) {
      if (!queue.hasRoomForBacklog(bytes)) {
        queue.release(session, bytes - reservedBytes)
        return { kind: 'dropped', seq }
      }
      batch = queue.batch('backlog')
      from = batch.samples.count
      batch.samples.append(live.samples, start, live.samples.count)
      live.samples.count = start
    }
    const rows = batch.samples.count - from
    counters.received += rows
    const ledger = position === undefined ? undefined : session.ledger
    if (position !== undefined) ledger?.add('pending', position.stream, position.runs)
    queue.add(batch, { session, identity: birth.identity, ledger, position, from, to: batch.samples.count, bytes, receivedMs })
    return { kind: 'queued', seq }
  }
}

// Of a birth only values count that are there and could be some point's: those of points that are refused go to the
// quarantine, or a value that never changes could not be found there and adopted. The rest of it is declarations.
function isBirthValue({ table }: Birth, device: string | undefined, metric: Metric): boolean {
  const source = table.byName(device ?? NODE_DEVICE, metric.name ?? '')
  return metric.value !== undefined && source !== undefined && source.refused?.code !== 'unsupported-type'
}

function rollBack(batch: Batch, start: number, refusedStart: number): void {
  batch.samples.count = start
  batch.refused.length = refusedStart
}

function moveRow(samples: SampleBuilder, from: number, to: number): void {
  samples.timeMs[to] = samples.timeMs[from] as number
  samples.value[to] = samples.value[from] as number
  samples.quality[to] = samples.quality[from] as number
  samples.reason[to] = samples.reason[from] as number
  samples.flags[to] = samples.flags[from] as number
  samples.gatewayDeltaMs[to] = samples.gatewayDeltaMs[from] as number
}

function splitPosition(metrics: readonly Metric[], { node }: Birth): { readonly position: OutboxPosition | undefined; readonly others: readonly Metric[] } {
  if (node.incarnation === undefined) return { position: undefined, others: metrics }
  const at = metrics.findIndex((metric) => (metric.alias !== undefined && metric.alias === node.positionAlias) || metric.name === OUTBOX_METRICS.position)
  const bytes = metrics[at]?.value
  if (at < 0) return { position: undefined, others: metrics }
  if (!(bytes instanceof Uint8Array)) throw protocolErrors.MALFORMED({ why: 'Outbox/Position holds no bytes' })
  return { position: decodePosition(bytes), others: metrics.length === 1 ? [] : metrics.toSpliced(at, 1) }
}

function decodeAll(
  payload: Uint8Array,
  dataTypeOf: (alias: number) => number | undefined,
): { readonly timestampMs: number | undefined; readonly seq: number | undefined; readonly others: readonly Metric[] } {
  const { timestampMs, seq, metrics } = decodePayload(payload, ({ alias }) => (alias === undefined ? undefined : dataTypeOf(alias)))
  return { timestampMs, seq, others: metrics }
}

function unsupported(value: Metric['value']): { readonly reason: RefusalCode; readonly detail: string } {
  if (typeof value === 'bigint') return { reason: 'unsupported-type', detail: 'an integer beyond 2^53 cannot be kept exactly as a number' }
  return { reason: 'unsupported-type', detail: `a value of type ${value instanceof Uint8Array ? 'bytes' : typeof value} is no number` }
}

function exact(value: Metric['value']): QuarantinedSample['value'] {
  if (value === undefined) return null
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}
