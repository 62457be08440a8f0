/*
 * A sample as a line, and exported series as samples. VictoriaMetrics keeps every number as a decimal of about twelve digits that
 * shares its exponent with its neighbours, so that 1/3, -0 or 1e300 do not come back. Whole numbers up to 2^53 do. Fields of a line:
 *   q  Q (4 bits), reason (8), flags (8), no-value (1), has-bits (1), and above them the gateway delta, signed: always there
 *   g  the value of a sample of Q 0, b that of any other; for people and Grafana, absent where it cannot be shown
 *   h, l  upper and lower 32 bits of the double, where g or b does not read back as exactly it
 */
import { SampleBuilder, type SampleColumns } from '@orewatch/core'

/** Common beginning of the names of all series. */
export const MEASUREMENT = 'sample'

const NO_VALUE = 2 ** 20
const HAS_BITS = 2 ** 21
const DELTA = 2 ** 22
const doubles = new Float64Array(1)
const words = new Uint32Array(doubles.buffer)

/** One exported series: whole numbers or decimals by time, UTC ms. */
export interface ExportedSeries {
  readonly field: string
  readonly point: number
  readonly timestamps: readonly number[]
  readonly values: readonly (number | null)[]
}

/** The parts of a packed number. */
export interface UnpackedMeta {
  readonly quality: number
  readonly reason: number
  readonly flags: number
  readonly gatewayDeltaMs: number
  readonly hasValue: boolean
  readonly hasBits: boolean
}

/** Q, reason, flags, gateway delta and what else a sample has, as one whole number within ±2^53. */
export function packMeta({ quality, reason, flags, gatewayDeltaMs, hasValue, hasBits }: UnpackedMeta): number {
  return (quality | (reason << 4) | (flags << 12)) + (hasValue ? 0 : NO_VALUE) + (hasBits ? HAS_BITS : 0) + gatewayDeltaMs * DELTA
}

/** The parts of a packed number. */
export function unpackMeta(packed: number): UnpackedMeta {
  const gatewayDeltaMs = Math.floor(packed / DELTA)
  const low = packed - gatewayDeltaMs * DELTA
  return { quality: low & 15, reason: (low >>> 4) & 255, flags: (low >>> 12) & 255, hasValue: (low & NO_VALUE) === 0, hasBits: (low & HAS_BITS) !== 0, gatewayDeltaMs }
}

/** The number nearest to a value that VictoriaMetrics keeps exactly, undefined where none is near enough to be shown. */
export function keptNumber(value: number): number | undefined {
  const size = Math.abs(value)
  if (size === 0) return 0
  // At most eleven digits, one below where the decimals of VictoriaMetrics begin to round, and never more than eight after the point.
  if (size >= 0.001 && size < 1e5) return Math.round(value * 1e6) / 1e6
  if (size >= 1e5 && size < 1e8) return Math.round(value * 1e3) / 1e3
  return undefined
}

/** Row `row` as a line with its line feed. */
export function lineOf(columns: SampleColumns, row: number): string {
  const value = columns.value[row] as number
  const quality = columns.quality[row] as number
  const hasValue = !Number.isNaN(value)
  const kept = hasValue ? keptNumber(value) : undefined
  const hasBits = hasValue && !Object.is(kept, value)
  const meta = packMeta({ quality, reason: columns.reason[row] as number, flags: columns.flags[row] as number, gatewayDeltaMs: columns.gatewayDeltaMs[row] as number, hasValue, hasBits })
  const shown = kept === undefined ? '' : `${quality === 0 ? 'g' : 'b'}=${kept},`
  return `${MEASUREMENT},p=${columns.key[row]} ${shown}q=${meta}i${hasBits ? bitsOf(value) : ''} ${columns.timeMs[row]}\n`
}

/** Samples of the exported series of one point, in the order of time; a row that lacks a part was never acknowledged and is left out. */
export function samplesOfSeries(point: number, series: readonly ExportedSeries[]): SampleBuilder {
  const field = (name: string): Cursor => new Cursor(series.find((one) => one.field === name))
  const [g, b, h, l] = [field('g'), field('b'), field('h'), field('l')]
  const q = series.find((one) => one.field === 'q')
  const samples = new SampleBuilder(Math.max(1, q?.timestamps.length ?? 0))
  let lastMs = -1
  q?.timestamps.forEach((timeMs, i) => {
    // A row that was written twice, because its first write had failed half-way, is there twice.
    if (timeMs === lastMs) return
    const meta = unpackMeta(q.values[i] as number)
    const value = valueAt(timeMs, meta, { shown: meta.quality === 0 ? g : b, h, l })
    if (value === undefined) return
    lastMs = timeMs
    samples.push(point, timeMs, value, meta.quality, meta.reason, meta.flags, meta.gatewayDeltaMs)
  })
  return samples
}

function valueAt(timeMs: number, meta: UnpackedMeta, { shown, h, l }: { shown: Cursor; h: Cursor; l: Cursor }): number | undefined {
  if (!meta.hasValue) return Number.NaN
  if (!meta.hasBits) return shown.at(timeMs)
  const [high, low] = [h.at(timeMs), l.at(timeMs)]
  if (high === undefined || low === undefined) return undefined
  // Little-endian, as every platform that Node runs on.
  words[1] = high
  words[0] = low
  return doubles[0]
}

function bitsOf(value: number): string {
  doubles[0] = value
  return `,h=${words[1]}i,l=${words[0]}i`
}

/** Walks a series once, asked for times that only grow. */
class Cursor {
  readonly #series: ExportedSeries | undefined
  #next = 0

  constructor(series: ExportedSeries | undefined) {
    this.#series = series
  }

  at(timeMs: number): number | undefined {
    const { timestamps = [], values = [] } = this.#series ?? {}
    while (this.#next < timestamps.length && (timestamps[this.#next] as number) < timeMs) this.#next++
    return timestamps[this.#next] === timeMs ? (values[this.#next] ?? undefined) : undefined
  }
}
