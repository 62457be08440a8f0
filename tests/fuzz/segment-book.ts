/* Reads outbox segments as docs/formats/outbox-segment.md describes them, sharing no line with edge/outbox; slow and plain. */
import type { Sample } from '@orewatch/core'

/** The header of a segment. */
export interface BookHeader {
  readonly seed: number
  readonly stream: number
  readonly incarnation: string
  readonly first: bigint
  readonly previousEnd: bigint
  readonly createdMs: number
}

/** A block and what is in it. */
export interface BookBlock {
  readonly kind: number
  readonly first: bigint
  readonly count: number
  readonly acceptedMs: number
  readonly rows: readonly Sample[]
  readonly records: readonly unknown[]
}

const MAX_POSITION = BigInt(Number.MAX_SAFE_INTEGER)
const MAX_BLOCK_BYTES = 2 * 1024 * 1024
const MAX_ROWS = 4_096
const ENTRY_BYTES = { value: 8, wideTime: 8, time: 4, alias: 4, delta: 4, small: 1 } as const

/** CRC-32 of IEEE 802.3, continued from `seed`, bit by bit. */
export function crc32(bytes: Uint8Array, seed: number): number {
  let crc = ~seed
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0xedb88320
  }
  return ~crc >>> 0
}

/** Reads the first 64 bytes; undefined when they are no header of version 1. */
export function readHeaderByBook(bytes: Uint8Array): BookHeader | undefined {
  if (bytes.length < 64) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const seed = view.getUint32(4, true)
  const stream = view.getUint8(10)
  if (textOf(bytes, 0, 4) !== 'OWSG' || view.getUint16(8, true) !== 1 || crc32(bytes.subarray(8, 64), 0) !== seed || (stream > 3 && stream !== 255)) return undefined
  const first = view.getBigUint64(24, true)
  const previousEnd = view.getBigUint64(32, true)
  if (first > MAX_POSITION || previousEnd > MAX_POSITION) return undefined
  return { seed, stream, incarnation: Buffer.from(bytes.subarray(16, 24)).toString('hex'), first, previousEnd, createdMs: view.getFloat64(40, true) }
}

/** Reads the block at an offset; without one when it is not as the book says. */
export function readBlockByBook(bytes: Uint8Array, at: number, seed: number): { readonly isChecksumRight: boolean; readonly block?: BookBlock } {
  const wrong = { isChecksumRight: false }
  if (at + 48 > bytes.length || textOf(bytes, at, 4) !== 'OWBK') return wrong
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  const length = view.getUint32(8, true)
  if (length < 48 || length > MAX_BLOCK_BYTES || length % 8 !== 0 || at + length > bytes.length) return wrong
  if (crc32(bytes.subarray(at + 8, at + length), seed) !== view.getUint32(4, true)) return wrong
  const [kind, first, count, payloadBytes] = [view.getUint8(12), view.getBigUint64(16, true), view.getUint32(24, true), view.getUint32(28, true)]
  const isWhole = count > 0 && count <= MAX_ROWS && length === Math.ceil((48 + payloadBytes) / 8) * 8 && first + BigInt(count) <= MAX_POSITION
  if (!isWhole) return { isChecksumRight: true }
  const payload = new DataView(bytes.buffer, bytes.byteOffset + at + 48, payloadBytes)
  const rows = kind === 1 ? readRows(payload, count, view.getUint8(13), view.getFloat64(40, true)) : []
  const records = kind === 2 || kind === 3 ? readRecords(payload, count) : []
  if (rows === undefined || records === undefined || kind < 1 || kind > 3) return { isChecksumRight: true }
  return { isChecksumRight: true, block: { kind, first, count, acceptedMs: view.getFloat64(32, true), rows, records } }
}

function readRows(payload: DataView, count: number, layout: number, baseMs: number): Sample[] | undefined {
  if (layout > 31) return undefined
  const [isWide, hasQuality, hasReason, hasFlags, hasDelta] = [1, 2, 4, 8, 16].map((bit) => (layout & bit) !== 0)
  const sizes = [
    ENTRY_BYTES.value,
    isWide ? ENTRY_BYTES.wideTime : ENTRY_BYTES.time,
    ENTRY_BYTES.alias,
    hasDelta ? ENTRY_BYTES.delta : 0,
    ...[hasQuality, hasReason, hasFlags].map((has) => (has ? ENTRY_BYTES.small : 0)),
  ]
  const starts = sizes.map((_, column) => count * sizes.slice(0, column).reduce((sum, size) => sum + size, 0))
  if (payload.byteLength !== count * sizes.reduce((sum, size) => sum + size, 0)) return undefined
  const [value = 0, time = 0, alias = 0, delta = 0, quality = 0, reason = 0, flags = 0] = starts
  return Array.from(
    { length: count },
    (_, i): Sample => ({
      value: payload.getFloat64(value + 8 * i, true),
      timeMs: isWide ? payload.getFloat64(time + 8 * i, true) : baseMs + payload.getUint32(time + 4 * i, true),
      key: payload.getUint32(alias + 4 * i, true),
      gatewayDeltaMs: hasDelta ? payload.getInt32(delta + 4 * i, true) : 0,
      quality: hasQuality ? payload.getUint8(quality + i) : 0,
      reason: hasReason ? payload.getUint8(reason + i) : 0,
      flags: hasFlags ? payload.getUint8(flags + i) : 0,
    }),
  )
}

function readRecords(payload: DataView, count: number): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(textOf(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength), 0, payload.byteLength))
    return Array.isArray(parsed) && parsed.length === count ? parsed : undefined
  } catch {
    return undefined
  }
}

function textOf(bytes: Uint8Array, at: number, length: number): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(at, at + length))
}
