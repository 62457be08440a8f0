/*
 * One stream of the outbox: its segments, what of them needs no delivery any more, and the newest blocks in memory.
 * Not the queue in front of it and not recovery. Format: docs/formats/outbox-segment.md.
 */
import { join } from 'node:path'
import { invariant, type PositionRange, RangeSet } from '@orewatch/core'
import type { Stream } from '@orewatch/protocol'
import { AppendFile } from './append-file.ts'
import { ALIGNMENT, type BlockHead, readBlockHead } from './block-codec.ts'
import { scanBlocks } from './block-scanner.ts'
import type { OutboxFiles } from './files.ts'
import { RecentBlocks } from './recent-blocks.ts'
import type { RowBatch } from './row-batch.ts'
import { Segment } from './segment.ts'
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentName } from './segment-header.ts'

/** What a stream needs to write. */
export interface StreamLogOptions {
  readonly files: OutboxFiles
  readonly directory: string
  readonly stream: Stream
  readonly segmentBytes: number
  readonly recentBytes: number
}

/** A block that was read, for whoever collects rows. */
export interface ReadBlock {
  readonly head: BlockHead
  readonly bytes: Uint8Array
  readonly at: number
  /** The bytes will not change; otherwise they do once the visit is over. */
  readonly isStable: boolean
}

/** What a read met besides blocks: positions that cannot be read. */
export interface ReadOutcome {
  readonly lost: readonly PositionRange[]
  readonly isUnreadable: boolean
}

const READ_MIN_BYTES = 64 * 1024
const READ_MAX_BYTES = 1024 * 1024
// Two lanes read at the same time.
const MAX_SPARE_WINDOWS = 2
const MAX_GROUP_BUFFER_BYTES = 1024 * 1024

/** One stream on disk. Writing calls never overlap (the outbox sees to that); reading ones may. */
export class StreamLog {
  readonly stream: Stream
  /** Ascending; the last one is written to. */
  readonly segments: Segment[]
  /** Positions below `next` that need no delivery any more. */
  readonly done: RangeSet
  /** The next free position; everything before it is on disk or in `done`. */
  next: number
  /** The next block goes into a new segment. */
  needsRotation: boolean
  readonly #options: StreamLogOptions
  readonly #recent: RecentBlocks
  #groupBuffer = new Uint8Array(0)
  readonly #windows: Uint8Array<ArrayBuffer>[] = []
  // Where sequential readers go on, so that they need not search from the last index entry.
  readonly #cursors = new Map<number, { readonly segment: Segment; readonly offset: number }>()

  constructor(options: StreamLogOptions, known: { segments: Segment[]; done: RangeSet; next: number; needsRotation: boolean }) {
    this.stream = options.stream
    this.#options = options
    this.segments = known.segments
    this.done = known.done
    this.next = known.next
    this.needsRotation = known.needsRotation
    this.#recent = new RecentBlocks(options.recentBytes)
  }

  get bytes(): number {
    let total = 0
    for (const segment of this.segments) total += segment.bytes
    return total
  }

  get pending(): number {
    return this.next - this.done.size
  }

  /** About when the oldest waiting row was accepted, UTC ms. */
  get oldestMs(): number | undefined {
    const gap = this.done.firstGap(0, this.next)
    return gap && this.segments.find((segment) => segment.end > gap.first)?.acceptedMsOf(gap.first)
  }

