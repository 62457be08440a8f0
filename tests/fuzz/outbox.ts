/*
 * Outbox segments: header and block codec against a second reader, written from docs/formats/outbox-segment.md with
 * DataView and bigint. Most mutants get right checksums again: damage that a checksum catches is the easy part.
 */
import { errorCode, SampleBuilder, type SampleColumns, sampleAt } from '@orewatch/core'
import { STREAMS } from '@orewatch/protocol'
import { BLOCK_KINDS, type BlockHead, decodeJsonBlock, decodeSampleBlock, encodeJsonBlock, encodeSampleBlock, readAliases, readBlockHead } from '../../edge/outbox/block-codec.ts'
import { decodeSegmentHeader, encodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../../edge/outbox/segment-header.ts'
import type { Dice } from '../dice.ts'
import { difference, type FuzzCase, type FuzzKind, fuzzKind, type Verdict } from './kind.ts'
import { chance, mutateBytes, mutateInPlace, pick, randomBytes, randomDouble } from './mutators.ts'
import { type BookBlock, crc32, readBlockByBook, readHeaderByBook } from './segment-book.ts'

/** The functions under test; a test of the harness gives wrong ones. */
export interface OutboxDecoders {
  readonly decodeSampleBlock: typeof decodeSampleBlock
}

const NOW_MS = 1_772_697_600_000
const HEAD_BYTES = 48

/** The kind `outbox`. */
export function outboxKind(decoders: OutboxDecoders = { decodeSampleBlock }): FuzzKind {
  return fuzzKind<FuzzCase>({ name: 'outbox', weight: 16, make, judge: ({ bytes }) => judge(Uint8Array.from(bytes), decoders) })
}

function make(dice: Dice): FuzzCase {
  const { bytes: header, seed } = encodeSegmentHeader({
    content: pick(dice, [...STREAMS, 'catalog']),
    incarnation: Buffer.from(randomBytes(dice, 8)).toString('hex'),
    first: dice.between(0, 10_000),
    previousEnd: dice.between(0, 10_000),
    createdMs: NOW_MS,
  })
  if (chance(dice, 15)) {
    const mutant = mutateInPlace(header, dice, 2)
    return sealed(chance(dice, 60) ? withCrc(mutant, 8, mutant.length, 4, 0) : mutant)
  }
  const block = chance(dice, 75) ? sampleBlock(dice, seed) : jsonBlock(dice, seed)
  const mutant = Uint8Array.from(mutateBlock(block, dice))
  return sealed(Buffer.concat([header, chance(dice, 65) ? withRightCrc(mutant, seed) : mutant]))
}

// Half of the changes hit the header of the block, which is a hundredth of it and says everything.
function mutateBlock(block: Uint8Array, dice: Dice): Uint8Array {
  if (chance(dice, 5)) return block
  if (chance(dice, 50)) return Buffer.concat([mutateInPlace(block.subarray(0, HEAD_BYTES), dice, 2), block.subarray(HEAD_BYTES)])
  return chance(dice, 70) ? mutateInPlace(block, dice, 3) : mutateBytes(block, dice, 2)
}

function sampleBlock(dice: Dice, seed: number): Uint8Array {
  const rows = new SampleBuilder()
  const isWide = chance(dice, 15)
  for (let i = dice.between(1, 20); i > 0; i--) {
    rows.push(
      dice.between(16, 2_000),
      isWide ? randomDouble(dice) : NOW_MS + dice.between(0, 100_000),
      randomDouble(dice),
      chance(dice, 80) ? 0 : dice.between(0, 9),
      chance(dice, 80) ? 0 : dice.between(0, 24),
      chance(dice, 80) ? 0 : dice.between(0, 7),
      chance(dice, 80) ? 0 : dice.between(-5_000, 5_000),
    )
  }
  return encodeSampleBlock(rows, 0, rows.count, dice.between(0, 1_000_000), NOW_MS, seed)
}

function jsonBlock(dice: Dice, seed: number): Uint8Array {
  const texts = Array.from({ length: dice.between(1, 4) }, () => JSON.stringify({ schema: 'x/1', timeMs: NOW_MS + dice.between(0, 99), title: pick(dice, ['气', 'gas', '']) }))
  return encodeJsonBlock(pick(dice, [BLOCK_KINDS.records, BLOCK_KINDS.catalog]), texts, dice.between(0, 1_000_000), NOW_MS, seed)
}

function withRightCrc(block: Uint8Array, seed: number): Uint8Array {
  if (block.length < HEAD_BYTES) return block
  const said = new DataView(block.buffer).getUint32(8, true)
  return withCrc(block, 8, said >= HEAD_BYTES && said <= block.length ? said : block.length, 4, seed)
}

function withCrc(bytes: Uint8Array, from: number, to: number, at: number, seed: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  new DataView(copy.buffer).setUint32(at, crc32(copy.subarray(from, to), seed), true)
  return copy
}

function sealed(bytes: Uint8Array): FuzzCase {
  const header = readHeaderByBook(bytes)
  return { bytes, isChecksumRight: header !== undefined && (bytes.length === SEGMENT_HEADER_BYTES || readBlockByBook(bytes, SEGMENT_HEADER_BYTES, header.seed).isChecksumRight) }
}

function judge(bytes: Uint8Array, decoders: OutboxDecoders): Verdict {
  const decoded = decodeSegmentHeader(bytes)
  const book = readHeaderByBook(bytes)
  if (decoded === undefined || book === undefined)
    return (decoded === undefined) === (book === undefined) ? { kind: 'refused' } : { kind: 'wrong', why: `a segment header is ${decoded === undefined ? 'refused' : 'taken'}` }
  const { header, seed } = decoded
  const why =
    difference('seed', seed, book.seed) ??
    difference('stream', header.content === 'catalog' ? 255 : STREAMS.indexOf(header.content), book.stream) ??
    difference('incarnation', header.incarnation, book.incarnation) ??
    difference('first', header.first, Number(book.first)) ??
    difference('previousEnd', header.previousEnd, Number(book.previousEnd)) ??
    difference('createdMs', header.createdMs, book.createdMs)
  if (why !== undefined) return { kind: 'wrong', why }
  return bytes.length === SEGMENT_HEADER_BYTES ? { kind: 'accepted' } : judgeBlock(bytes, seed, decoders)
}

function judgeBlock(bytes: Uint8Array, seed: number, decoders: OutboxDecoders): Verdict {
  const at = SEGMENT_HEADER_BYTES
  const head = readWhole(bytes, at, seed)
  const { block } = readBlockByBook(bytes, at, seed)
  if (typeof head !== 'object' || block === undefined) {
    const isSame = (typeof head !== 'object') === (block === undefined)
    return isSame ? { kind: 'refused' } : { kind: 'wrong', why: `a block is ${typeof head === 'object' ? `taken: ${JSON.stringify(head)}` : 'refused'}` }
  }
  const why =
    difference('kind', head.kind, block.kind) ??
    difference('first', head.first, Number(block.first)) ??
    difference('count', head.count, block.count) ??
    difference('acceptedMs', head.acceptedMs, block.acceptedMs) ??
    (head.kind === BLOCK_KINDS.samples
      ? compareRows(decoders.decodeSampleBlock(bytes, at, head), readAliases(bytes, at, head), block)
      : difference('records', JSON.stringify(decodeJsonBlock(bytes, at, head)), JSON.stringify(block.records)))
  return why === undefined ? { kind: 'accepted' } : { kind: 'wrong', why }
}

// A block of records shows only when it is read that it holds none: refused with OUTBOX_BAD_FORMAT.
function readWhole(bytes: Uint8Array, at: number, seed: number): BlockHead | number | undefined {
  const head = readBlockHead(bytes, at, seed)
  try {
    if (typeof head === 'object' && head.kind !== BLOCK_KINDS.samples) decodeJsonBlock(bytes, at, head)
  } catch (err) {
    if (errorCode(err) === 'OUTBOX_BAD_FORMAT') return undefined
    throw err
  }
  return head
}

function compareRows(columns: SampleColumns, aliases: Uint32Array, { rows }: BookBlock): string | undefined {
  if (columns.count !== rows.length) return difference('rows', columns.count, rows.length)
  for (const [i, row] of rows.entries()) {
    const sample = sampleAt(columns, i)
    const why = difference('alias', aliases[i], row.key)
    if (why !== undefined) return why
    for (const key of Object.keys(row) as (keyof typeof row)[]) {
      const found = difference(`row ${i} ${key}`, sample[key], row[key])
      if (found !== undefined) return found
    }
  }
  return undefined
}
