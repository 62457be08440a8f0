import type { BlockHead } from './block-codec.ts'

/** A block in memory that is also on disk. */
export interface RecentBlock {
  readonly head: BlockHead
  readonly bytes: Uint8Array
}

/** The newest blocks of a stream, bounded in bytes, so that live data is sent without reading the disk. */
export class RecentBlocks {
  readonly #limitBytes: number
  #blocks: RecentBlock[] = []
  #start = 0
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Adds the next block of the stream. */
  push(block: RecentBlock): void {
    const last = this.#blocks.at(-1)
    // Positions jump after a torn tail; what lies before is then left to the disk.
    if (last !== undefined && last.head.first + last.head.count !== block.head.first) this.clear()
    this.#blocks.push(block)
    this.#bytes += block.head.bytes
    while (this.#bytes > this.#limitBytes && this.#start < this.#blocks.length) {
      this.#bytes -= (this.#blocks[this.#start] as RecentBlock).head.bytes
      this.#start++
    }
    if (this.#start > 64 && this.#start * 2 > this.#blocks.length) {
      this.#blocks = this.#blocks.slice(this.#start)
      this.#start = 0
    }
  }

  /** Blocks from the one that holds `position` on, up to about `maxBytes`; empty when it is no longer here. */
  from(position: number, maxBytes: number): RecentBlock[] {
    const oldest = this.#blocks[this.#start]
    if (oldest === undefined || position < oldest.head.first) return []
    let low = this.#start
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const { head } = this.#blocks[middle] as RecentBlock
      if (head.first + head.count <= position) low = middle + 1
      else high = middle
    }
    const found: RecentBlock[] = []
    for (let i = low, bytes = 0; i < this.#blocks.length && bytes < maxBytes; i++) {
      const block = this.#blocks[i] as RecentBlock
      found.push(block)
      bytes += block.head.bytes
    }
    return found
  }

  /** Forgets everything. */
  clear(): void {
    this.#blocks = []
    this.#start = 0
    this.#bytes = 0
  }
}
