/*
 * Refused samples, kept durably with their reason, so that refusing loses nothing and a gateway may forget them.
 * Bounded per source and in all; what is dropped is counted.
 */
import type { SampleColumns } from '@orewatch/core'
import type { Stream } from '@orewatch/protocol'
import type { DataScope, RefusalCode } from '../registry/registry.ts'
import type { OutboxRanges } from '../telemetry/store.ts'

/** A refused sample, whole. */
export interface QuarantinedSample {
  /** `group/node` of the topic. */
  readonly gatewayKey: string
  readonly device: string
  readonly metric: string
  readonly reason: RefusalCode
  /** A sentence for a person; the newest of a source is shown. */
  readonly detail: string
  readonly timeMs: number
  /** Kept exactly; `null` and NaN where there is none. */
  readonly value: number | bigint | boolean | string | null
  readonly quality: number
  /** Index into REASONS. */
  readonly reasonCode?: number
  readonly flags?: number
  readonly gatewayDeltaMs?: number
  readonly receivedMs: number
  readonly position?: { readonly incarnation: string; readonly stream: Stream; readonly position: number }
  /** Anything else worth keeping, as JSON. */
  readonly raw?: unknown
}

/** One refused source: all samples of a metric refused for one reason. */
export interface QuarantineGroup {
  readonly id: number
  readonly gatewayKey: string
  readonly device: string
  readonly metric: string
  readonly reason: RefusalCode
  readonly detail: string
  /** Samples ever refused. */
  readonly count: number
  readonly kept: number
  /** Samples given up because of the bounds. */
  readonly dropped: number
  /** Samples moved to the store by adoption. */
  readonly adopted: number
  readonly firstMs: number
  readonly lastMs: number
  /** The newest value, as text. */
  readonly lastValue: string
  readonly lastReceivedMs: number
  /** Register id of the gateway, when it is registered. */
  readonly gateway?: number
  /** Division of the gateway's mine; of an unregistered gateway what its group says, which may be nonsense. */
  readonly divisionCode: string
  /** Subject of the gateway, when it is registered. */
  readonly subjectCode?: string
  /** Register id of the point as which it was adopted. */
  readonly adoptedAs?: number
}

/** One kept sample as it is listed. */
export interface QuarantineRow {
  readonly timeMs: number
  readonly value: string
  readonly quality: number
  readonly reasonCode: number
  readonly flags: number
  readonly receivedMs: number
  readonly outbox?: string
  readonly raw?: unknown
}

/** What became of a batch. */
export interface QuarantineResult {
  readonly stored: number
  readonly duplicates: number
  readonly dropped: number
}

/** Bounds of the quarantine. */
export interface QuarantineLimits {
  /** Samples kept per source; 100,000 by default. The oldest go first. */
  readonly maxSamplesPerGroup: number
  /** Samples kept in all; 5,000,000 by default. */
  readonly maxSamples: number
  /** Sources in all; 20,000 by default. Samples of further ones are counted under one source per reason and not kept. */
  readonly maxGroups: number
  /** Age by time of receipt after which `prune` drops; 30 days by default. */
  readonly maxAgeMs: number
}

/** What to list, newest source first. */
export interface QuarantineQuery {
  /** Sources of gateways within the scope; those of unregistered gateways belong to the division that their group names. */
  readonly scope: DataScope
  readonly reason?: RefusalCode
  readonly gatewayKey?: string
  /** Only sources that nobody adopted. */
  readonly onlyOpen?: boolean
  readonly after?: string
  /** 1–1,000. */
  readonly limit: number
}

/** The quarantine. */
export interface Quarantine {
  /** Resolves when samples and ranges survive a power cut, in one transaction. Repeating it changes nothing. */
  append(batch: readonly QuarantinedSample[], ranges: readonly OutboxRanges[]): Promise<QuarantineResult>
  groups(query: QuarantineQuery): Promise<{ readonly rows: readonly QuarantineGroup[]; readonly next?: string }>
  group(id: number): Promise<QuarantineGroup | undefined>
  /** Kept samples of a group, oldest first. */
  samples(id: number, page: { readonly after?: string; readonly limit: number }): Promise<{ readonly rows: readonly QuarantineRow[]; readonly next?: string }>
  /**
   * Marks a group as adopted and yields its samples for the store, key = register id of the point, oldest first.
   * Asking for the next batch says that the last one is stored: it then leaves the quarantine. Stopping early loses nothing.
   */
  adopt(id: number, point: number): AsyncIterable<SampleColumns>
  /** Groups that are adopted and still hold samples that a store can take: after a crash, or when samples came late. */
  pendingAdoptions(): Promise<readonly QuarantineGroup[]>
  /** Drops samples beyond the age; call it every hour or so. Resolves to how many. */
  prune(nowMs: number): Promise<number>
  /** How many samples are kept in all. */
  count(): Promise<number>
}
