/*
 * What sparkplug-payload reads in a payload. Its public decodePayload gives a value by the data type alone, so that a
 * value in another field, or no value, comes out as 0; the generated classes below it say which fields there were.
 */
import { createRequire } from 'node:module'
import { peerCodec } from './sparkplug-cases.ts'

/** A value as the peer holds it, before its data type is looked at. */
export interface PeerValue {
  /** Of int_value or long_value, unsigned. */
  readonly integer?: bigint
  readonly isLong: boolean
  readonly scalar?: number | boolean | string | Uint8Array
}

/** A property as the peer holds it. */
export interface PeerProperty extends PeerValue {
  readonly key: string
  readonly type: number | undefined
  readonly isNull: boolean
  readonly scalar?: number | boolean | string
}

/** A metric as the peer holds it. */
export interface PeerMetric extends PeerValue {
  readonly metric: { readonly name?: string; readonly alias?: number; readonly timestampMs?: number; readonly dataType?: number; readonly isHistorical?: boolean; readonly isNull?: boolean }
  readonly properties?: readonly PeerProperty[]
}

/** A payload as the peer holds it. */
export interface PeerPayload {
  readonly timestampMs?: number
  readonly seq?: number
  readonly metrics: readonly PeerMetric[]
}

interface Long {
  toString(): string
}

interface RawValue {
  readonly intValue?: number
  readonly longValue?: Long
  readonly floatValue?: number
  readonly doubleValue?: number
  readonly booleanValue?: boolean
  readonly stringValue?: string
  readonly bytesValue?: Uint8Array
  readonly isNull?: boolean
}

interface RawMetric extends RawValue {
  readonly name?: string
  readonly alias?: Long
  readonly timestamp?: Long
  readonly datatype?: number
  readonly isHistorical?: boolean
  readonly properties?: { readonly keys?: readonly string[]; readonly values?: readonly (RawValue & { readonly type?: number })[] }
}

interface RawPayload {
  readonly timestamp?: Long
  readonly seq?: Long
  readonly metrics?: readonly RawMetric[]
}

interface ProtoModule {
  readonly org: { readonly eclipse: { readonly tahu: { readonly protobuf: { readonly Payload: { decode(bytes: Uint8Array): RawPayload } } } } }
}

const proto = createRequire(import.meta.url)('sparkplug-payload/lib/sparkplugPayloadProto.js') as ProtoModule

/** Reads a payload with the peer's generated classes. */
export function readByPeer(bytes: Uint8Array): PeerPayload {
  const raw = proto.org.eclipse.tahu.protobuf.Payload.decode(bytes)
  const timestampMs = own(raw, 'timestamp')
  const seq = own(raw, 'seq')
  return { ...(timestampMs !== undefined && { timestampMs: Number(timestampMs) }), ...(seq !== undefined && { seq: Number(seq) }), metrics: (own(raw, 'metrics') ?? []).map(readMetric) }
}

// Which field the public decoder reads for a type; where the metric has another one it makes a value up.
const FIELD_OF_TYPE: Readonly<Record<number, keyof RawValue>> = { 3: 'intValue', 4: 'longValue', 8: 'longValue', 9: 'floatValue', 10: 'doubleValue', 11: 'booleanValue', 12: 'stringValue' }

/** The values that the peer's public decoder gives, undefined where it makes one up; none at all when it refuses the payload. */
export function publicValues(bytes: Uint8Array): (number | bigint | boolean | string | undefined)[] {
  const raw = own(proto.org.eclipse.tahu.protobuf.Payload.decode(bytes), 'metrics') ?? []
  let metrics: readonly { readonly value: unknown }[]
  try {
    metrics = peerCodec?.decodePayload(bytes).metrics ?? []
  } catch {
    // It throws where a data set is not as it should be, which nobody else reads.
    return []
  }
  return metrics.map(({ value }, i) => {
    const field = FIELD_OF_TYPE[raw[i]?.datatype ?? 0]
    if (field === undefined || own(raw[i] as RawMetric, field) === undefined || value === null || value instanceof Uint8Array) return undefined
    if (typeof value !== 'object') return value as number | boolean | string
    // Its Int64 is meant to be signed, but two versions of the class Long do not know each other and the sign is lost.
    const integer = raw[i]?.datatype === 4 ? BigInt.asIntN(64, BigInt((value as Long).toString())) : BigInt((value as Long).toString())
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer
  })
}

function readMetric(raw: RawMetric): PeerMetric {
  const [name, alias, timestamp, dataType, isHistorical, isNull, properties] = [
    own(raw, 'name'),
    own(raw, 'alias'),
    own(raw, 'timestamp'),
    own(raw, 'datatype'),
    own(raw, 'isHistorical'),
    own(raw, 'isNull'),
    own(raw, 'properties'),
  ]
  return {
    ...readValue(raw),
    metric: {
      ...(name !== undefined && { name }),
      ...(alias !== undefined && { alias: Number(alias) }),
      ...(timestamp !== undefined && { timestampMs: Number(timestamp) }),
      ...(dataType !== undefined && { dataType }),
      ...(isHistorical !== undefined && { isHistorical }),
      ...(isNull !== undefined && { isNull }),
    },
    ...(properties !== undefined && {
      properties: (own(properties, 'keys') ?? []).map((key, i): PeerProperty => {
        const value = properties.values?.[i] ?? {}
        const { scalar, ...read } = readValue(value)
        return { key, type: own(value, 'type'), isNull: own(value, 'isNull') === true, ...read, ...(scalar !== undefined && !(scalar instanceof Uint8Array) && { scalar }) }
      }),
    }),
  }
}

function readValue(raw: RawValue): PeerValue {
  const [int, long] = [own(raw, 'intValue'), own(raw, 'longValue')]
  if (int !== undefined) return { integer: BigInt(int), isLong: false }
  if (long !== undefined) return { integer: BigInt(long.toString()), isLong: true }
  const bytes = own(raw, 'bytesValue')
  const scalar = own(raw, 'floatValue') ?? own(raw, 'doubleValue') ?? own(raw, 'booleanValue') ?? own(raw, 'stringValue') ?? (bytes === undefined ? undefined : Uint8Array.from(bytes))
  return { isLong: false, ...(scalar !== undefined && { scalar }) }
}

// A field that was not sent is on the prototype, with its default.
function own<T extends object, K extends keyof T>(message: T, key: K): T[K] | undefined {
  return Object.hasOwn(message, key) ? message[key] : undefined
}
