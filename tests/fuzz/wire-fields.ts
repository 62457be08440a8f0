/*
 * Protocol Buffers as a list of fields, read and written by the book (developers.google.com/protocol-buffers, "Encoding"):
 * slow, with bigints, sharing no line with packages/protocol.
 */

/** One field of a message. */
export interface WireField {
  readonly number: number
  readonly wireType: 0 | 1 | 2 | 5
  /** Of wire type 0; unsigned 64 bits. */
  readonly integer: bigint
  /** Of the others: the content without its length. */
  readonly content: Uint8Array
  /** The integer, the tag or the length is longer than it needs to be. */
  readonly isLong: boolean
  /** Bits beyond the 64th were given. */
  readonly isOverfull: boolean
}

interface Varint {
  readonly value: bigint
  readonly next: number
  readonly isLong: boolean
}

/** The fields of a message in their order, or undefined when the bytes are none. */
export function readFields(bytes: Uint8Array): WireField[] | undefined {
  const fields: WireField[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at)
    if (tag === undefined || tag.value > 0xffff_ffffn || tag.value >> 3n === 0n) return undefined
    const number = Number(tag.value >> 3n)
    const wireType = Number(tag.value & 7n)
    const read = wireType === 0 ? readInteger(bytes, tag.next) : readContent(bytes, tag.next, wireType)
    if (read === undefined) return undefined
    const { next, ...rest } = read
    fields.push({ number, ...rest, isLong: rest.isLong || tag.isLong })
    at = next
  }
  return fields
}

/** A field of wire type 0. */
export function integerField(number: number, integer: bigint): WireField {
  return { number, wireType: 0, integer, content: new Uint8Array(0), isLong: false, isOverfull: false }
}

/** A field of the other wire types. */
export function contentField(number: number, wireType: 1 | 2 | 5, content: Uint8Array): WireField {
  return { number, wireType, integer: 0n, content, isLong: false, isOverfull: false }
}

/** The bytes of a message. `extraBytes` makes every integer longer than it needs to be. */
export function writeFields(fields: readonly WireField[], extraBytes = 0): Uint8Array {
  return Buffer.concat(
    fields.flatMap(({ number, wireType, integer, content }) => {
      const tag = writeVarint((BigInt(number) << 3n) | BigInt(wireType), 0)
      if (wireType === 0) return [tag, writeVarint(integer, extraBytes)]
      return wireType === 2 ? [tag, writeVarint(BigInt(content.length), extraBytes), content] : [tag, content]
    }),
  )
}

function readInteger(bytes: Uint8Array, at: number): (Omit<WireField, 'number'> & { next: number }) | undefined {
  const varint = readVarint(bytes, at)
  if (varint === undefined) return undefined
  const integer = BigInt.asUintN(64, varint.value)
  return { wireType: 0, integer, content: new Uint8Array(0), isLong: varint.isLong, isOverfull: varint.value !== integer, next: varint.next }
}

function readContent(bytes: Uint8Array, at: number, wireType: number): (Omit<WireField, 'number'> & { next: number }) | undefined {
  if (wireType !== 1 && wireType !== 2 && wireType !== 5) return undefined
  const length = wireType === 2 ? readVarint(bytes, at) : { value: wireType === 1 ? 8n : 4n, next: at, isLong: false }
  if (length === undefined || length.value > BigInt(bytes.length - length.next)) return undefined
  const next = length.next + Number(length.value)
  return { wireType, integer: 0n, content: bytes.slice(length.next, next), isLong: length.isLong, isOverfull: false, next }
}

function readVarint(bytes: Uint8Array, at: number): Varint | undefined {
  let value = 0n
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return undefined
    value |= BigInt(byte & 0x7f) << BigInt(7 * i)
    if (byte < 0x80) return { value, next: at + i + 1, isLong: i > 0 && byte === 0 }
  }
  return undefined
}

function writeVarint(value: bigint, extraBytes: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  } while (rest > 0n)
  for (let i = 0; i < extraBytes && bytes.length < 10; i++) bytes.push(0x80)
  bytes[bytes.length - 1] = (bytes.at(-1) as number) & 0x7f
  return Uint8Array.from(bytes)
}
