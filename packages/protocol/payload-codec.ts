/*
 * Sparkplug B payloads in full: births, commands, and whatever a foreign gateway sends.
 * The hot path of data messages is data-codec.ts; both read the same bytes (docs/formats/sparkplug.md).
 */
import { protocolErrors } from './errors.ts'
import { WireReader, WireWriter } from './wire.ts'

/** Sparkplug B data types (Sparkplug 3.0, 6.4.16) that Orewatch knows. */
export const DATA_TYPES = {
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  UInt8: 5,
  UInt16: 6,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
  Text: 14,
  UUID: 15,
  DataSet: 16,
  Bytes: 17,
  File: 18,
  Template: 19,
} as const

/** A value as Sparkplug carries it; 64-bit integers are bigint so that they stay exact. */
export type MetricValue = number | bigint | boolean | string | Uint8Array

/** A value of a metric's property set. Only scalars are read; nested sets are passed over. */
export type PropertyScalar = number | bigint | boolean | string

/** One metric of a payload. */
export interface Metric {
  readonly name?: string
  readonly alias?: number
  readonly timestampMs?: number
  readonly dataType?: number
  readonly isHistorical?: boolean
  readonly isNull?: boolean
  readonly properties?: Readonly<Record<string, PropertyScalar>>
  /** Absent when null, or of a kind that is not read (data sets, templates). */
  readonly value?: MetricValue
}

/** A Sparkplug B payload. */
export interface Payload {
  readonly timestampMs?: number
  readonly seq?: number
  readonly metrics: readonly Metric[]
}

const SIGNED_BITS: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 32 }

/** Encodes a payload. Int64 values are given as bigint or safe integers. */
export function encodePayload(payload: Payload): Uint8Array<ArrayBuffer> {
  const writer = new WireWriter(256 + payload.metrics.length * 64)
  if (payload.timestampMs !== undefined) {
    writer.varint(0x08)
    writer.varint(payload.timestampMs)
  }
  for (const metric of payload.metrics) {
    writer.varint(0x12)
    writer.block(encodeMetric(metric))
  }
  if (payload.seq !== undefined) {
    writer.varint(0x18)
    writer.varint(payload.seq)
  }
  return writer.finish()
}

function encodeMetric(metric: Metric): Uint8Array {
  const writer = new WireWriter(96)
  const { name, alias, timestampMs, dataType, isHistorical, isNull, properties, value } = metric
  if (name !== undefined) {
    writer.varint(0x0a)
    writer.text(name)
  }
  if (alias !== undefined) {
    writer.varint(0x10)
    writer.varint(alias)
  }
  if (timestampMs !== undefined) {
    writer.varint(0x18)
    writer.varint(timestampMs)
  }
  if (dataType !== undefined) {
    writer.varint(0x20)
    writer.varint(dataType)
  }
  if (isHistorical) {
    writer.varint(0x28)
    writer.varint(1)
  }
  if (isNull) {
    writer.varint(0x38)
    writer.varint(1)
  }
  if (properties !== undefined) {
    writer.varint(0x4a)
    writer.block(encodeProperties(properties))
  }
  if (value !== undefined && !isNull) encodeValue(writer, value, dataType)
  return writer.finish()
}

function encodeValue(writer: WireWriter, value: MetricValue, dataType: number | undefined): void {
  if (typeof value === 'string') {
    writer.varint(0x7a)
    writer.text(value)
    return
  }
  if (value instanceof Uint8Array) {
    writer.varint(0x82)
    writer.block(value)
    return
  }
  if (typeof value === 'boolean') {
    writer.varint(0x70)
    writer.varint(value ? 1 : 0)
    return
  }
  if (typeof value === 'bigint') {
    writer.varint(0x58)
    writer.varint64(value)
    return
  }
  switch (dataType) {
    case DATA_TYPES.Float:
      writer.varint(0x65)
      writer.float(value)
      return
    case DATA_TYPES.Int8:
    case DATA_TYPES.Int16:
    case DATA_TYPES.Int32:
    case DATA_TYPES.UInt8:
    case DATA_TYPES.UInt16:
    case DATA_TYPES.UInt32:
      writer.varint(0x50)
      writer.varint(value >>> 0)
      return
    case DATA_TYPES.Int64:
    case DATA_TYPES.UInt64:
    case DATA_TYPES.DateTime:
      writer.varint(0x58)
      writer.varint64(BigInt(value))
      return
    default:
      writer.varint(0x69)
      writer.double(value)
  }
}

