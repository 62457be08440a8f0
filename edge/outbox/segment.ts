import type { AppendFile } from './append-file.ts'
import type { BlockHead } from './block-codec.ts'
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment-header.ts'

// One index entry per this many bytes: a seek reads at most so much too much, and 8 GB of outbox cost 3 MB of memory.
const INDEX_STEP_BYTES = 64 * 1024

/** A set of aliases as a bitmap. */
export class AliasSet {
  #bits = new Uint8Array(64)

  /** Adds one alias. */
  add(alias: number): void {
    const byte = alias >>> 3
    if (byte >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(byte + 1, this.#bits.length * 2))
      grown.set(this.#bits)
      this.#bits = grown
    }
    this.#bits[byte] = (this.#bits[byte] as number) | (1 << (alias & 7))
  }

  has(alias: number): boolean {
    return ((this.#bits[alias >>> 3] ?? 0) & (1 << (alias & 7))) !== 0
  }

  /** All members, ascending. */
  *[Symbol.iterator](): Generator<number> {
    for (let alias = 0; alias < this.#bits.length * 8; alias++) if (this.has(alias)) yield alias
  }
}

/** What is known in memory of one segment file. */
export class Segment {
  readonly header: SegmentHeader
  readonly seed: number
  file: AppendFile
  /** Aliases of the samples inside. */
  readonly aliases = new AliasSet()
  /** One more than the last position inside. */
  end: number
  /** When the first and the last block were accepted, UTC ms. */
  firstAcceptedMs: number | undefined
  lastAcceptedMs: number | undefined
  /** The same on the monotonic clock, for blocks of this run of the program. */
  lastMonotonicMs: number | undefined
  readonly #positions: number[] = []
  readonly #offsets: number[] = []
  readonly #acceptedMs: number[] = []

  constructor(header: SegmentHeader, seed: number, file: AppendFile) {
    this.header = header
    this.seed = seed
    this.file = file
    this.end = header.first
  }

  get first(): number {
    return this.header.first
  }
  get bytes(): number {
    return this.file.durableBytes
  }
  get hasBlocks(): boolean {
    return this.firstAcceptedMs !== undefined
  }

  /** Remembers a block that lies at `offset`. Blocks come in ascending order. */
  note(head: BlockHead, offset: number): void {
    const last = this.#offsets.at(-1)
    if (last === undefined || offset - last >= INDEX_STEP_BYTES) {
      this.#positions.push(head.first)
      this.#offsets.push(offset)
      this.#acceptedMs.push(head.acceptedMs)
    }
    this.end = head.first + head.count
    this.firstAcceptedMs ??= head.acceptedMs
    this.lastAcceptedMs = head.acceptedMs
  }

  /** An offset at or before the block of a position, at most one index step before it. */
  offsetOf(position: number): number {
    const i = this.#indexOf(position)
    return i < 0 ? SEGMENT_HEADER_BYTES : (this.#offsets[i] as number)
  }

  /** About when the row of a position was accepted: the time of a block at most one index step earlier. */
  acceptedMsOf(position: number): number | undefined {
    const i = this.#indexOf(position)
    return i < 0 ? this.firstAcceptedMs : this.#acceptedMs[i]
  }

  #indexOf(position: number): number {
    let low = 0
    let high = this.#positions.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#positions[middle] as number) <= position) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
