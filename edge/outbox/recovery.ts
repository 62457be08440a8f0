/*
 * What an outbox finds when it is opened: reads every segment, puts aside what is none, and says which positions are
 * missing. It changes nothing but names; cutting torn tails and writing gap records is left to the outbox.
 */
import { join } from 'node:path'
import { type PositionRange, RangeSet } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { Stream } from '@orewatch/protocol'
import { AppendFile } from './append-file.ts'
import { BLOCK_KINDS, readAliases } from './block-codec.ts'
import { scanBlocks } from './block-scanner.ts'
import { CATALOG_FILE } from './catalog.ts'
import type { OutboxFiles } from './files.ts'
import { LOCK_FILES } from './lock.ts'
import { Segment } from './segment.ts'
import { decodeSegmentHeader, parseSegmentName, SEGMENT_HEADER_BYTES } from './segment-header.ts'
import { type Lineage, STATE_FILES } from './state-files.ts'

/** Where and with what recovery works. */
export interface RecoverySite {
  readonly files: OutboxFiles
  readonly directory: string
  readonly log: Logger
}

/** What was found of one stream. */
export interface RecoveredStream {
  readonly segments: Segment[]
  readonly done: RangeSet
  readonly next: number
  readonly needsRotation: boolean
  /** Accepted once, wanted still, and not there. */
  readonly lost: readonly PositionRange[]
  /** Where the stream ends could not be made out: its incarnation must not go on. */
  readonly isEndUnknown: boolean
}

const KNOWN_NAMES: ReadonlySet<string> = new Set([...LOCK_FILES, ...STATE_FILES, CATALOG_FILE])
const SCAN_WINDOW_BYTES = 1024 * 1024

/** Names of the segment files; junk is put aside, leftovers of replaced files are deleted. */
export async function sortFiles(site: RecoverySite): Promise<string[]> {
  const segments: string[] = []
  for (const name of await site.files.list(site.directory)) {
    if (parseSegmentName(name) !== undefined) segments.push(name)
    else if (name.endsWith('.tmp')) await site.files.remove(join(site.directory, name))
    else if (!KNOWN_NAMES.has(name) && !name.endsWith('.bad')) await quarantine(site, name, 'not a file of the outbox')
  }
  return segments
}

/** The incarnations that the names of segments tell of, for a directory that lost its `state`. */
export function lineageOfNames(names: readonly string[]): Lineage {
  return [...new Set(names.map((name) => parseSegmentName(name)?.incarnation as string))]
}

/** Reads the segments of one stream. */
export async function recoverStream(site: RecoverySite, stream: Stream, names: readonly string[], lineage: Lineage, knownDone: RangeSet | undefined): Promise<RecoveredStream> {
  const found: Scanned[] = []
  const unreadable: { first: number; bytes: number }[] = []
  for (const name of names) {
    const named = parseSegmentName(name)
    if (named?.stream !== stream) continue
    const scanned = lineage.includes(named.incarnation) ? await scanSegment(site, name) : undefined
    if (scanned !== undefined) {
      found.push(scanned)
      continue
    }
    const isForeign = !lineage.includes(named.incarnation)
    if (!isForeign) unreadable.push({ first: named.first, bytes: await sizeOf(site, name) })
    await quarantine(site, name, isForeign ? 'segment of another incarnation' : 'segment with a bad header')
  }
  found.sort((a, b) => a.segment.first - b.segment.first || a.segment.end - b.segment.end)
  return summarize(await dropOverlaps(site, found), knownDone, unreadable)
}

