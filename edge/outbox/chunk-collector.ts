import { type PositionRange, type RangeSet, SampleBuilder, type SampleColumns } from '@orewatch/core'
import type { OutboxRecord, Stream } from '@orewatch/protocol'
import { decodeJsonBlock, decodeSampleBlock } from './block-codec.ts'
import type { OutboxChunk } from './outbox.ts'
import type { ReadBlock } from './stream-log.ts'

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

  constructor(stream: Stream) {
    this.#stream = stream
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
      if (this.#isSamples) this.#takeSamples((rows ??= decodeSampleBlock(block.bytes, block.at, head)), run.first - head.first, at - head.first)
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

  #takeSamples(rows: SampleColumns, from: number, to: number): void {
    // One whole block, the usual case of live data, is handed on without a copy.
    if (this.#rows === undefined && this.#whole === undefined && from === 0 && to === rows.count) {
      this.#whole = rows
      return
    }
    if (this.#rows === undefined) {
      this.#rows = new SampleBuilder(Math.max(64, (this.#whole?.count ?? 0) * 2))
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
