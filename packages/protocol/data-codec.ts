/*
 * The hot path of the wire: data messages whose metrics are alias, time and number, decoded straight into columns
 * and encoded straight from them. Anything else in such a message is handed out as a full metric.
 * Not here: births and commands (payload-codec.ts). Byte diagrams: docs/formats/sparkplug.md.
 */
import { isQuality, parseReason, Q, qualityOfSparkplug, type Quality, reasonCode, reasonOf, SAMPLE_FLAGS, SampleBuilder, type SampleColumns, sparkplugQuality } from '@orewatch/core'
import { protocolErrors } from './errors.ts'
import { DATA_TYPES, decodeMetric, decodeProperties, encodeProperties, type Metric, type PropertyScalar, skipField } from './payload-codec.ts'
import { WireReader, WireWriter, varintBytes } from './wire.ts'

/** A data message, read. */
export interface DataMessage {
  readonly timestampMs: number | undefined
  readonly seq: number | undefined
  /** Numeric and Boolean metrics addressed by alias, in the order of the message; `key` is the alias. */
  readonly samples: SampleColumns
  /** Metrics addressed by name or by an alias beyond 32 bits, or whose value is text, bytes, or an integer too large to be a number. */
  readonly others: readonly Metric[]
}

const SIGN_SHIFT: Readonly<Record<number, number>> = { 1: 24, 2: 16, 3: 0 }
const REASON_UNSPECIFIED = reasonCode('unspecified')
// Columns hold keys of 32 bits; a larger alias would come out as another point's.
const MAX_KEY = 0xffff_ffff

/**
 * Decodes a data message. `dataTypeOf(alias)` gives the type declared in the birth, so that signed integers read
 * right; gateways of ours send doubles and need none. Throws PROTOCOL_* on damaged bytes.
 * A metric without a time takes the payload's; without both, NaN.
 */
export function decodeData(bytes: Uint8Array, dataTypeOf: (alias: number) => number | undefined = () => undefined, into?: SampleBuilder): DataMessage {
  const samples = into ?? new SampleBuilder(Math.max(16, bytes.length >>> 4))
  const start = samples.count
  const others: Metric[] = []
  const reader = new WireReader(bytes)
  const decoder = new MetricDecoder(reader, samples, others, dataTypeOf)
  let timestampMs: number | undefined
  let seq: number | undefined
  while (reader.at < bytes.length) {
    const tag = reader.varint()
    if (tag === 0x12) decoder.metric()
    else if (tag === 0x08) timestampMs = reader.varint()
    else if (tag === 0x18) seq = reader.varint()
    else skipField(reader, tag)
  }
  if (decoder.hasUntimed) fillTimes(samples, start, timestampMs ?? Number.NaN)
  return { timestampMs, seq, samples, others }
}

function fillTimes(samples: SampleBuilder, start: number, timestampMs: number): void {
  for (let i = start; i < samples.count; i++) {
    if (Number.isNaN(samples.timeMs[i])) samples.timeMs[i] = timestampMs
  }
}

/** Reads metrics of one message into columns; one object per message so that a metric allocates nothing. */
class MetricDecoder {
  hasUntimed = false
  readonly #reader: WireReader
  readonly #samples: SampleBuilder
  readonly #others: Metric[]
  readonly #dataTypeOf: (alias: number) => number | undefined
  readonly #view: DataView

  constructor(reader: WireReader, samples: SampleBuilder, others: Metric[], dataTypeOf: (alias: number) => number | undefined) {
    this.#reader = reader
    this.#view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset, reader.bytes.byteLength)
    this.#samples = samples
    this.#others = others
    this.#dataTypeOf = dataTypeOf
  }

