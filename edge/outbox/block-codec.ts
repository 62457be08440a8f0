/*
 * Blocks of the outbox: rows as columns or JSON, with checksum. Pure: bytes in, rows out; files are read elsewhere.
 * Format: docs/formats/outbox-segment.md.
 */
import { crc32 } from 'node:zlib'
import { invariant, type SampleColumns } from '@orewatch/core'
import { outboxErrors } from './errors.ts'

/** Bytes before the payload of a block. */
export const BLOCK_HEADER_BYTES = 48
/** Rows that one block holds at most. */
export const MAX_BLOCK_ROWS = 4096
/** Bytes of one block at most; a larger length is damage. */
export const MAX_BLOCK_BYTES = 2 * 1024 * 1024
/** Blocks start at multiples of this. */
export const ALIGNMENT = 8

/** What a block holds. */
export const BLOCK_KINDS = { samples: 1, records: 2, catalog: 3 } as const

const MAGIC = 0x4b42574f // OWBK
const LAYOUT = { wide: 1, quality: 2, reason: 4, flags: 8, gatewayDelta: 16 } as const
const ALL_COLUMNS = 31

/** The header of a block. */
export interface BlockHead {
  readonly bytes: number
  readonly kind: number
  readonly layout: number
  readonly first: number
  readonly count: number
  readonly payloadBytes: number
  /** UTC ms at which the block was written. */
  readonly acceptedMs: number
  readonly baseMs: number
}

// Columns are copied as they lie in memory.
invariant(new Uint8Array(Uint16Array.of(1).buffer)[0] === 1, 'the outbox needs a little-endian machine')

/** Rows `from … to − 1` as one block whose first position is `first`. */
export function encodeSampleBlock(rows: SampleColumns, from: number, to: number, first: number, acceptedMs: number, seed: number): Uint8Array<ArrayBuffer> {
  const count = to - from
  invariant(count > 0 && count <= MAX_BLOCK_ROWS, `a block of ${count} rows`)
  const { layout, baseMs } = planLayout(rows, from, to)
  const payloadBytes = count * rowBytes(layout)
  const block = new ArrayBuffer(paddedBytes(payloadBytes))
  let at = BLOCK_HEADER_BYTES
  new Float64Array(block, at, count).set(rows.value.subarray(from, to))
  at += count * 8
  if (layout & LAYOUT.wide) {
    new Float64Array(block, at, count).set(rows.timeMs.subarray(from, to))
    at += count * 8
  } else {
    const deltas = new Uint32Array(block, at, count)
    for (let i = 0; i < count; i++) deltas[i] = (rows.timeMs[from + i] as number) - baseMs
    at += count * 4
  }
  new Uint32Array(block, at, count).set(rows.key.subarray(from, to))
  at += count * 4
  if (layout & LAYOUT.gatewayDelta) {
    new Int32Array(block, at, count).set(rows.gatewayDeltaMs.subarray(from, to))
    at += count * 4
  }
  for (const [bit, column] of [
    [LAYOUT.quality, rows.quality],
    [LAYOUT.reason, rows.reason],
    [LAYOUT.flags, rows.flags],
  ] as const) {
    if ((layout & bit) === 0) continue
    new Uint8Array(block, at, count).set(column.subarray(from, to))
    at += count
  }
  return sealBlock(block, { kind: BLOCK_KINDS.samples, layout, first, count, payloadBytes, acceptedMs, baseMs }, seed)
}

/** JSON values (already as text) as one block. */
export function encodeJsonBlock(kind: number, texts: readonly string[], first: number, acceptedMs: number, seed: number): Uint8Array<ArrayBuffer> {
  const payload = Buffer.from(`[${texts.join(',')}]`)
  const block = new ArrayBuffer(paddedBytes(payload.length))
  new Uint8Array(block, BLOCK_HEADER_BYTES).set(payload)
  return sealBlock(block, { kind, layout: 0, first, count: texts.length, payloadBytes: payload.length, acceptedMs, baseMs: 0 }, seed)
}

