/*
 * What the end-to-end acknowledgement says on the wire: the metric `Outbox/Position` of a data message and the command
 * `Node Control/Stored` that answers it. Byte diagrams: docs/formats/sparkplug.md.
 */
import type { PositionRange } from '@orewatch/core'
import { protocolErrors } from './errors.ts'
import { WireReader, WireWriter } from './wire.ts'

/** Outbox streams, in the order in which they are sent and in the reverse of which they are dropped. */
export const STREAMS = ['alarm', 'event', 'vital', 'routine'] as const

/** A stream of the outbox: each has its own positions, from 0 on. */
export type Stream = (typeof STREAMS)[number]

/** Metric names with which gateway and central speak of the outbox. */
export const OUTBOX_METRICS = {
  /** NBIRTH, String: 16 hexadecimal digits, new with every new or restored outbox. */
  incarnation: 'Outbox/Incarnation',
  /** NBIRTH, Bytes, and every data message of an outbox: which positions the message holds. */
  position: 'Outbox/Position',
  /** NBIRTH, Bytes: the next free position of every stream, as ranges from 0 (Stored layout). */
  next: 'Outbox/Next',
  /** NDATA, String, one per record: an event or alarm as JSON. */
  record: 'Outbox/Record',
  /** NBIRTH, String: new with every start of the gateway program; two that alternate are two gateways. */
  session: 'Node Info/Session',
  /** NCMD, Bytes: ranges that central has stored. */
  stored: 'Node Control/Stored',
  /** NCMD, Boolean: Sparkplug's request for new births. */
  rebirth: 'Node Control/Rebirth',
  /** NCMD, Boolean: read the configuration again. */
  reload: 'Node Control/Reload',
} as const

/** Which records of an outbox a data message carries, in the order of its metrics. */
export interface OutboxPosition {
  /** 16 lower-case hexadecimal digits. */
  readonly incarnation: string
  readonly stream: Stream
  readonly runs: readonly PositionRange[]
}

/** What central has stored of one outbox. */
export interface StoredRanges {
  readonly incarnation: string
  /** True in the answer to a birth: the ranges are all there are. False: they are new ones. */
  readonly isComplete: boolean
  readonly streams: ReadonlyMap<Stream, readonly PositionRange[]>
}

const VERSION = 1
const INCARNATION = /^[0-9a-f]{16}$/
// A message is bounded in bytes anyway; this bounds what a damaged count can make us allocate.
const MAX_RANGES = 100_000

/** Whether a string is an outbox incarnation. */
export function isIncarnation(text: string): boolean {
  return INCARNATION.test(text)
}

/** Encodes the value of `Outbox/Position`. */
export function encodePosition(position: OutboxPosition): Uint8Array<ArrayBuffer> {
  const writer = new WireWriter(32 + position.runs.length * 8)
  writeHead(writer, position.incarnation)
  writer.varint(STREAMS.indexOf(position.stream))
  writeRanges(writer, position.runs)
  return writer.finish()
}

/** Decodes the value of `Outbox/Position`; throws PROTOCOL_MALFORMED when it is not one. */
export function decodePosition(bytes: Uint8Array): OutboxPosition {
  const reader = new WireReader(bytes)
  const incarnation = readHead(reader)
  const stream = readStream(reader)
  const runs = readRanges(reader)
  if (reader.at !== reader.end) throw protocolErrors.MALFORMED({ why: 'bytes after the position', at: reader.at })
  return { incarnation, stream, runs }
}

/** Encodes the value of `Node Control/Stored` (and of `Outbox/Next`). */
export function encodeStored(stored: StoredRanges): Uint8Array<ArrayBuffer> {
  const writer = new WireWriter(256)
  writeHead(writer, stored.incarnation)
  writer.varint(stored.isComplete ? 1 : 0)
  writer.varint(stored.streams.size)
  for (const [stream, ranges] of stored.streams) {
    writer.varint(STREAMS.indexOf(stream))
    writeRanges(writer, ranges)
  }
  return writer.finish()
}

/** Decodes the value of `Node Control/Stored`; throws PROTOCOL_MALFORMED when it is not one. */
export function decodeStored(bytes: Uint8Array): StoredRanges {
  const reader = new WireReader(bytes)
  const incarnation = readHead(reader)
  const isComplete = (reader.varint() & 1) === 1
  const count = reader.varint()
  if (count > STREAMS.length) throw protocolErrors.MALFORMED({ why: 'more streams than exist', count })
  const streams = new Map<Stream, readonly PositionRange[]>()
  for (let i = 0; i < count; i++) {
    const stream = readStream(reader)
    if (streams.has(stream)) throw protocolErrors.MALFORMED({ why: 'a stream twice', stream })
    streams.set(stream, readRanges(reader))
  }
  if (reader.at !== reader.end) throw protocolErrors.MALFORMED({ why: 'bytes after the ranges', at: reader.at })
  return { incarnation, isComplete, streams }
}

/** How many records the runs hold. */
export function countOf(runs: readonly PositionRange[]): number {
  let count = 0
  for (const run of runs) count += run.count
  return count
}

function writeHead(writer: WireWriter, incarnation: string): void {
  if (!isIncarnation(incarnation)) throw protocolErrors.MALFORMED({ why: 'an incarnation is 16 hexadecimal digits', incarnation })
  writer.varint(VERSION)
  writer.reserve(8)
  writer.bytes.set(Buffer.from(incarnation, 'hex'), writer.at)
  writer.at += 8
}

function readHead(reader: WireReader): string {
  const version = reader.varint()
  if (version !== VERSION) throw protocolErrors.MALFORMED({ why: 'unknown version', version, known: VERSION })
  if (reader.at + 8 > reader.end) throw protocolErrors.TRUNCATED({ at: reader.at })
  const bytes = reader.bytes.subarray(reader.at, reader.at + 8)
  reader.at += 8
  return Buffer.from(bytes.buffer, bytes.byteOffset, 8).toString('hex')
}

function readStream(reader: WireReader): Stream {
  const index = reader.varint()
  const stream = STREAMS[index]
  if (stream === undefined) throw protocolErrors.MALFORMED({ why: 'unknown stream', index })
  return stream
}

function writeRanges(writer: WireWriter, ranges: readonly PositionRange[]): void {
  writer.varint(ranges.length)
  for (const range of ranges) {
    writer.varint(range.first)
    writer.varint(range.count)
  }
}

function readRanges(reader: WireReader): PositionRange[] {
  const count = reader.varint()
  if (count > MAX_RANGES) throw protocolErrors.MALFORMED({ why: 'too many ranges', count, limit: MAX_RANGES })
  const ranges: PositionRange[] = []
  for (let i = 0; i < count; i++) {
    const first = reader.varint()
    const length = reader.varint()
    if (length === 0 || first + length > Number.MAX_SAFE_INTEGER) throw protocolErrors.MALFORMED({ why: 'an empty or endless range', first, length })
    ranges.push({ first, count: length })
  }
  return ranges
}
