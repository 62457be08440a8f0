import { crc32 } from 'node:zlib'
import { isIncarnation, type Stream, STREAMS } from '@orewatch/protocol'
import { readU64, writeU64 } from './block-codec.ts'

/** Bytes before the first block of a segment. */
export const SEGMENT_HEADER_BYTES = 64

/** What a file is for: a stream, or the catalog of points. */
export type SegmentContent = Stream | 'catalog'

/** The first 64 bytes of a segment. Format: docs/formats/outbox-segment.md. */
export interface SegmentHeader {
  readonly content: SegmentContent
  readonly incarnation: string
  /** Position of the first row to come. */
  readonly first: number
  /** Where the segment before ended; positions from here to `first` were never given away. */
  readonly previousEnd: number
  /** UTC ms. */
  readonly createdMs: number
}

const MAGIC = 0x4753574f // OWSG
const VERSION = 1
const CATALOG_CODE = 255
const NAME = /^(alarm|event|vital|routine)-(\d{16})-([0-9a-f]{16})\.seg$/

/** Encodes a header; `seed` is what the checksums of its blocks begin with. */
export function encodeSegmentHeader(header: SegmentHeader): { readonly bytes: Uint8Array<ArrayBuffer>; readonly seed: number } {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(8, VERSION, true)
  view.setUint8(10, header.content === 'catalog' ? CATALOG_CODE : STREAMS.indexOf(header.content))
  bytes.set(Buffer.from(header.incarnation, 'hex'), 16)
  writeU64(view, 24, header.first)
  writeU64(view, 32, header.previousEnd)
  view.setFloat64(40, header.createdMs, true)
  const seed = crc32(bytes.subarray(8))
  view.setUint32(4, seed, true)
  return { bytes, seed }
}

/** Decodes a header, or undefined when these bytes are not one of this version. */
export function decodeSegmentHeader(bytes: Uint8Array): { readonly header: SegmentHeader; readonly seed: number } | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEGMENT_HEADER_BYTES)
  const seed = view.getUint32(4, true)
  if (view.getUint32(0, true) !== MAGIC || view.getUint16(8, true) !== VERSION) return undefined
  if (crc32(bytes.subarray(8, SEGMENT_HEADER_BYTES)) !== seed) return undefined
  const code = view.getUint8(10)
  const content = code === CATALOG_CODE ? 'catalog' : STREAMS[code]
  if (content === undefined) return undefined
  const incarnation = Buffer.from(bytes.subarray(16, 24)).toString('hex')
  const first = readU64(view, 24)
  const previousEnd = readU64(view, 32)
  if (first > Number.MAX_SAFE_INTEGER || previousEnd > Number.MAX_SAFE_INTEGER) return undefined
  return { seed, header: { content, incarnation, first, previousEnd, createdMs: view.getFloat64(40, true) } }
}

/** The file name of a segment. */
export function segmentName(stream: Stream, first: number, incarnation: string): string {
  return `${stream}-${String(first).padStart(16, '0')}-${incarnation}.seg`
}

/** What a segment's file name says, or undefined when it is no such name. */
export function parseSegmentName(name: string): { readonly stream: Stream; readonly first: number; readonly incarnation: string } | undefined {
  const match = NAME.exec(name)
  if (!match) return undefined
  const [, stream, first, incarnation] = match
  if (!isIncarnation(incarnation as string)) return undefined
  return { stream: stream as Stream, first: Number(first), incarnation: incarnation as string }
}
