import { randomBytes } from 'node:crypto'
import type { Clock, PositionRange } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import { type Stream, STREAMS } from '@orewatch/protocol'
import { Catalog } from './catalog.ts'
import { diskError } from './errors.ts'
import { type AcceptedTap, FileOutbox } from './file-outbox.ts'
import { nodeFiles, type OutboxFiles } from './files.ts'
import { lockDirectory } from './lock.ts'
import type { Outbox } from './outbox.ts'
import { lineageOfNames, type RecoveredStream, recoverStream, sortFiles } from './recovery.ts'
import { type Lineage, readDone, readLineage, writeLineage } from './state-files.ts'
import { StreamLog, type WriteMoment } from './stream-log.ts'

/** How an outbox is opened. */
export interface OutboxOptions {
  /** Its own directory, made when it is not there; files in it that are not the outbox's are renamed to `*.bad`. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Logger
  /** The loss bound: syncs start at most this often, ms. Default 20. */
  readonly syncIntervalMs?: number
  /** Size at which a segment is complete. Default 8 MiB, at most a sixteenth of `maxBytes`. */
  readonly segmentBytes?: number
  /** Disk that all segments may take. Default 2 GiB. */
  readonly maxBytes?: number
  /** Age from which rows are dropped. Default 30 days. */
  readonly maxAgeMs?: number
  /** Memory that rows may take which the disk has not got yet. Default 8 MiB. */
  readonly maxQueuedBytes?: number
  /** How long after a failed write the next attempt comes. Default 500 ms. */
  readonly retryIntervalMs?: number
  /** Told of every accepted append after its sync and before it resolves. */
  readonly onAccepted?: AcceptedTap
  /** The file system; tests put one in that fails. */
  readonly files?: OutboxFiles
}

const MIB = 1024 * 1024
const DAY_MS = 86_400_000
const RECENT_BYTES = MIB

/**
 * Opens the outbox in a directory, or rejects with OUTBOX_LOCKED when another one has it. Reads everything that waits
 * once (about a second per gigabyte), so that damage is known before the first delivery.
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const files = options.files ?? nodeFiles
  const { directory } = options
  await files.makeDirectory(directory).catch((err: unknown) => {
    throw diskError(directory, err)
  })
  const lock = lockDirectory(directory)
  try {
    return await openLocked(options, files, lock)
  } catch (err) {
    lock.release()
    throw err instanceof Error && 'code' in err && String(err.code).startsWith('E') ? diskError(directory, err) : err
  }
}

async function openLocked(options: OutboxOptions, files: OutboxFiles, lock: ReturnType<typeof lockDirectory>): Promise<Outbox> {
  const { directory, clock, log, maxBytes = 2048 * MIB } = options
  const site = { files, directory, log }
  const names = await sortFiles(site)
  const stored = await readLineage(files, directory)
  const lineage = stored ?? lineageOfNames(names)
  const done = await readDone(files, directory, lineage)
  const found = new Map<Stream, RecoveredStream>()
  for (const stream of STREAMS) found.set(stream, await recoverStream(site, stream, names, lineage, done?.get(stream)))
  const catalog = await Catalog.open(files, directory, log)
  await catalog.settle(waitingAliases(found), log)

  const mustBegin = stored === undefined || [...found.values()].some(({ isEndUnknown }) => isEndUnknown)
  const present: Lineage = mustBegin ? [...lineage, randomBytes(8).toString('hex')] : lineage
  if (mustBegin && names.length > 0) log.error({ lineage: present }, 'outbox lost track of its positions and began a new incarnation')
  const now = { incarnation: present.at(-1) as string, nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
  const segmentBytes = Math.min(options.segmentBytes ?? 8 * MIB, Math.floor(maxBytes / 16))
  const logOf = (stream: Stream): StreamLog => new StreamLog({ files, directory, stream, segmentBytes, recentBytes: RECENT_BYTES }, found.get(stream) as RecoveredStream)
  const logs = { alarm: logOf('alarm'), event: logOf('event'), vital: logOf('vital'), routine: logOf('routine') }
  try {
    await prepareSegments(logs, now, mustBegin, log)
    if (mustBegin) await writeLineage(files, directory, present)
  } catch (err) {
    for (const stream of STREAMS) await logs[stream].close()
    throw err
  }

  const outbox = new FileOutbox({
    directory,
    files,
    clock,
    log,
    lock,
    logs,
    catalog,
    lineage: present,
    quota: { maxBytes, maxAgeMs: options.maxAgeMs ?? 30 * DAY_MS },
    syncIntervalMs: options.syncIntervalMs ?? 20,
    retryIntervalMs: options.retryIntervalMs ?? 500,
    maxQueuedBytes: options.maxQueuedBytes ?? 8 * MIB,
    ...(options.onAccepted && { onAccepted: options.onAccepted }),
  })
  await recordLosses(outbox, found, log)
  return outbox
}

// A torn tail is cut off only after the next segment says where positions go on. On a full disk that waits for the
// first write: nothing before it can use a position.
async function prepareSegments(logs: Readonly<Record<Stream, StreamLog>>, now: WriteMoment, isNew: boolean, log: Logger): Promise<void> {
  for (const stream of STREAMS) {
    const streamLog = logs[stream]
    const torn = streamLog.segments.at(-1)
    try {
      if (isNew || streamLog.needsRotation) await streamLog.rotate(now)
      await torn?.file.trim()
      await torn?.file.close()
    } catch (err) {
      if (isNew) throw err
      log.warn({ err, stream }, 'torn tail stays until the disk can be written')
    }
  }
}

async function recordLosses(outbox: FileOutbox, found: ReadonlyMap<Stream, RecoveredStream>, log: Logger): Promise<void> {
  const lost = new Map<Stream, readonly PositionRange[]>([...found].map(([stream, recovered]) => [stream, recovered.lost]))
  try {
    await outbox.begin(lost)
  } catch (err) {
    // The missing rows are met again when they are read, and recorded then.
    log.warn({ err }, 'gap records wait until the disk can be written')
  }
}

function waitingAliases(found: ReadonlyMap<Stream, RecoveredStream>): number[] {
  const aliases = new Set<number>()
  for (const { segments } of found.values()) for (const segment of segments) for (const alias of segment.aliases) aliases.add(alias)
  return [...aliases]
}
