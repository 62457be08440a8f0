/*
 * The port of the outbox: what the gateway accepted and central has not confirmed. Everything goes through it, live data
 * too. On-disk format: docs/formats/outbox-segment.md. Wire names: packages/protocol/outbox-wire.ts.
 */
import type { PositionRange, SampleColumns } from '@orewatch/core'
import type { OutboxRecord, StoredRanges, Stream } from '@orewatch/protocol'

/** Streams that carry samples. */
export type SampleStream = 'vital' | 'routine'
/** Streams that carry JSON records. */
export type RecordStream = 'alarm' | 'event'

/** What must be known of a point to announce it, for as long as samples of it wait. */
export interface CatalogPoint {
  /** Sparkplug alias and key of the samples: 16 and up (lower ones are the gateway's own metrics), never reused within an incarnation. */
  readonly alias: number
  readonly device: string
  readonly name: string
  readonly isBoolean: boolean
  /** Birth properties: point code, unit, range, period, titles. */
  readonly properties: Readonly<Record<string, string | number | boolean>>
}

/** Where accepted records lie. */
export interface Accepted {
  readonly incarnation: string
  readonly stream: Stream
  readonly first: number
  readonly count: number
}

/** Samples or records read back, with the position of each. */
export interface OutboxChunk {
  readonly stream: Stream
  /** Positions of the rows below, ascending; total count equals the rows. */
  readonly runs: readonly PositionRange[]
  readonly samples?: SampleColumns
  readonly records?: readonly OutboxRecord[]
  /** Bytes on disk, for windows and rates. */
  readonly bytes: number
  /** UTC ms at which the oldest row was accepted. */
  readonly acceptedMs: number
}

/** How much waits, for metrics and screens. */
export interface OutboxStatus {
  readonly incarnation: string
  readonly streams: Readonly<Record<Stream, { readonly next: number; readonly pending: number; readonly bytes: number; readonly oldestMs: number | undefined }>>
  readonly diskBytes: number
  /** Set while nothing can be accepted (disk full, read-only); says what to do. */
  readonly failure?: string
}

/** The outbox of a gateway. One process owns its directory; a second one is refused. */
export interface Outbox {
  /** 16 hexadecimal digits; changes when the outbox is new or `restart` was called. */
  readonly incarnation: string
  /** The alias of a point; the same description always gives the same alias. Durable before any sample that uses it. */
  alias(point: Omit<CatalogPoint, 'alias'>): number
  /** Points that live devices use, and those of removed devices whose samples still wait. */
  catalog(): readonly CatalogPoint[]
  /** Accepts samples (key = alias). Resolves when they are on disk and would survive a power cut. */
  append(stream: SampleStream, samples: SampleColumns): Promise<Accepted>
  /** Accepts records. Resolves like append. */
  appendRecords(stream: RecordStream, records: readonly OutboxRecord[]): Promise<Accepted>
  /** The next free position of a stream; everything before it is on disk. */
  next(stream: Stream): number
  /** First run of positions in [from, limit) that central has not confirmed. */
  firstPending(stream: Stream, from: number, limit: number): PositionRange | undefined
  /**
   * Reads pending rows from `from` on, up to about `maxBytes` (at least one block) and never beyond `limit`.
   * Undefined when there is nothing. Rows that turn out damaged go into the gap ledger and are skipped.
   */
  read(stream: Stream, from: number, limit: number, maxBytes: number): Promise<OutboxChunk | undefined>
  /**
   * Central has stored these; wholly confirmed segments are deleted. Ranges of another incarnation are ignored, and so is
   * a confirmation that `isOlderCopy` would object to.
   */
  confirm(stored: StoredRanges): void
  /**
   * Whether central knows positions that this outbox had neither reached when it was opened nor handed out by `read`
   * since: then this disk is an older copy, and `restart` is due. To be asked of the answer to a birth, before
   * anything is sent; later, positions of the two lives could have met.
   */
  isOlderCopy(stored: StoredRanges): boolean
  /**
   * Begins a new incarnation: central knows positions that this outbox has not reached, so this disk is an older copy.
   * Everything pending keeps its data and gets new positions; a gap record tells of the unknown ones.
   */
  restart(reason: 'restored-image'): Promise<void>
  status(): OutboxStatus
  /** Called after each sync that made something new readable. */
  onDurable(listener: () => void): void
  close(): Promise<void>
}
