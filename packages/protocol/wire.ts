/*
 * Protocol Buffers wire format (varints, fixed32/64, length-delimited), just what Sparkplug B needs, and no more.
 * Not a protobuf library: there is no reflection and no groups. Format: docs/formats/sparkplug.md.
 */
import { protocolErrors } from './errors.ts'

/** Reads protobuf fields from bytes. Every read checks the bounds and throws PROTOCOL_TRUNCATED beyond them. */
export class WireReader {
  readonly bytes: Uint8Array
  readonly #view: DataView
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = start
    this.end = end
  }

  /** A varint as a number; throws PROTOCOL_UNSAFE_INTEGER above 2^53 − 1. */
  varint(): number {
    const { bytes, end } = this
    let at = this.at
    if (at >= end) throw protocolErrors.TRUNCATED({ at })
    let byte = bytes[at++] as number
    let value = byte & 0x7f
    if (byte < 0x80) {
      this.at = at
      return value
    }
    let scale = 128
    for (let i = 1; i < 10; i++) {
      if (at >= end) throw protocolErrors.TRUNCATED({ at })
      byte = bytes[at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw protocolErrors.UNSAFE_INTEGER({ at: this.at })
        this.at = at
        return value
      }
      scale *= 128
    }
    throw protocolErrors.MALFORMED({ at: this.at, why: 'varint of more than ten bytes' })
  }

  /** A varint in full, as unsigned 64 bits. */
  varint64(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw protocolErrors.TRUNCATED({ at: this.at })
      const byte = this.bytes[this.at++] as number
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw protocolErrors.MALFORMED({ at: this.at, why: 'varint of more than ten bytes' })
  }

  /** A varint of a 32-bit field: as protobuf has it, one that is wider keeps its low bits. */
  uint32(): number {
    const byte = this.bytes[this.at] as number
    if (byte < 0x80 && this.at < this.end) {
      this.at++
      return byte
    }
    return Number(this.varint64() & 0xffffffffn)
  }

  /** A varint of a Boolean: any bit of the 64 makes it true. */
  boolean(): boolean {
    const byte = this.bytes[this.at] as number
    if (byte < 0x80 && this.at < this.end) {
      this.at++
      return byte !== 0
    }
    return this.varint64() !== 0n
  }

  /** Eight bytes as a double. */
  double(): number {
    this.#need(8)
    const value = this.#view.getFloat64(this.at, true)
    this.at += 8
    return value
  }

  /** Four bytes as a float. */
  float(): number {
    this.#need(4)
    const value = this.#view.getFloat32(this.at, true)
    this.at += 4
    return value
  }

  /** The end offset of a length-delimited field that starts here; the reader stands on its first byte. */
  lengthEnd(): number {
    const length = this.varint()
    const end = this.at + length
    if (end > this.end) throw protocolErrors.TRUNCATED({ at: this.at, length })
    return end
  }

  /** A length-delimited field as a view on the same memory. */
  view(): Uint8Array {
    const end = this.lengthEnd()
    const view = this.bytes.subarray(this.at, end)
    this.at = end
    return view
  }

  /** A length-delimited field as UTF-8 text. */
  text(): string {
    const view = this.view()
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('utf8')
  }

  /** Passes over a field of the given wire type. */
  skip(wireType: number): void {
    switch (wireType) {
      case 0:
        this.varint64()
        return
      case 1:
        this.#need(8)
        this.at += 8
        return
      case 2:
        this.at = this.lengthEnd()
        return
      case 5:
        this.#need(4)
        this.at += 4
        return
      default:
        throw protocolErrors.MALFORMED({ at: this.at, wireType })
    }
  }

  #need(bytes: number): void {
    if (this.at + bytes > this.end) throw protocolErrors.TRUNCATED({ at: this.at })
  }
}

/** Writes protobuf fields into a buffer that grows. `finish` copies the result out, so a writer can be reused. */
export class WireWriter {
  bytes: Uint8Array<ArrayBuffer>
  at = 0
  #view: DataView

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    if (this.at + more <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.at + more, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  /** A non-negative integer up to 2^53 − 1. */
  varint(value: number): void {
    this.reserve(10)
    const { bytes } = this
    let at = this.at
    let rest = value
    while (rest >= 0x80) {
      // Above 2^31 bit operations would wrap.
      if (rest < 0x80000000) {
        bytes[at++] = (rest & 0x7f) | 0x80
        rest >>>= 7
      } else {
        bytes[at++] = (rest % 128) | 0x80
        rest = Math.floor(rest / 128)
      }
    }
    bytes[at++] = rest
    this.at = at
  }

  /** An unsigned 64-bit integer. */
  varint64(value: bigint): void {
    this.reserve(10)
    let rest = BigInt.asUintN(64, value)
    while (rest >= 0x80n) {
      this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.bytes[this.at++] = Number(rest)
  }

  /** Eight bytes of a double. */
  double(value: number): void {
    this.reserve(8)
    this.#view.setFloat64(this.at, value, true)
    this.at += 8
  }

  /** Four bytes of a float. */
  float(value: number): void {
    this.reserve(4)
    this.#view.setFloat32(this.at, value, true)
    this.at += 4
  }

  /** Raw bytes behind their length. */
  block(value: Uint8Array): void {
    this.varint(value.length)
    this.reserve(value.length)
    this.bytes.set(value, this.at)
    this.at += value.length
  }

  /** Text behind its length. */
  text(value: string): void {
    this.block(Buffer.from(value, 'utf8'))
  }

  /** The bytes written so far, copied; the writer is empty afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    const result = this.bytes.slice(0, this.at)
    this.at = 0
    return result
  }
}

/** How many bytes a varint takes. */
export function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) bytes++
  return bytes
}
