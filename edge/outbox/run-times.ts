import type { PositionRange } from '@orewatch/core'
import type { OutboxRecord } from '@orewatch/protocol'
import { BLOCK_KINDS, decodeJsonBlock, decodeSampleBlock } from './block-codec.ts'
import { type FoundBlock, scanBlocks } from './block-scanner.ts'
import type { OutboxFiles } from './files.ts'
import type { Segment } from './segment.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'

/** Earliest and latest time of the rows of each run, UTC ms; absent where nothing of it can be read. */
export async function runTimes(files: OutboxFiles, segment: Segment, runs: readonly PositionRange[]): Promise<({ fromMs: number; toMs: number } | undefined)[]> {
  const times = runs.map(() => ({ fromMs: Infinity, toMs: -Infinity }))
  const file = await files.open(segment.file.path, 'read')
  try {
    const options = { from: SEGMENT_HEADER_BYTES, to: segment.bytes, seed: segment.seed, windowBytes: 1024 * 1024 }
    for await (const block of scanBlocks(file, options)) {
      const { first, count } = block.head
      const rows = timesOf(block)
      for (const [r, run] of runs.entries()) {
        const span = times[r] as { fromMs: number; toMs: number }
        for (let i = Math.max(0, run.first - first); i < Math.min(count, run.first + run.count - first); i++) {
          span.fromMs = Math.min(span.fromMs, rows[i] as number)
          span.toMs = Math.max(span.toMs, rows[i] as number)
        }
      }
    }
  } finally {
    await file.close()
  }
  return times.map((span) => (span.fromMs <= span.toMs ? span : undefined))
}

function timesOf({ head, bytes, at }: FoundBlock): ArrayLike<number> {
  if (head.kind === BLOCK_KINDS.samples) return decodeSampleBlock(bytes, at, head).timeMs
  return decodeJsonBlock(bytes, at, head).map((record) => (record as OutboxRecord).timeMs)
}
