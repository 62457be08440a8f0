/*
 * sparkplug-payload is not strict: protobufjs 6 looks at field numbers and ignores wire types, reads 32-bit integers of
 * six to nine bytes as ten, keeps the first of a oneof, lets a message run over its end, decodes bytes that are no UTF-8
 * to something else each time. So a mutant that touches one of these is written again as protobuf says it must be
 * understood, and the peer reads that. Each such difference is a rule with a name; a mutant that needs none goes to the
 * peer byte for byte. What is here is written from the protobuf documentation, not from packages/protocol.
 */
import { contentField, integerField, readFields, type WireField, writeFields } from './wire-fields.ts'

/** Why the peer cannot be given the mutant as it is. */
export type RespellRule =
  /** A known field number with another wire type is an unknown field and is passed over. The peer reads it regardless. */
  | 'wrong-wire-type'
  /** An integer, tag or length that is longer than it needs to be, or wider than its field: the low bits count. The peer loses its place. */
  | 'long-varint'
  /** Any bit makes a Boolean true. The peer looks at 32 of them. */
  | 'wide-boolean'
  /** Of several fields of a oneof the last counts. The peer keeps all and names the one that came first last. */
  | 'several-of-oneof'
  /** A message given in parts is one message. The peer keeps the last part. */
  | 'split-message'
  /** Bytes that are no UTF-8 become U+FFFD. The peer makes up characters. */
  | 'bad-utf8'
  /** Keys without values, and values without keys, are not read. The peer refuses the first. */
  | 'uneven-properties'
  /** Metadata, data sets, templates and nested property sets are passed over unread, whatever they hold. The peer reads them. */
  | 'unread'
  /** The peer reads a number of more than 53 bits; ours refuses the payload, since it would come out as another number. */
  | 'unsafe-integer'

/** What a mutant is by the book. */
export type Respelled = { readonly kind: 'not-protobuf' } | { readonly kind: 'unsafe-integer' } | { readonly kind: 'message'; readonly bytes: Uint8Array; readonly rules: ReadonlySet<RespellRule> }

type FieldKind = 'u32' | 'u64' | 'safe' | 'bool' | 'fixed32' | 'fixed64' | 'text' | 'bytes' | 'unread' | MessageSchema

interface MessageSchema {
  readonly fields: Readonly<Record<number, FieldKind>>
  readonly repeated: ReadonlySet<number>
  readonly oneof: ReadonlySet<number>
}

const PROPERTY_VALUE: MessageSchema = {
  fields: { 1: 'u32', 2: 'bool', 3: 'u32', 4: 'u64', 5: 'fixed32', 6: 'fixed64', 7: 'bool', 8: 'text', 9: 'unread', 10: 'unread', 11: 'unread' },
  repeated: new Set(),
  oneof: new Set([3, 4, 5, 6, 7, 8, 9, 10, 11]),
}
const PROPERTY_SET: MessageSchema = { fields: { 1: 'text', 2: PROPERTY_VALUE }, repeated: new Set([1, 2]), oneof: new Set() }
const METRIC: MessageSchema = {
  fields: {
    1: 'text',
    2: 'safe',
    3: 'safe',
    4: 'u32',
    5: 'bool',
    6: 'bool',
    7: 'bool',
    8: 'unread',
    9: PROPERTY_SET,
    10: 'u32',
    11: 'u64',
    12: 'fixed32',
    13: 'fixed64',
    14: 'bool',
    15: 'text',
    16: 'bytes',
    17: 'unread',
    18: 'unread',
    19: 'unread',
  },
  repeated: new Set(),
  oneof: new Set([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]),
}
const PAYLOAD: MessageSchema = { fields: { 1: 'safe', 2: METRIC, 3: 'safe', 4: 'unread', 5: 'unread' }, repeated: new Set([2]), oneof: new Set() }

const WIRE_TYPES: Readonly<Record<Exclude<FieldKind, MessageSchema>, number>> = {
  u32: 0,
  u64: 0,
  safe: 0,
  bool: 0,
  fixed32: 5,
  fixed64: 1,
  text: 2,
  bytes: 2,
  unread: 2,
}