  /**
   * Reads the layout that our own encoder writes for a healthy sample (alias, six-byte time, type, double) without a
   * general parser; says false, having consumed nothing, for anything else.
   */
  #plain(): boolean {
    const { bytes } = this.#reader
    let at = this.#reader.at
    const end = at + 1 + (bytes[at] as number)
    // The shortest such metric has 20 bytes; a length of 0x80 and more has a second byte.
    if (end - at < 21 || end - at > 40 || end > this.#reader.end || bytes[at + 1] !== 0x10) return false
    at += 2
    let alias = bytes[at++] as number
    if (alias >= 0x80) {
      let shift = 7
      alias &= 0x7f
      let byte: number
      do {
        byte = bytes[at++] as number
        alias += (byte & 0x7f) << shift
        shift += 7
      } while (byte >= 0x80 && shift < 28)
      if (byte >= 0x80) return false
    }
    // Times from 2004 to 3084 take six bytes.
    if (bytes[at] !== 0x18 || end - at !== 18 || bytes[at + 7] !== 0x20 || (bytes[at + 8] as number) >= 0x80 || bytes[at + 9] !== 0x69) return false
    const b1 = bytes[at + 1] as number,
      b2 = bytes[at + 2] as number,
      b3 = bytes[at + 3] as number,
      b4 = bytes[at + 4] as number,
      b5 = bytes[at + 5] as number,
      b6 = bytes[at + 6] as number
    if ((b1 & b2 & b3 & b4 & b5 & 0x80) === 0 || b6 >= 0x80) return false
    const low = (b1 & 0x7f) | ((b2 & 0x7f) << 7) | ((b3 & 0x7f) << 14) | ((b4 & 0x7f) << 21)
    const value = this.#view.getFloat64(at + 10, true)
    if (value !== value) return false
    const samples = this.#samples
    if (samples.count === samples.key.length) samples.push(alias, 0, 0)
    else samples.count++
    const i = samples.count - 1
    samples.key[i] = alias
    samples.timeMs[i] = low + ((b5 & 0x7f) | (b6 << 7)) * 0x10000000
    samples.value[i] = value
    samples.quality[i] = 0
    samples.reason[i] = 0
    samples.flags[i] = 0
    samples.gatewayDeltaMs[i] = 0
    this.#reader.at = end
    return true
  }

