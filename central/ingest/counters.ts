import type { Metrics } from '@orewatch/observability'
import type { RefusalCode } from '../registry/registry.ts'

/** Why a message was dropped unacknowledged. */
export type DropCause = 'queue-full' | 'no-birth' | 'malformed' | 'oversized' | 'wrong-topic' | 'too-many-gateways' | 'store-refused'

/** What ingest counted since its start. */
export class Counters {
  messages = 0
  births = 0
  /** Samples decoded from accepted messages. */
  received = 0
  stored = 0
  duplicates = 0
  conflicts = 0
  records = 0
  /** Messages whose positions were all stored already, or on their way. */
  repeated = 0
  acknowledgements = 0
  rebirthRequests = 0
  sequenceGaps = 0
  writes = 0
  writeFailures = 0
  readonly refused = new Map<RefusalCode, number>()
  readonly dropped = new Map<DropCause, number>()

  refuse(code: RefusalCode, count = 1): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + count)
  }

  drop(cause: DropCause): void {
    this.dropped.set(cause, (this.dropped.get(cause) ?? 0) + 1)
  }

  /** Messages dropped in all. */
  get droppedTotal(): number {
    let total = 0
    for (const count of this.dropped.values()) total += count
    return total
  }

  /** Publishes the counters as Prometheus metrics. */
  register(metrics: Metrics): void {
    const gauges: Record<string, [string, () => number]> = {
      messages_total: ['Messages received.', () => this.messages],
      births_total: ['Births resolved.', () => this.births],
      samples_received_total: ['Samples decoded.', () => this.received],
      samples_stored_total: ['Samples stored.', () => this.stored],
      samples_duplicate_total: ['Samples that were stored already.', () => this.duplicates],
      samples_conflict_total: ['Samples that contradicted a stored one.', () => this.conflicts],
      samples_refused_total: ['Samples and records put into quarantine.', () => sum(this.refused)],
      records_total: ['Events and alarms stored.', () => this.records],
      messages_dropped_total: ['Messages dropped unacknowledged; they come again.', () => this.droppedTotal],
      messages_repeated_total: ['Messages that were stored or queued already.', () => this.repeated],
      acknowledgements_total: ['Acknowledgements sent.', () => this.acknowledgements],
      rebirth_requests_total: ['Births asked for.', () => this.rebirthRequests],
      sequence_gaps_total: ['Gaps in seq of gateways without acknowledgement.', () => this.sequenceGaps],
      writes_total: ['Batches written.', () => this.writes],
      write_failures_total: ['Attempts to write that failed.', () => this.writeFailures],
    }
    for (const [name, [help, read]] of Object.entries(gauges)) metrics.gauge(`ingest_${name}`, help, read)
  }
}

function sum(counts: ReadonlyMap<unknown, number>): number {
  let total = 0
  for (const count of counts.values()) total += count
  return total
}