function summarize(kept: readonly Scanned[], knownDone: RangeSet | undefined, unreadable: readonly { first: number; bytes: number }[]): RecoveredStream {
  const segments = kept.map(({ segment }) => segment)
  const last = kept.at(-1)
  // Where an unreadable segment ended, the next one says. Of the last one only this is sure: no position without a byte.
  const unknownEnd = Math.max(-1, ...unreadable.filter(({ first }) => first >= (last?.segment.first ?? 0)).map(({ first, bytes }) => first + bytes))
  const knownEnd = Math.max(last === undefined ? 0 : last.segment.end + last.tailBytes, knownDone?.end ?? 0)
  const isEndUnknown = last === undefined || unknownEnd > last.segment.end
  const next = Math.max(knownEnd, unknownEnd)
  // Without `done` nobody knows what became of the positions before the first segment: most likely they were confirmed.
  const lowest = Math.min(segments[0]?.first ?? next, ...unreadable.map(({ first }) => first))
  const done = knownDone ?? RangeSet.of([{ first: 0, count: lowest }])
  const present = RangeSet.of(done.ranges())
  for (const { segment, blocks } of kept) {
    const { first, previousEnd } = segment.header
    done.add(previousEnd, first - previousEnd)
    present.add(previousEnd, first - previousEnd)
    for (const range of blocks.ranges()) present.add(range.first, range.count)
  }
  const lost: PositionRange[] = []
  const lostEnd = last === undefined || unknownEnd > last.segment.end ? next : last.segment.end
  for (let gap = present.firstGap(0, lostEnd); gap !== undefined; gap = present.firstGap(gap.first + gap.count, lostEnd)) lost.push(gap)
  // The torn tail: never accepted, never to be used.
  done.add(lostEnd, next - lostEnd)
  return { segments, done, next, lost, isEndUnknown, needsRotation: last === undefined || next > last.segment.end }
}

interface Scanned {
  readonly segment: Segment
  readonly blocks: RangeSet
  /** Bytes after the last valid block. */
  readonly tailBytes: number
}

async function scanSegment(site: RecoverySite, name: string): Promise<Scanned | undefined> {
  const path = join(site.directory, name)
  const file = await site.files.open(path, 'read')
  try {
    const to = await file.size()
    const start = new Uint8Array(SEGMENT_HEADER_BYTES)
    await file.read(start, 0)
    const decoded = decodeSegmentHeader(start)
    if (decoded === undefined || !isNamedAfter(name, decoded.header)) return undefined
    const { header, seed } = decoded
    const segment = new Segment(header, seed, new AppendFile(site.files, path, SEGMENT_HEADER_BYTES, true))
    const blocks = new RangeSet()
    let end = SEGMENT_HEADER_BYTES
    for await (const { head, offset, bytes, at } of scanBlocks(file, { from: end, to, seed, windowBytes: SCAN_WINDOW_BYTES })) {
      if (head.first < segment.end) continue
      if (offset > end) site.log.error({ path, offset: end, bytes: offset - end }, 'segment is damaged')
      segment.note(head, offset)
      blocks.add(head.first, head.count)
      end = offset + head.bytes
      if (head.kind !== BLOCK_KINDS.samples) continue
      for (const alias of readAliases(bytes, at, head)) segment.aliases.add(alias)
    }
    segment.file = new AppendFile(site.files, path, end, end < to)
    return { segment, blocks, tailBytes: to - end }
  } finally {
    await file.close()
  }
}

function isNamedAfter(name: string, header: { content: string; first: number; incarnation: string }): boolean {
  const named = parseSegmentName(name)
  return named?.stream === header.content && named.first === header.first && named.incarnation === header.incarnation
}

// Two segments that claim the same positions come from a copy put over another life of the directory: keep the first.
async function dropOverlaps(site: RecoverySite, found: readonly Scanned[]): Promise<Scanned[]> {
  const kept: Scanned[] = []
  for (const scanned of found) {
    const previous = kept.at(-1)
    if (previous !== undefined && scanned.segment.first < previous.segment.end) {
      await quarantine(site, scanned.segment.file.path.slice(site.directory.length + 1), 'positions that another segment has too')
    } else kept.push(scanned)
  }
  return kept
}

async function sizeOf(site: RecoverySite, name: string): Promise<number> {
  const file = await site.files.open(join(site.directory, name), 'read')
  try {
    return await file.size()
  } finally {
    await file.close()
  }
}

async function quarantine(site: RecoverySite, name: string, why: string): Promise<void> {
  const path = join(site.directory, name)
  site.log.error({ path, why }, 'file put aside as .bad')
  const names = await site.files.list(site.directory)
  let free = `${name}.bad`
  for (let i = 2; names.includes(free); i++) free = `${name}.${i}.bad`
  await site.files.rename(path, join(site.directory, free))
}