/**
 * The header of the block at `at`, when a whole and undamaged one lies there.
 * A number instead says how many bytes from `at` on would have to be there to tell; undefined: no block.
 */
export function readBlockHead(bytes: Uint8Array, at: number, seed: number): BlockHead | number | undefined {
  if (at + BLOCK_HEADER_BYTES > bytes.length) return BLOCK_HEADER_BYTES
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  if (view.getUint32(0, true) !== MAGIC) return undefined
  const length = view.getUint32(8, true)
  if (length < BLOCK_HEADER_BYTES || length > MAX_BLOCK_BYTES || length % ALIGNMENT !== 0) return undefined
  if (at + length > bytes.length) return length
  if (crc32(bytes.subarray(at + 8, at + length), seed) !== view.getUint32(4, true)) return undefined
  const head = {
    bytes: length,
    kind: view.getUint8(12),
    layout: view.getUint8(13),
    first: readU64(view, 16),
    count: view.getUint32(24, true),
    payloadBytes: view.getUint32(28, true),
    acceptedMs: view.getFloat64(32, true),
    baseMs: view.getFloat64(40, true),
  }
  return isConsistent(head) ? head : undefined
}

// A right checksum does not make a header true: columns cut by a count that lies would be other points' values.
function isConsistent({ bytes, kind, layout, first, count, payloadBytes }: BlockHead): boolean {
  if (count < 1 || count > MAX_BLOCK_ROWS || bytes !== paddedBytes(payloadBytes) || first + count > Number.MAX_SAFE_INTEGER) return false
  if (kind === BLOCK_KINDS.samples) return layout <= ALL_COLUMNS && payloadBytes === count * rowBytes(layout)
  return kind === BLOCK_KINDS.records || kind === BLOCK_KINDS.catalog
}

/** Memory that decoding may use instead of making columns; zeros stay zeros. */
export interface DecodeScratch {
  readonly timeMs: Float64Array
  readonly zeros: Uint8Array
  readonly zeroDeltas: Int32Array
}

/** Scratch for one block after another. */
export function makeDecodeScratch(): DecodeScratch {
  return { timeMs: new Float64Array(MAX_BLOCK_ROWS), zeros: new Uint8Array(MAX_BLOCK_ROWS), zeroDeltas: new Int32Array(MAX_BLOCK_ROWS) }
}

/**
 * The rows of a sample block that starts at `at` (a multiple of 8 in its buffer). The columns share memory with `bytes`,
 * and with the scratch when there is one: then they are to be copied before the next block.
 */
export function decodeSampleBlock(bytes: Uint8Array, at: number, head: BlockHead, scratch?: DecodeScratch): SampleColumns {
  const { count, layout, baseMs } = head
  const buffer = bytes.buffer
  let offset = bytes.byteOffset + at + BLOCK_HEADER_BYTES
  const value = new Float64Array(buffer, offset, count)
  offset += count * 8
  let timeMs: Float64Array
  if (layout & LAYOUT.wide) {
    timeMs = new Float64Array(buffer, offset, count)
    offset += count * 8
  } else {
    const deltas = new Uint32Array(buffer, offset, count)
    timeMs = scratch?.timeMs ?? new Float64Array(count)
    for (let i = 0; i < count; i++) timeMs[i] = baseMs + (deltas[i] as number)
    offset += count * 4
  }
  const key = new Uint32Array(buffer, offset, count)
  offset += count * 4
  let gatewayDeltaMs: Int32Array
  if (layout & LAYOUT.gatewayDelta) {
    gatewayDeltaMs = new Int32Array(buffer, offset, count)
    offset += count * 4
  } else {
    gatewayDeltaMs = scratch?.zeroDeltas ?? new Int32Array(count)
  }
  const small = (bit: number): Uint8Array => {
    if ((layout & bit) === 0) return scratch?.zeros ?? new Uint8Array(count)
    const column = new Uint8Array(buffer, offset, count)
    offset += count
    return column
  }
  return { count, key, timeMs, value, quality: small(LAYOUT.quality), reason: small(LAYOUT.reason), flags: small(LAYOUT.flags), gatewayDeltaMs }
}

