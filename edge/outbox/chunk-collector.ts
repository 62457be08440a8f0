import { type PositionRange, type RangeSet, SampleBuilder, type SampleColumns } from '@orewatch/core'
import type { OutboxRecord, Stream } from '@orewatch/protocol'
import { decodeJsonBlock, decodeSampleBlock, makeDecodeScratch, MAX_BLOCK_ROWS } from './block-codec.ts'
import type { OutboxChunk } from './outbox.ts'
import type { ReadBlock } from './stream-log.ts'

// Used between two awaits only.
const scratch = makeDecodeScratch()

/** Collects rows of blocks into a chunk, leaving out what needs no delivery. */
export class ChunkCollector {
  bytes = 0
  readonly #stream: Stream
  readonly #isSamples: boolean
  readonly #runs: PositionRange[] = []
  readonly #records: OutboxRecord[] = []
  #whole: SampleColumns | undefined
  #rows: SampleBuilder | undefined
  #acceptedMs = Infinity

  readonly #expectedRows: number

  /** `maxBytes` is about how much there will be. */
  constructor(stream: Stream, maxBytes: number) {
    this.#stream = stream
    // A healthy row takes 16 bytes on disk. Growing step by step would leave four times the chunk as garbage.
    this.#expectedRows = Math.min(Math.ceil(maxBytes / 16), 65_536) + MAX_BLOCK_ROWS
    this.#isSamples = stream === 'vital' || stream === 'routine'
  }

  /** Takes the rows of a block in [from, limit) that are not in `done`. */
  add(block: ReadBlock, from: number, limit: number, done: RangeSet): void {
    const { head } = block
    const end = Math.min(limit, head.first + head.count)
    let rows: SampleColumns | undefined
    let records: readonly unknown[] | undefined
    for (let at = Math.max(from, head.first), run = done.firstGap(at, end); run !== undefined; run = done.firstGap(at, end)) {
      at = run.first + run.count
      if (this.#isSamples) this.#takeSamples((rows ??= decodeSampleBlock(block.bytes, block.at, head, block.isStable ? undefined : scratch)), run.first - head.first, at - head.first, block.isStable)
      else this.#records.push(...((records ??= decodeJsonBlock(block.bytes, block.at, head)).slice(run.first - head.first, at - head.first) as OutboxRecord[]))
      this.#takeRun(run)
      this.bytes += (head.bytes * run.count) / head.count
      this.#acceptedMs = Math.min(this.#acceptedMs, head.acceptedMs)
    }
  }

  /** The chunk, or undefined when no row was taken. */
  finish(): OutboxChunk | undefined {
    if (this.#runs.length === 0) return undefined
    const rows = this.#rows ?? this.#whole
    return {
      stream: this.#stream,
      runs: this.#runs,
      ...(this.#isSamples ? rows && { samples: rows } : { records: this.#records }),
      bytes: Math.ceil(this.bytes),
      acceptedMs: this.#acceptedMs,
    }
  }

  #takeSamples(rows: SampleColumns, from: number, to: number, isStable: boolean): void {
    // One whole block, the usual case of live data (still in memory), is handed on without a copy.
    if (isStable && this.#rows === undefined && this.#whole === undefined && from === 0 && to === rows.count) {
      this.#whole = rows
      return
    }
    if (this.#rows === undefined) {
      this.#rows = new SampleBuilder(this.#expectedRows)
      if (this.#whole !== undefined) this.#rows.append(this.#whole)
    }
    this.#rows.append(rows, from, to)
  }

  #takeRun(run: PositionRange): void {
    const last = this.#runs.at(-1)
    if (last !== undefined && last.first + last.count === run.first) this.#runs[this.#runs.length - 1] = { first: last.first, count: last.count + run.count }
    else this.#runs.push(run)
  }
}