/** A payload as protobuf says it must be understood, in the spelling that the peer reads rightly. */
export function respell(bytes: Uint8Array): Respelled {
  const rules = new Set<RespellRule>()
  const message = respellMessage(bytes, PAYLOAD, rules)
  if (message === undefined) return { kind: 'not-protobuf' }
  if (rules.has('unsafe-integer')) return { kind: 'unsafe-integer' }
  return { kind: 'message', bytes: rules.size === 0 ? bytes : message, rules }
}

function respellMessage(bytes: Uint8Array, schema: MessageSchema, rules: Set<RespellRule>): Uint8Array | undefined {
  const fields = readFields(bytes)
  if (fields === undefined) return undefined
  const known: WireField[] = []
  for (const field of mergeParts(
    fields.filter((candidate) => isKnown(candidate, schema, rules)),
    schema,
    rules,
  )) {
    const respelled = respellField(field, schema.fields[field.number] as FieldKind, rules)
    if (respelled === undefined) return undefined
    known.push(respelled)
  }
  const kept = lastOfOneof(known, schema, rules).filter(({ number }) => schema.fields[number] !== 'unread')
  return writeFields(schema === PROPERTY_SET ? evenProperties(kept, rules) : kept)
}

function isKnown(field: WireField, schema: MessageSchema, rules: Set<RespellRule>): boolean {
  if (field.isLong || field.isOverfull) rules.add('long-varint')
  const kind = schema.fields[field.number]
  if (kind === undefined) return false
  if (kind === 'unread') rules.add('unread')
  if ((typeof kind === 'object' ? 2 : WIRE_TYPES[kind]) === field.wireType) return true
  rules.add('wrong-wire-type')
  return false
}

// Joining the bytes of its parts is what protobuf calls merging a message.
function mergeParts(fields: readonly WireField[], schema: MessageSchema, rules: Set<RespellRule>): WireField[] {
  const merged: WireField[] = []
  for (const field of fields) {
    const isSingleMessage = typeof schema.fields[field.number] === 'object' && !schema.repeated.has(field.number)
    const at = isSingleMessage ? merged.findIndex(({ number }) => number === field.number) : -1
    const earlier = merged[at]
    if (earlier === undefined) merged.push(field)
    else {
      rules.add('split-message')
      // Both parts must be messages by themselves, or their halves would fit together.
      if (readFields(earlier.content) === undefined || readFields(field.content) === undefined) return [contentField(field.number, 2, Uint8Array.of(0))]
      merged[at] = contentField(field.number, 2, Buffer.concat([earlier.content, field.content]))
    }
  }
  return merged
}

function respellField(field: WireField, kind: FieldKind, rules: Set<RespellRule>): WireField | undefined {
  if (typeof kind === 'object') {
    const content = respellMessage(field.content, kind, rules)
    return content === undefined ? undefined : contentField(field.number, 2, content)
  }
  switch (kind) {
    case 'safe':
      if (field.isOverfull || field.integer > BigInt(Number.MAX_SAFE_INTEGER)) rules.add('unsafe-integer')
      return field
    case 'u32':
      if (field.integer > 0xffff_ffffn) rules.add('long-varint')
      return integerField(field.number, BigInt.asUintN(32, field.integer))
    case 'bool':
      if (field.integer > 1n) rules.add('wide-boolean')
      return integerField(field.number, field.integer === 0n ? 0n : 1n)
    case 'text': {
      const text = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(field.content), 'utf8')
      if (Buffer.compare(text, field.content) !== 0) rules.add('bad-utf8')
      return contentField(field.number, 2, text)
    }
    default:
      return field
  }
}

function lastOfOneof(fields: readonly WireField[], { oneof }: MessageSchema, rules: Set<RespellRule>): WireField[] {
  const last = fields.findLast(({ number }) => oneof.has(number))
  const kept = fields.filter((field) => !oneof.has(field.number) || field === last)
  if (kept.length < fields.length) rules.add('several-of-oneof')
  return kept
}

function evenProperties(fields: readonly WireField[], rules: Set<RespellRule>): WireField[] {
  const keys = fields.filter(({ number }) => number === 1)
  const values = fields.filter(({ number }) => number === 2)
  if (keys.length !== values.length) rules.add('uneven-properties')
  const count = Math.min(keys.length, values.length)
  return [...keys.slice(0, count), ...values.slice(0, count)]
}