/** The aliases of a sample block, without decoding the rest of it. */
export function readAliases(bytes: Uint8Array, at: number, { count, layout }: BlockHead): Uint32Array {
  const before = count * (layout & LAYOUT.wide ? 16 : 12)
  return new Uint32Array(bytes.buffer, bytes.byteOffset + at + BLOCK_HEADER_BYTES + before, count)
}

/** The JSON values of a record or catalog block; throws OUTBOX_BAD_FORMAT when there are not as many as the header says. */
export function decodeJsonBlock(bytes: Uint8Array, at: number, head: BlockHead): unknown[] {
  const start = bytes.byteOffset + at + BLOCK_HEADER_BYTES
  const text = Buffer.from(bytes.buffer, start, head.payloadBytes).toString('utf8')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw outboxErrors.BAD_FORMAT({ first: head.first, why: 'the block is not JSON' }, cause)
  }
  if (!Array.isArray(parsed) || parsed.length !== head.count) throw outboxErrors.BAD_FORMAT({ first: head.first, count: head.count, why: 'the block holds another number of records' })
  return parsed
}

/** Writes an integer up to 2^53 − 1 as u64. */
export function writeU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true)
}

/** Reads a u64 that is at most 2^53 − 1. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000
}

function planLayout(rows: SampleColumns, from: number, to: number): { layout: number; baseMs: number } {
  let lowest = Infinity
  let highest = -Infinity
  let isWhole = true
  let quality = 0
  let reason = 0
  let flags = 0
  let delta = 0
  for (let i = from; i < to; i++) {
    const timeMs = rows.timeMs[i] as number
    if (timeMs < lowest) lowest = timeMs
    if (timeMs > highest) highest = timeMs
    isWhole &&= Number.isSafeInteger(timeMs) && !Object.is(timeMs, -0)
    quality |= rows.quality[i] as number
    reason |= rows.reason[i] as number
    flags |= rows.flags[i] as number
    delta |= rows.gatewayDeltaMs[i] as number
  }
  const isWide = !isWhole || highest - lowest > 0xffff_ffff
  const layout = (isWide ? LAYOUT.wide : 0) | (quality ? LAYOUT.quality : 0) | (reason ? LAYOUT.reason : 0) | (flags ? LAYOUT.flags : 0) | (delta ? LAYOUT.gatewayDelta : 0)
  return { layout, baseMs: isWide ? 0 : lowest }
}

function rowBytes(layout: number): number {
  const time = layout & LAYOUT.wide ? 8 : 4
  const delta = layout & LAYOUT.gatewayDelta ? 4 : 0
  return 12 + time + delta + (layout & LAYOUT.quality ? 1 : 0) + (layout & LAYOUT.reason ? 1 : 0) + (layout & LAYOUT.flags ? 1 : 0)
}

function paddedBytes(payloadBytes: number): number {
  return Math.ceil((BLOCK_HEADER_BYTES + payloadBytes) / ALIGNMENT) * ALIGNMENT
}

function sealBlock(block: ArrayBuffer, head: Omit<BlockHead, 'bytes'>, seed: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(block)
  view.setUint32(0, MAGIC, true)
  view.setUint32(8, block.byteLength, true)
  view.setUint8(12, head.kind)
  view.setUint8(13, head.layout)
  writeU64(view, 16, head.first)
  view.setUint32(24, head.count, true)
  view.setUint32(28, head.payloadBytes, true)
  view.setFloat64(32, head.acceptedMs, true)
  view.setFloat64(40, head.baseMs, true)
  const bytes = new Uint8Array(block)
  view.setUint32(4, crc32(bytes.subarray(8), seed), true)
  return bytes
}
