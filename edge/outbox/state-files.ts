import { crc32 } from 'node:zlib'
import { join } from 'node:path'
import { RangeSet } from '@orewatch/core'
import { isIncarnation, type Stream, STREAMS } from '@orewatch/protocol'
import { type OutboxFiles, replaceFile } from './files.ts'

/** Which incarnations the segments of a directory belong to; the last is the present one. */
export type Lineage = readonly string[]

/** Names of the small files that are replaced whole. */
export const STATE_FILES = ['state', 'done'] as const

const STATE_FORMAT = 'orewatch-outbox/1'
const DONE_FORMAT = 'orewatch-outbox-done/1'

/** Reads `state`; undefined when it is not there or damaged. */
export async function readLineage(files: OutboxFiles, directory: string): Promise<Lineage | undefined> {
  const state = await readChecked(files, join(directory, 'state'))
  if (state?.['format'] !== STATE_FORMAT || !Array.isArray(state['lineage'])) return undefined
  const lineage = state['lineage'].filter((text): text is string => typeof text === 'string' && isIncarnation(text))
  return lineage.length > 0 && lineage.at(-1) === state['incarnation'] ? lineage : undefined
}

/** Replaces `state`. */
export async function writeLineage(files: OutboxFiles, directory: string, lineage: Lineage): Promise<void> {
  await writeChecked(files, join(directory, 'state'), { format: STATE_FORMAT, incarnation: lineage.at(-1), lineage })
}

/** Reads `done`; undefined when it is not there, damaged, or of a foreign incarnation. */
export async function readDone(files: OutboxFiles, directory: string, lineage: Lineage): Promise<Map<Stream, RangeSet> | undefined> {
  const done = await readChecked(files, join(directory, 'done'))
  if (done?.['format'] !== DONE_FORMAT || !lineage.includes(String(done['incarnation']))) return undefined
  const streams = done['streams'] as Record<string, readonly (readonly [number, number])[]>
  return new Map(STREAMS.map((stream) => [stream, RangeSet.of((streams[stream] ?? []).map(([first, count]) => ({ first, count })))]))
}

/** Replaces `done`. */
export async function writeDone(files: OutboxFiles, directory: string, incarnation: string, done: ReadonlyMap<Stream, RangeSet>): Promise<void> {
  const streams: Record<string, [number, number][]> = {}
  for (const [stream, set] of done) streams[stream] = set.ranges().map((range) => [range.first, range.count])
  await writeChecked(files, join(directory, 'done'), { format: DONE_FORMAT, incarnation, streams })
}

async function readChecked(files: OutboxFiles, path: string): Promise<Record<string, unknown> | undefined> {
  const text = await files.readText(path)
  if (text === undefined) return undefined
  const [line, checksum] = text.split('\n')
  if (line === undefined || checksum !== checksumOf(line)) return undefined
  return JSON.parse(line) as Record<string, unknown>
}

async function writeChecked(files: OutboxFiles, path: string, content: Readonly<Record<string, unknown>>): Promise<void> {
  const line = JSON.stringify(content)
  await replaceFile(files, path, Buffer.from(`${line}\n${checksumOf(line)}\n`))
}

function checksumOf(line: string): string {
  return crc32(line).toString(16).padStart(8, '0')
}
