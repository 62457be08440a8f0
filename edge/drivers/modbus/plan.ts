import { Q, reasonCode, type SampleBuilder } from '@orewatch/core'
import type { ModbusSource } from '@orewatch/firmware-adapters'
import { codecOf, type Decoded, judgeRaw, judgeStatus, type PointCodec, readBit, readRegisters, readUnixTime, registersOf } from './codec.ts'
import { type Area, isBitArea } from './framing.ts'
import { bundle, planReads, type ReadLimits, readHolding, type Span } from './planner.ts'

/** A point to be planned: its index in the device's list and where it lies. */
export interface PlannedPoint {
  readonly index: number
  readonly source: ModbusSource
  /** Spans of points that say something together with it: in one read where nothing forbids it. */
  readonly beside?: readonly Span[]
}

/** Where a piece of a point stands: which read, and at which byte of its PDU (which bit, in a bit area). */
interface Place {
  readonly read: number
  readonly at: number
}

/** How a point is put together from the answers of its reads. */
export interface PointRecipe {
  readonly index: number
  readonly codec: PointCodec
  readonly value: Place
  readonly status: Place | undefined
  readonly statusCount: number
  readonly time: Place | undefined
  /** The reads that it needs, each once. */
  readonly reads: readonly number[]
}

/** One request of a plan. */
export interface PlannedRead {
  readonly area: Area
  readonly address: number
  readonly count: number
  /** Points complete with this answer alone. */
  readonly whole: PointRecipe[]
  /** Points that need other answers too; then the answer is kept until those have come. */
  readonly shared: PointRecipe[]
}

/** The reads of some points of a device. */
export interface Plan {
  readonly reads: readonly PlannedRead[]
}

/** What is known of the device when planning. */
export interface PlanLimits {
  limitsOf(area: Area): ReadLimits
  /** Addresses that must not be read. */
  barriersOf(area: Area): readonly Span[]
}

const PDU_HEAD_BYTES = 2
const UNSPECIFIED = reasonCode('unspecified')

/** The span of a point's value. */
export function valueSpan(source: ModbusSource): Span {
  return { start: source.address, count: isBitArea(source.area) ? 1 : registersOf(source.type) }
}

/** Plans the reads of points and says how each point is taken out of the answers. */
export function makePlan(points: readonly PlannedPoint[], device: PlanLimits): Plan {
  const reads: PlannedRead[] = []
  for (const area of ['holding', 'input', 'coil', 'discrete'] as const) {
    const here = points.filter((point) => point.source.area === area)
    if (here.length > 0) planArea(area, here, device, reads)
  }
  return { reads }
}

function planArea(area: Area, points: readonly PlannedPoint[], device: PlanLimits, reads: PlannedRead[]): void {
  const limits = device.limitsOf(area)
  const barriers = device.barriersOf(area)
  const spans = points.flatMap(({ source, beside = [] }) => together(piecesOf(source), beside, limits, barriers))
  const planned = planReads(spans, limits, barriers)
  const base = reads.length
  for (const { start, count } of planned) reads.push({ area, address: start, count, whole: [], shared: [] })
  for (const point of points) {
    const recipe = recipeOf(point, planned, base)
    for (const read of recipe.reads) (reads[read] as PlannedRead)[recipe.reads.length === 1 ? 'whole' : 'shared'].push(recipe)
  }
}

function together(pieces: readonly Span[], beside: readonly Span[], limits: ReadLimits, barriers: readonly Span[]): readonly Span[] {
  const readable = beside.filter(({ start, count }) => !barriers.some((barrier) => barrier.start < start + count && start < barrier.start + barrier.count))
  const joined = readable.length === 0 ? pieces : bundle([...pieces, ...readable], limits, barriers)
  return joined.length === 1 ? joined : bundle(pieces, limits, barriers)
}

function recipeOf({ index, source }: PlannedPoint, planned: readonly Span[], base: number): PointRecipe {
  const place = (span: Span | undefined): Place | undefined => {
    if (span === undefined) return undefined
    const read = readHolding(planned, span)
    const offset = span.start - (planned[read] as Span).start
    return { read: base + read, at: isBitArea(source.area) ? offset : PDU_HEAD_BYTES + offset * 2 }
  }
  const value = place(valueSpan(source)) as Place
  const status = place(statusSpan(source))
  const time = place(timeSpan(source))
  const reads = [...new Set([value, status, time].flatMap((piece) => (piece === undefined ? [] : [piece.read])))]
  return { index, codec: codecOf(source), value, status, statusCount: statusSpan(source)?.count ?? 0, time, reads }
}

function piecesOf(source: ModbusSource): Span[] {
  return [valueSpan(source), statusSpan(source), timeSpan(source)].filter((span) => span !== undefined)
}

/** In a bit area the status «word» is a run of bits. */
function statusSpan(source: ModbusSource): Span | undefined {
  if (source.status === undefined) return undefined
  return { start: source.status.address, count: isBitArea(source.area) ? 1 + Math.max(0, ...[...source.status.bits, ...(source.status.clearBits ?? [])].map(({ bit }) => bit)) : 1 }
}

function timeSpan(source: ModbusSource): Span | undefined {
  return source.timestamp === undefined || isBitArea(source.area) ? undefined : { start: source.timestamp.address, count: 2 }
}

const decoded: Decoded = { value: 0, quality: 0, reason: 0 }

/** Decodes one point out of the PDUs of its reads and adds it to `out`. `pduOf` gives the PDU of a read of the plan. */
export function decodePoint(recipe: PointRecipe, pduOf: (read: number) => Buffer, out: SampleBuilder): void {
  const { codec, value, status, time } = recipe
  const pdu = pduOf(value.read)
  judgeRaw(codec, codec.isBit ? readBit(pdu, PDU_HEAD_BYTES, value.at) : readRegisters(pdu, value.at, codec.type, codec.order, codec.bit), decoded)
  if (status !== undefined) judgeStatus(codec, readStatus(recipe, status, pduOf(status.read)), decoded)
  // A value that is not there can never be good, whatever the status word says.
  if (decoded.quality === Q.good && Number.isNaN(decoded.value)) {
    decoded.quality = Q.suspect
    decoded.reason = UNSPECIFIED
  }
  out.push(recipe.index, time === undefined ? Number.NaN : readUnixTime(pduOf(time.read), time.at), decoded.value, decoded.quality, decoded.reason)
}

/** The registers or the bit of a point's value as hexadecimal, for people. */
export function rawText(recipe: PointRecipe, pdu: Buffer): string {
  const { codec, value } = recipe
  if (codec.isBit) return String(readBit(pdu, PDU_HEAD_BYTES, value.at))
  return pdu
    .subarray(value.at, value.at + 2 * registersOf(codec.type))
    .toString('hex')
    .replace(/(.{4})(?=.)/g, '$1 ')
}

function readStatus(recipe: PointRecipe, place: Place, pdu: Buffer): number {
  if (!recipe.codec.isBit) return pdu.readUInt16BE(place.at)
  let word = 0
  for (let bit = 0; bit < recipe.statusCount; bit++) word |= readBit(pdu, PDU_HEAD_BYTES, place.at + bit) << bit
  return word
}
