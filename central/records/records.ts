/*
 * What gateways record besides samples, which outbox positions are stored, and what central itself has to tell about
 * security and completeness.
 */
import type { PositionRange } from '@orewatch/core'
import type { GapBody, OutboxRecord, Stream } from '@orewatch/protocol'
import type { DataScope } from '../registry/registry.ts'
import type { OutboxRanges } from '../telemetry/store.ts'

/** A record with its place in the gateway's outbox. */
export interface PositionedRecord {
  readonly position: number
  readonly record: OutboxRecord
}

/** Records of one stream of one outbox. */
export interface RecordBatch {
  readonly gateway: number
  readonly incarnation: string
  readonly stream: Stream
  readonly records: readonly PositionedRecord[]
  /** UTC ms. */
  readonly receivedMs: number
}

/** A stored record. */
export interface StoredRecord extends OutboxRecord {
  readonly id: number
  readonly gateway: number
  readonly incarnation: string
  readonly stream: Stream
  readonly position: number
  readonly receivedMs: number
}

/** What to list of the records, newest first. */
export interface RecordQuery {
  readonly scope: DataScope
  readonly gateway?: number
  readonly schema?: string
  /** Id before which the page begins; `next` of the page before. */
  readonly before?: number
  /** 1–1,000. */
  readonly limit: number
}

/** A gap that a gateway declared: accepted records that will never come. */
export interface DeclaredGap {
  readonly id: number
  readonly gateway: number
  /** UTC ms of the declaration. */
  readonly timeMs: number
  readonly gap: GapBody
}

/** Events and alarms of the gateways. */
export interface RecordStore {
  /** Resolves when records and ranges survive a power cut, in one transaction. Repeating it changes nothing. */
  append(batches: readonly RecordBatch[], ranges: readonly OutboxRanges[]): Promise<{ readonly stored: number; readonly duplicates: number }>
  records(query: RecordQuery): Promise<{ readonly rows: readonly StoredRecord[]; readonly next?: number }>
  gaps(query: Omit<RecordQuery, 'schema'>): Promise<{ readonly rows: readonly DeclaredGap[]; readonly next?: number }>
}

/** Which outbox positions are stored: those of records and quarantine, and of samples where the store has no ranges itself. */
export interface RangeStore {
  /** Resolves when the ranges survive a power cut. Ranges merge; repeating it changes nothing. */
  add(ranges: readonly OutboxRanges[]): Promise<void>
  /** All ranges of a gateway's incarnation. */
  load(gateway: number, incarnation: string): Promise<ReadonlyMap<Stream, readonly PositionRange[]>>
}

/** Kinds of security events. */
export type SecurityEventKind = 'duplicate-identity' | 'wrong-topic' | 'unknown-gateway' | 'refused-login' | 'lockout' | 'refused-connection' | 'malformed-message' | 'restored-image'

/** A security event; identical ones within ten minutes are one with a count. */
export interface SecurityEvent {
  readonly id: number
  readonly kind: SecurityEventKind
  readonly subject: string
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
  readonly detail: Readonly<Record<string, unknown>>
}

/** Collects security events. */
export interface SecurityEvents {
  /** `subject` is what it is about: a gateway key, a login, an address. Resolves when durable. */
  add(kind: SecurityEventKind, subject: string, detail?: Readonly<Record<string, unknown>>): Promise<void>
  list(query: { readonly kind?: SecurityEventKind; readonly before?: number; readonly limit: number }): Promise<{ readonly rows: readonly SecurityEvent[]; readonly next?: number }>
}

/** Kinds of completeness events. */
export type CompletenessKind = 'sequence-gap' | 'rebirth-requested' | 'new-incarnation'

/** A completeness event. */
export interface CompletenessEvent {
  readonly id: number
  readonly gateway: number
  readonly kind: CompletenessKind
  readonly timeMs: number
  readonly detail: Readonly<Record<string, unknown>>
}

/** Collects completeness events. */
export interface CompletenessEvents {
  add(gateway: number, kind: CompletenessKind, detail?: Readonly<Record<string, unknown>>): Promise<void>
  list(query: { readonly gateway?: number; readonly before?: number; readonly limit: number }): Promise<{ readonly rows: readonly CompletenessEvent[]; readonly next?: number }>
}