  metric(): void {
    if (this.#plain()) return
    const reader = this.#reader
    const end = reader.lengthEnd()
    const start = reader.at
    let alias = -1
    let timeMs = Number.NaN
    let value = Number.NaN
    let hasValue = false
    let isNull = false
    let flags = 0
    let type = 0
    let propertiesAt = -1
    let integer = -1
    let isPlain = true
    while (reader.at < end) {
      const tag = reader.bytes[reader.at++] as number
      if (tag === 0x10) alias = reader.varint()
      else if (tag === 0x18) timeMs = reader.varint()
      else if (tag === 0x69) {
        value = reader.double()
        hasValue = true
        integer = -1
      } else if (tag === 0x28) flags = reader.boolean() ? SAMPLE_FLAGS.backfilled : 0
      else if (tag === 0x20) type = reader.uint32()
      else if (tag === 0x70) {
        value = reader.boolean() ? 1 : 0
        hasValue = true
        integer = -1
      } else if (tag === 0x65) {
        value = reader.float()
        hasValue = true
        integer = -1
      } else if (tag === 0x38) isNull = reader.boolean()
      else if (tag === 0x4a && propertiesAt < 0) {
        propertiesAt = reader.at
        reader.at = reader.lengthEnd()
      } else if (tag === 0x50) {
        integer = reader.uint32()
        hasValue = true
      } else {
        isPlain = false
        break
      }
    }
    if (!isPlain || alias < 0 || alias > MAX_KEY || reader.at !== end) {
      this.#full(start, end)
      return
    }
    if (integer >= 0) value = signed(integer, type !== 0 ? type : this.#dataTypeOf(alias))
    if (isNull || !hasValue) value = Number.NaN
    if (Number.isNaN(timeMs)) this.hasUntimed = true
    if (propertiesAt < 0) {
      const isValue = !Number.isNaN(value)
      this.#samples.push(alias, timeMs, value, isValue ? Q.good : Q.suspect, isValue ? 0 : REASON_UNSPECIFIED, flags, 0)
      return
    }
    const resume = reader.at
    reader.at = propertiesAt
    const propertiesEnd = reader.lengthEnd()
    this.#withProperties(alias, timeMs, value, flags, decodeProperties(new WireReader(reader.bytes, reader.at, propertiesEnd)))
    reader.at = resume
  }

  // The metric holds something that is not alias, time and number: read it again in full.
  #full(start: number, end: number): void {
    const reader = this.#reader
    const metric = decodeMetric(new WireReader(reader.bytes, start, end), (m) => (m.alias === undefined ? undefined : this.#dataTypeOf(m.alias)))
    reader.at = end
    const { alias, value } = metric
    if (metric.name !== undefined || alias === undefined || alias > MAX_KEY || typeof value === 'string' || typeof value === 'bigint' || value instanceof Uint8Array) {
      this.#others.push(metric)
      return
    }
    const number = value === undefined ? Number.NaN : Number(value)
    const timeMs = metric.timestampMs ?? Number.NaN
    if (Number.isNaN(timeMs)) this.hasUntimed = true
    this.#withProperties(alias, timeMs, number, metric.isHistorical ? SAMPLE_FLAGS.backfilled : 0, metric.properties ?? {})
  }

  #withProperties(alias: number, timeMs: number, value: number, flags: number, properties: Readonly<Record<string, PropertyScalar>>): void {
    const meta = readSampleProperties(properties, !Number.isNaN(value))
    this.#samples.push(alias, timeMs, value, meta.quality, meta.reason, flags | meta.flags, meta.gatewayDeltaMs)
  }
}

function signed(integer: number, type: number | undefined): number {
  const shift = type === undefined ? undefined : SIGN_SHIFT[type]
  return shift === undefined ? integer : (integer << shift) >> shift
}

/** What the properties of a data metric say about its sample. */
export interface SampleMeta {
  readonly quality: number
  readonly reason: number
  readonly flags: number
  readonly gatewayDeltaMs: number
}

/** Reads our own properties `q`, `reason`, `gatewayDelta`, `clock`, or a foreign gateway's `Quality`. */
export function readSampleProperties(properties: Readonly<Record<string, PropertyScalar>>, hasValue: boolean): SampleMeta {
  const { q, Quality: sparkplug, reason, gatewayDelta, clock } = properties
  let quality: Quality = hasValue ? Q.good : Q.suspect
  if (isQuality(q)) quality = q
  else if (typeof sparkplug === 'number') quality = qualityOfSparkplug(sparkplug)
  // Good without a value would be a lie.
  if (!hasValue && quality === Q.good) quality = Q.suspect
  const code = typeof reason === 'string' ? parseReason(reason) : quality === Q.good ? 0 : REASON_UNSPECIFIED
  const flags = typeof clock === 'number' ? clock & (SAMPLE_FLAGS.clockSuspect | SAMPLE_FLAGS.timeAdjusted) : 0
  return { quality, reason: code, flags, gatewayDeltaMs: typeof gatewayDelta === 'number' ? wholeInt32(gatewayDelta) : 0 }
}

// The column holds 32 bits: a foreign gateway's larger or odd number would wrap around into another one.
function wholeInt32(value: number): number {
  return Number.isNaN(value) ? 0 : Math.trunc(Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value))) + 0
}

/** What goes into a data message beside the samples. */
export interface DataHeader {
  readonly timestampMs: number
  readonly seq: number
  /** Alias and content of the `Outbox/Position` metric; absent towards hosts that know no acknowledgement. */
  readonly position?: { readonly alias: number; readonly bytes: Uint8Array }
  /** Marks every metric `is_historical`: the message comes from the backlog lane. */
  readonly isHistorical?: boolean
  /** Data type by alias as declared in the birth; aliases beyond its end, and zeros, are Double. */
  readonly dataTypes?: Uint8Array
}

/** Encodes data messages; keeps its buffer between calls. */
export class DataEncoder {
  readonly #writer = new WireWriter(16_384)

  /** Encodes rows `rows` (all when absent) of the columns; `key` holds aliases. */
  encode(header: DataHeader, columns: SampleColumns, rows?: ArrayLike<number>): Uint8Array<ArrayBuffer> {
    const writer = this.#writer
    writer.at = 0
    writer.varint(0x08)
    writer.varint(header.timestampMs)
    const count = rows === undefined ? columns.count : rows.length
    const types = header.dataTypes
    const isHistorical = header.isHistorical === true
    for (let r = 0; r < count; r++) {
      const i = rows === undefined ? r : (rows[r] as number)
      const isBoolean = types !== undefined && types[columns.key[i] as number] === DATA_TYPES.Boolean
      if (columns.quality[i] === 0 && columns.flags[i] === 0 && columns.gatewayDeltaMs[i] === 0 && !isBoolean) this.#plain(columns, i, isHistorical)
      else this.#withProperties(columns, i, isHistorical, isBoolean)
    }
    if (header.position !== undefined) this.#position(header.position.alias, header.position.bytes)
    writer.varint(0x18)
    writer.varint(header.seq)
    return writer.finish()
  }