  /**
   * Writes rows of a batch from `written` on and syncs them. `onDurable` tells how far it got, also before a
   * rejection: those rows are on disk and must not be written again.
   */
  async write(batch: RowBatch, written: number, now: WriteMoment, onDurable: (written: number) => void): Promise<void> {
    let at = written
    while (at < batch.count) {
      const active = await this.#activeSegment(now)
      const group: Uint8Array<ArrayBuffer>[] = []
      const heads: BlockHead[] = []
      let bytes = 0
      let to = at
      while (to < batch.count && (group.length === 0 || active.bytes + bytes < this.#options.segmentBytes)) {
        const encoded = batch.encode(to, this.next + to - at, now.nowMs, active.seed)
        const head = readBlockHead(encoded.block, 0, active.seed)
        invariant(typeof head === 'object', 'a block that does not read back')
        group.push(encoded.block)
        heads.push(head)
        bytes += encoded.block.length
        to = encoded.to
      }
      let offset = active.bytes
      await active.file.append(group.length === 1 ? (group[0] as Uint8Array) : this.#join(group, bytes))
      for (const [i, head] of heads.entries()) {
        active.note(head, offset)
        offset += head.bytes
        this.#recent.push({ head, bytes: group[i] as Uint8Array })
      }
      batch.eachAlias(at, to, (alias) => active.aliases.add(alias))
      active.lastMonotonicMs = now.monotonicMs
      this.next = active.end
      at = to
      onDurable(at)
    }
  }

  /** Begins a new segment at `next`; the one before is complete from now on. */
  async rotate(now: WriteMoment): Promise<void> {
    const { files, directory, stream } = this.#options
    const last = this.segments.at(-1)
    const header = { content: stream, incarnation: now.incarnation, first: this.next, previousEnd: last?.end ?? this.next, createdMs: now.nowMs } as const
    const path = join(directory, segmentName(stream, this.next, now.incarnation))
    const { bytes, seed } = encodeSegmentHeader(header)
    const file = await files.open(`${path}.tmp`, 'create')
    try {
      await file.write(bytes, 0)
      await file.sync()
      await files.rename(`${path}.tmp`, path)
      await files.syncDirectory(directory)
    } catch (err) {
      await file.close().catch(() => undefined)
      throw err
    }
    await last?.file.close()
    // A segment without a block whose successor has the same name was replaced by the rename.
    if (last !== undefined && last.file.path === path) this.segments.pop()
    this.segments.push(new Segment(header, seed, new AppendFile(files, path, SEGMENT_HEADER_BYTES, false, file)))
    this.needsRotation = false
  }

  /** Segments, except the last, of which nothing needs delivery. */
  finished(): Segment[] {
    return this.segments.slice(0, -1).filter((segment) => this.done.covers(segment.first, segment.end - segment.first))
  }

  /** Deletes a segment whose positions are all in `done`, and `done` on disk. */
  async remove(segment: Segment): Promise<void> {
    invariant(segment !== this.segments.at(-1) && this.done.covers(segment.first, segment.end - segment.first), 'a segment that is still needed')
    await this.#options.files.remove(segment.file.path)
    this.segments.splice(this.segments.indexOf(segment), 1)
    await segment.file.close()
    // Nothing before the first segment can ever be asked for: fewer intervals to keep.
    this.done.add(0, (this.segments[0] as Segment).first)
  }

  /** Lets go of all files. */
  async close(): Promise<void> {
    for (const segment of this.segments) await segment.file.close()
  }

  /** Shows blocks from the one that holds `position` on, about `maxBytes` of them, in order. */
  async read(position: number, maxBytes: number, visit: (block: ReadBlock) => void): Promise<ReadOutcome> {
    const recent = this.#recent.from(position, maxBytes)
    for (const { head, bytes } of recent) visit({ head, bytes, at: 0, isStable: true })
    if (recent.length > 0) return { lost: [], isUnreadable: false }
    const segment = this.segments.find((candidate) => candidate.end > position)
    const start = segment?.first ?? this.next
    if (segment === undefined || start > position) return { lost: [{ first: position, count: start - position }], isUnreadable: false }
    const windowBytes = Math.min(Math.max(maxBytes, READ_MIN_BYTES), READ_MAX_BYTES)
    // Windows are lent, not made: as garbage they would pile up to 64 MB before V8 cares.
    const spare = this.#windows.pop()
    const window = spare !== undefined && spare.length >= windowBytes ? spare : new Uint8Array(Math.ceil(windowBytes / ALIGNMENT) * ALIGNMENT)
    try {
      return await this.#readSegment(segment, { position, maxBytes, window }, visit)
    } finally {
      if (this.#windows.length < MAX_SPARE_WINDOWS) this.#windows.push(window)
    }
  }

  async #readSegment(segment: Segment, wanted: { position: number; maxBytes: number; window: Uint8Array<ArrayBuffer> }, visit: (block: ReadBlock) => void): Promise<ReadOutcome> {
    const { position, maxBytes, window } = wanted
    const cursor = this.#cursors.get(position)
    const from = cursor?.segment === segment ? cursor.offset : segment.offsetOf(position)
    const { end, bytes: to } = segment
    const lost: PositionRange[] = []
    let isUnreadable = false
    let expected = position
    let bytes = 0
    const file = await this.#options.files.open(segment.file.path, 'read')
    try {
      for await (const { head, offset, bytes: found, at } of scanBlocks(file, {
        from,
        to,
        seed: segment.seed,
        windowBytes: window.length,
        window,
        onUnreadable: () => {
          isUnreadable = true
        },
      })) {
        if (head.first + head.count <= expected) continue
        if (head.first > expected) lost.push({ first: expected, count: head.first - expected })
        visit({ head, bytes: found, at, isStable: false })
        expected = head.first + head.count
        bytes += head.bytes
        if (bytes < maxBytes) continue
        this.#rememberCursor(expected, segment, offset + head.bytes)
        break
      }
    } finally {
      await file.close()
    }
    if (bytes < maxBytes && expected < end) lost.push({ first: expected, count: end - expected })
    return { lost, isUnreadable }
  }

  // One write for the whole group, in memory that is used again: half a megabyte of garbage a sync would add up.
  #join(group: readonly Uint8Array[], bytes: number): Uint8Array {
    if (this.#groupBuffer.length < bytes) this.#groupBuffer = new Uint8Array(bytes)
    let at = 0
    for (const block of group) {
      this.#groupBuffer.set(block, at)
      at += block.length
    }
    const joined = this.#groupBuffer.subarray(0, bytes)
    if (bytes > MAX_GROUP_BUFFER_BYTES) this.#groupBuffer = new Uint8Array(0)
    return joined
  }

  #rememberCursor(position: number, segment: Segment, offset: number): void {
    this.#cursors.delete(position)
    this.#cursors.set(position, { segment, offset })
    for (const oldest of this.#cursors.keys()) {
      if (this.#cursors.size <= 8) break
      this.#cursors.delete(oldest)
    }
  }

  async #activeSegment(now: WriteMoment): Promise<Segment> {
    const last = this.segments.at(-1)
    const isFull = last !== undefined && last.hasBlocks && last.bytes >= this.#options.segmentBytes
    if (last === undefined || isFull || this.needsRotation) await this.rotate(now)
    return this.segments.at(-1) as Segment
  }
}

/** When and under which incarnation something is written. */
export interface WriteMoment {
  readonly incarnation: string
  readonly nowMs: number
  readonly monotonicMs: number
}