/** Encodes scalar properties as a PropertySet message. */
export function encodeProperties(properties: Readonly<Record<string, PropertyScalar>>): Uint8Array {
  const writer = new WireWriter(128)
  const entries = Object.entries(properties)
  for (const [key] of entries) {
    writer.varint(0x0a)
    writer.text(key)
  }
  for (const [, value] of entries) {
    writer.varint(0x12)
    writer.block(encodeProperty(value))
  }
  return writer.finish()
}

function encodeProperty(value: PropertyScalar): Uint8Array {
  const writer = new WireWriter(32)
  writer.varint(0x08)
  if (typeof value === 'string') {
    writer.varint(DATA_TYPES.String)
    writer.varint(0x42)
    writer.text(value)
  } else if (typeof value === 'boolean') {
    writer.varint(DATA_TYPES.Boolean)
    writer.varint(0x38)
    writer.varint(value ? 1 : 0)
  } else if (typeof value === 'bigint') {
    writer.varint(DATA_TYPES.Int64)
    writer.varint(0x20)
    writer.varint64(value)
  } else if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) {
    writer.varint(DATA_TYPES.Int32)
    writer.varint(0x18)
    writer.varint(value >>> 0)
  } else {
    writer.varint(DATA_TYPES.Double)
    writer.varint(0x31)
    writer.double(value)
  }
  return writer.finish()
}

/**
 * Decodes a payload. `dataTypeOf` names the type of a metric that carries none (data messages by alias or name),
 * so that signed integers read right. Throws PROTOCOL_* on damaged bytes; unknown fields are passed over.
 */
export function decodePayload(bytes: Uint8Array, dataTypeOf?: (metric: { name?: string; alias?: number }) => number | undefined): Payload {
  const reader = new WireReader(bytes)
  const metrics: Metric[] = []
  let timestampMs: number | undefined
  let seq: number | undefined
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (tag === 0x08) timestampMs = reader.varint()
    else if (tag === 0x12) {
      const end = reader.lengthEnd()
      metrics.push(decodeMetric(new WireReader(bytes, reader.at, end), dataTypeOf))
      reader.at = end
    } else if (tag === 0x18) seq = reader.varint()
    else skipField(reader, tag)
  }
  return { metrics, ...(timestampMs !== undefined && { timestampMs }), ...(seq !== undefined && { seq }) }
}

/** What a metric's fields said before its value is interpreted by type. */
interface RawMetric {
  name?: string
  alias?: number
  timestampMs?: number
  dataType?: number
  isHistorical?: boolean
  isNull?: boolean
  // Protobuf lets a message come in parts, which are one message together.
  propertyParts?: WireReader[]
  value?: MetricValue
  integer?: bigint
}

/** Decodes one metric message on which the reader stands. */
export function decodeMetric(reader: WireReader, dataTypeOf?: (metric: { name?: string; alias?: number }) => number | undefined): Metric {
  const raw: RawMetric = {}
  while (reader.at < reader.end) readMetricField(reader, reader.varint(), raw)
  const { integer, propertyParts, ...rest } = raw
  const metric = propertyParts === undefined ? rest : { ...rest, properties: decodeProperties(...propertyParts) }
  // 0 is Sparkplug's Unknown, which says no more than no type.
  if (integer !== undefined && !raw.isNull) metric.value = interpretInteger(integer, raw.dataType === undefined || raw.dataType === 0 ? dataTypeOf?.(raw) : raw.dataType)
  if (raw.isNull) delete metric.value
  return metric
}

function readMetricField(reader: WireReader, tag: number, raw: RawMetric): void {
  switch (tag) {
    case 0x0a:
      raw.name = reader.text()
      return
    case 0x10:
      raw.alias = reader.varint()
      return
    case 0x18:
      raw.timestampMs = reader.varint()
      return
    case 0x20:
      raw.dataType = reader.uint32()
      return
    case 0x28:
      raw.isHistorical = reader.boolean()
      return
    case 0x38:
      raw.isNull = reader.boolean()
      return
    case 0x4a: {
      const end = reader.lengthEnd()
      ;(raw.propertyParts ??= []).push(new WireReader(reader.bytes, reader.at, end))
      reader.at = end
      return
    }
    default:
      readMetricValue(reader, tag, raw)
  }
}