  // tag, length, alias, time, type, [is_historical], double: at most 2 + 6 + 11 + 2 + 2 + 9 bytes.
  // Sparkplug 3.0 would leave the data type out of data messages, but the most used decoder (sparkplug-payload, and
  // with it Node-RED and many hosts) reads null without it: two bytes a metric buy that any host understands us.
  #plain(columns: SampleColumns, i: number, isHistorical: boolean): void {
    const writer = this.#writer
    writer.reserve(40)
    const lengthAt = writer.at + 1
    writer.bytes[writer.at] = 0x12
    writer.at += 2
    writer.bytes[writer.at++] = 0x10
    writer.varint(columns.key[i] as number)
    writer.bytes[writer.at++] = 0x18
    writer.varint(columns.timeMs[i] as number)
    writer.bytes[writer.at++] = 0x20
    writer.bytes[writer.at++] = DATA_TYPES.Double
    if (isHistorical) {
      writer.bytes[writer.at++] = 0x28
      writer.bytes[writer.at++] = 1
    }
    writer.bytes[writer.at++] = 0x69
    writer.double(columns.value[i] as number)
    writer.bytes[lengthAt] = writer.at - lengthAt - 1
  }

  #withProperties(columns: SampleColumns, i: number, isHistorical: boolean, isBoolean: boolean): void {
    const writer = this.#writer
    const properties = samplePropertiesOf(columns, i)
    const encoded = properties === undefined ? undefined : encodeProperties(properties)
    const alias = columns.key[i] as number
    const timeMs = columns.timeMs[i] as number
    const value = columns.value[i] as number
    const isNull = Number.isNaN(value)
    const propertyBytes = encoded === undefined ? 0 : 1 + varintBytes(encoded.length) + encoded.length
    const valueBytes = isNull || isBoolean ? 2 : 9
    const length = 1 + varintBytes(alias) + 1 + varintBytes(timeMs) + 2 + (isHistorical ? 2 : 0) + propertyBytes + valueBytes
    writer.varint(0x12)
    writer.varint(length)
    writer.varint(0x10)
    writer.varint(alias)
    writer.varint(0x18)
    writer.varint(timeMs)
    writer.varint(0x20)
    writer.varint(isBoolean ? DATA_TYPES.Boolean : DATA_TYPES.Double)
    if (isHistorical) {
      writer.varint(0x28)
      writer.varint(1)
    }
    if (isNull) {
      writer.varint(0x38)
      writer.varint(1)
    }
    if (encoded !== undefined) {
      writer.varint(0x4a)
      writer.block(encoded)
    }
    if (isNull) return
    if (isBoolean) {
      writer.varint(0x70)
      writer.varint(value === 0 ? 0 : 1)
    } else {
      writer.varint(0x69)
      writer.double(value)
    }
  }

  #position(alias: number, bytes: Uint8Array): void {
    const writer = this.#writer
    writer.varint(0x12)
    writer.varint(1 + varintBytes(alias) + 2 + 2 + varintBytes(bytes.length) + bytes.length)
    writer.varint(0x10)
    writer.varint(alias)
    writer.varint(0x20)
    writer.varint(DATA_TYPES.Bytes)
    writer.varint(0x82)
    writer.block(bytes)
  }
}

function samplePropertiesOf(columns: SampleColumns, i: number): Record<string, PropertyScalar> | undefined {
  const quality = columns.quality[i] as number
  const flags = (columns.flags[i] as number) & (SAMPLE_FLAGS.clockSuspect | SAMPLE_FLAGS.timeAdjusted)
  const delta = columns.gatewayDeltaMs[i] as number
  if (quality === 0 && flags === 0 && delta === 0) return undefined
  const properties: Record<string, PropertyScalar> = {}
  if (quality !== 0) {
    if (!isQuality(quality)) throw protocolErrors.MALFORMED({ quality })
    properties['Quality'] = sparkplugQuality(quality)
    properties['q'] = quality
    properties['reason'] = reasonOf(columns.reason[i] as number)
  }
  if (flags !== 0) properties['clock'] = flags
  if (delta !== 0) properties['gatewayDelta'] = delta
  return properties
}
