/*
 * The port of the telemetry stores. Points are named by their register id (a 31-bit integer).
 * Methods, never a query string: every store speaks its own language behind it. Conformance: conformance.ts.
 */
import type { PositionRange, SampleColumns } from '@orewatch/core'
import type { Stream } from '@orewatch/protocol'

/** What a store can do; conformance tests run by it and docs/reference prints it. */
export interface StoreCapabilities {
  /** Samples and the outbox ranges they fill become durable in one transaction. */
  readonly hasTransactionalRanges: boolean
  /** Tells a sample that contradicts a stored one (same point and time, other value or quality) and keeps the first. */
  readonly detectsConflicts: boolean
  /** Bytes of gateway time, reason and flags survive a round trip. */
  readonly keepsMetadata: boolean
  /** Any time from 1970 up to the year 2200 is kept; otherwise a write with one too old or too far ahead is refused with retry class `never`. */
  readonly keepsFarTimes: boolean
  /** A write resolves only when its samples survive a kill of the store; otherwise central logs an error at start. */
  readonly acknowledgesDurably: boolean
  /** Old samples of chosen points can be removed; otherwise only the server's own retention removes, for all points alike. */
  readonly removesSamples: boolean
}

/** Outbox ranges that a batch of samples fills. */
export interface OutboxRanges {
  readonly gateway: number
  readonly incarnation: string
  readonly stream: Stream
  readonly ranges: readonly PositionRange[]
}

/** What became of a batch. */
export interface WriteResult {
  readonly stored: number
  /** Samples that were there already, the same. */
  readonly duplicates: number
  /** Rows of the batch that contradict what is stored; they were not written. */
  readonly conflicts: readonly number[]
}

/** The newest sample of a point. */
export interface LatestSample {
  readonly point: number
  readonly timeMs: number
  readonly value: number
  readonly quality: number
  readonly reason: number
  readonly flags: number
}

/** One bucket of an aggregate; `min`, `max`, `mean`, `last` are over samples of Q 0 and are NaN where there are none. */
export interface Bucket {
  readonly startMs: number
  readonly count: number
  /** How many of them have Q 0. */
  readonly good: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly last: number
}

/** A page of a range query; `nextMs` is where the next page begins, absent on the last. */
export interface RangePage {
  /** Time-ordered; `key` is the point. */
  readonly samples: SampleColumns
  readonly nextMs?: number
}

/** Which samples have outlived their retention: those of a class before its time, those of all other points before `othersBeforeMs`; UTC ms. */
export interface RemovalOrder {
  readonly othersBeforeMs: number
  readonly classes: readonly { readonly points: readonly number[]; readonly beforeMs: number }[]
}

/** What one step of a removal took or would take. */
export interface RemovedPart {
  /** For a person. */
  readonly what: string
  readonly samples: number
  readonly beforeMs: number
}

/** Keeps samples and gives them back. Every store passes `describeTelemetryStore`. */
export interface TelemetryStore {
  readonly name: string
  readonly capabilities: StoreCapabilities
  /**
   * Resolves when the samples, and the ranges where the store has them, survive a kill and a power cut, unless the store declares that it cannot.
   * Writing the same batch twice changes nothing. Calls may overlap; the store groups them.
   * Rejects with a coded error of retry class `soon` or `later` when the store cannot write now; nothing is then assumed stored.
   */
  write(batch: SampleColumns, ranges: readonly OutboxRanges[]): Promise<WriteResult>
  /** All ranges known of a gateway's incarnation, for stores with transactional ranges; empty otherwise. */
  storedRanges(gateway: number, incarnation: string): Promise<ReadonlyMap<Stream, readonly PositionRange[]>>
  /** The newest sample of each point that has one, by event time. */
  latest(points: readonly number[]): Promise<readonly LatestSample[]>
  /** Samples of one point with fromMs ≤ time < toMs, at most `limit` of them. */
  range(point: number, fromMs: number, toMs: number, limit: number): Promise<RangePage>
  /** Buckets of `bucketMs`, aligned to UTC multiples of it, only those that hold samples; at most 10,000. */
  aggregate(point: number, fromMs: number, toMs: number, bucketMs: number): Promise<readonly Bucket[]>
  /**
   * Removes what an order names, or only looks what it would be. A store may keep a sample longer, up to the end of its month, and never
   * removes one that is not named. Stores that cannot (see `removesSamples`) remove nothing.
   */
  remove(order: RemovalOrder, mode: 'look' | 'remove'): Promise<readonly RemovedPart[]>
  /** How many samples are stored in all, for health and tests; may be slow. */
  count(): Promise<number>
  /** Whether the store takes writes at the moment, and a sentence for a person. */
  health(): { readonly ok: boolean; readonly note: string }
  close(): Promise<void>
}