// The value is a protobuf oneof: of several the last wins, so each case clears the others.
function readMetricValue(reader: WireReader, tag: number, raw: RawMetric): void {
  const set = (value: MetricValue | undefined, integer?: bigint): void => {
    if (value === undefined) delete raw.value
    else raw.value = value
    if (integer === undefined) delete raw.integer
    else raw.integer = integer
  }
  switch (tag) {
    // int_value is a protobuf uint32: a longer varint keeps its low 32 bits.
    case 0x50:
      set(undefined, BigInt(reader.uint32()))
      return
    case 0x58:
      set(undefined, reader.varint64())
      return
    case 0x65:
      set(reader.float())
      return
    case 0x69:
      set(reader.double())
      return
    case 0x70:
      set(reader.boolean())
      return
    case 0x7a:
      set(reader.text())
      return
    case 0x82:
      set(reader.view().slice())
      return
    case 0x8a:
    case 0x92:
    case 0x9a:
      set(undefined)
      skipField(reader, tag)
      return
    default:
      skipField(reader, tag)
  }
}

function interpretInteger(integer: bigint, dataType: number | undefined): MetricValue {
  const bits = dataType === undefined ? undefined : SIGNED_BITS[dataType]
  if (bits !== undefined) return Number(BigInt.asIntN(bits, integer))
  if (dataType === DATA_TYPES.Int64) return narrow(BigInt.asIntN(64, integer))
  return narrow(integer)
}

function narrow(integer: bigint): number | bigint {
  const safe = integer <= BigInt(Number.MAX_SAFE_INTEGER) && integer >= BigInt(Number.MIN_SAFE_INTEGER)
  return safe ? Number(integer) : integer
}

/** Decodes a PropertySet, given whole or in parts, into its scalar entries; of one key that comes again the last counts. */
export function decodeProperties(...parts: readonly WireReader[]): Record<string, PropertyScalar> {
  const keys: string[] = []
  const values: (PropertyScalar | undefined)[] = []
  for (const part of parts) readPropertySet(part, keys, values)
  const properties: Record<string, PropertyScalar> = Object.create(null)
  for (const [i, key] of keys.entries()) {
    if (i >= values.length) break
    const value = values[i]
    if (value === undefined) delete properties[key]
    else properties[key] = value
  }
  return properties
}

function readPropertySet(reader: WireReader, keys: string[], values: (PropertyScalar | undefined)[]): void {
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (tag === 0x0a) keys.push(reader.text())
    else if (tag === 0x12) {
      const end = reader.lengthEnd()
      values.push(decodeProperty(new WireReader(reader.bytes, reader.at, end)))
      reader.at = end
    } else skipField(reader, tag)
  }
}

function decodeProperty(reader: WireReader): PropertyScalar | undefined {
  let type: number | undefined
  let isNull = false
  let value: PropertyScalar | undefined
  // Whether `value` is an integer whose sign only the type tells. The value is a oneof: of several the last counts.
  let isInteger = false
  while (reader.at < reader.end) {
    const tag = reader.varint()
    switch (tag) {
      case 0x08:
        type = reader.uint32()
        break
      case 0x10:
        isNull = reader.boolean()
        break
      case 0x18:
        value = BigInt(reader.uint32())
        isInteger = true
        break
      case 0x20:
        value = reader.varint64()
        isInteger = true
        break
      case 0x2d:
        value = reader.float()
        isInteger = false
        break
      case 0x31:
        value = reader.double()
        isInteger = false
        break
      case 0x38:
        value = reader.boolean()
        isInteger = false
        break
      case 0x42:
        value = reader.text()
        isInteger = false
        break
      // Nested property sets and extensions belong to the oneof too.
      case 0x4a:
      case 0x52:
      case 0x5a:
        value = undefined
        isInteger = false
        skipField(reader, tag)
        break
      default:
        skipField(reader, tag)
    }
  }
  if (isNull) return undefined
  return isInteger && typeof value === 'bigint' ? (interpretInteger(value, type) as number | bigint) : value
}

/** Passes over a field by its tag; throws PROTOCOL_MALFORMED for tags that no protobuf writes. */
export function skipField(reader: WireReader, tag: number): void {
  // A tag has 32 bits; cut down to them a larger one would pass for another field.
  if (tag > 0xffff_ffff || tag >>> 3 === 0) throw protocolErrors.MALFORMED({ at: reader.at, tag })
  reader.skip(tag & 7)
}
