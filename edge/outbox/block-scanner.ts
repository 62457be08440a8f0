import { ALIGNMENT, BLOCK_HEADER_BYTES, type BlockHead, MAX_BLOCK_BYTES, readBlockHead } from './block-codec.ts'
import type { OutboxFile } from './files.ts'

/** A valid block somewhere in a file. */
export interface FoundBlock {
  readonly head: BlockHead
  /** Where it starts in the file. */
  readonly offset: number
  /** The block's bytes start at `at` in `bytes`. */
  readonly bytes: Uint8Array
  readonly at: number
}

/** How a scan goes. */
export interface ScanOptions {
  readonly from: number
  readonly to: number
  /** Checksum of the segment header. */
  readonly seed: number
  /** How much is read at once; grows for larger blocks. */
  readonly windowBytes: number
  /** Memory to read into, a multiple of 8 bytes; made when it is not given or too small. */
  readonly window?: Uint8Array<ArrayBuffer>
  /** Called with the offset of every page that the disk would not read. */
  onUnreadable?(offset: number, err: unknown): void
}

const PAGE_BYTES = 4096

/**
 * The valid blocks between two offsets, in order. Damage is skipped by looking for the next valid block at multiples
 * of 8 bytes; who cares finds it as a jump in the positions. The window is used again and again: what is wanted of a
 * block must be copied before the next one is asked for.
 */
export async function* scanBlocks(file: OutboxFile, options: ScanOptions): AsyncGenerator<FoundBlock> {
  const { to, seed } = options
  let buffer = options.window ?? new Uint8Array(roundUp(Math.min(options.windowBytes, Math.max(to - options.from, BLOCK_HEADER_BYTES))))
  let start = options.from
  let window = await fill(file, buffer, start, options)
  let at = 0
  while (start + at + BLOCK_HEADER_BYTES <= to) {
    const head = readBlockHead(window, at, seed)
    if (typeof head === 'object') {
      yield { head, offset: start + at, bytes: window, at }
      at += head.bytes
    } else if (head === undefined || start + at + head > to) {
      at += ALIGNMENT
    } else {
      start += at
      at = 0
      const needed = roundUp(Math.min(Math.max(head, options.windowBytes), MAX_BLOCK_BYTES))
      if (needed > buffer.length) buffer = new Uint8Array(needed)
      window = await fill(file, buffer, start, options)
      // The file is shorter than it was said to be: nothing more to find.
      if (window.length < head) return
    }
  }
}

async function fill(file: OutboxFile, buffer: Uint8Array, start: number, options: ScanOptions): Promise<Uint8Array> {
  const wanted = buffer.subarray(0, Math.min(buffer.length, options.to - start))
  try {
    return wanted.subarray(0, await file.read(wanted, start))
  } catch {
    return await fillByPage(file, wanted, start, options)
  }
}

// A disk with a bad sector refuses the whole read: take what can be had, and zeros for the rest, which no checksum accepts.
async function fillByPage(file: OutboxFile, wanted: Uint8Array, start: number, options: ScanOptions): Promise<Uint8Array> {
  for (let at = 0; at < wanted.length; at += PAGE_BYTES) {
    const page = wanted.subarray(at, at + PAGE_BYTES)
    try {
      await file.read(page, start + at)
    } catch (err) {
      page.fill(0)
      options.onUnreadable?.(start + at, err)
    }
  }
  return wanted
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}
