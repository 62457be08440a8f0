import type { GatewayStatus } from '@orewatch/protocol'
import type { RefusalCode } from '../registry/registry.ts'
import type { Counters } from './counters.ts'
import type { PointSource, PointTable } from './point-table.ts'
import type { GatewaySession } from './session.ts'

/** One gateway as ingest sees it; times UTC ms by central's clock, absent when it never happened since the start. */
export interface GatewayView {
  /** Register id; absent while the gateway is not registered. */
  readonly gateway?: number
  readonly key: string
  readonly isOnline: boolean
  /** Since when it is online, or not. */
  readonly sinceMs: number
  readonly lastMessageMs?: number
  readonly lastStoredMs?: number
  readonly status?: GatewayStatus
  readonly statusReceivedMs?: number
  /** Messages dropped unacknowledged since the start. */
  readonly dropped: number
  /** Bytes that it holds of the queue. */
  readonly heldBytes: number
}

/** When a point was last seen at each step; UTC ms, absent when never since the start. */
export interface PointTrace {
  readonly lastReceivedMs?: number
  readonly lastQueuedMs?: number
  readonly lastStoredMs?: number
  readonly lastRefusedMs?: number
  readonly refusal?: RefusalCode
}

/** What ingest counted, and what it holds now. */
export interface IngestStats {
  /** Samples stored per second over the last seconds. */
  readonly pointsPerSecond: number
  readonly queueBytes: number
  /** Messages dropped unacknowledged since the start; they come again. */
  readonly dropped: number
  readonly gateways: number
  readonly counters: Counters
}

/** What is shown of a session. */
export function viewOf(session: GatewaySession): GatewayView {
  const { birth, status } = session
  return {
    key: session.key,
    isOnline: session.isOnline,
    sinceMs: session.sinceMs,
    dropped: session.dropped,
    heldBytes: session.heldBytes,
    ...(birth?.gateway !== undefined && { gateway: birth.gateway.id }),
    ...(session.lastMessageMs > 0 && { lastMessageMs: session.lastMessageMs }),
    ...(session.lastStoredMs > 0 && { lastStoredMs: session.lastStoredMs }),
    ...(status !== undefined && { status, statusReceivedMs: session.statusReceivedMs }),
  }
}

/** What is shown of a point; `place` is where its samples come in, if any did. */
export function traceOf(place: { readonly table: PointTable; readonly source: PointSource } | undefined, storedMs: number | undefined): PointTrace {
  const queuedMs = place === undefined ? 0 : place.table.receivedAt(place.source)
  const refusedMs = place?.source.lastRefusedMs ?? 0
  return {
    ...(Math.max(queuedMs, refusedMs) > 0 && { lastReceivedMs: Math.max(queuedMs, refusedMs) }),
    ...(queuedMs > 0 && { lastQueuedMs: queuedMs }),
    ...(storedMs !== undefined && { lastStoredMs: storedMs }),
    ...(refusedMs > 0 && { lastRefusedMs: refusedMs }),
    ...(place?.source.lastRefusal !== undefined && { refusal: place.source.lastRefusal }),
  }
}

const RATE_WINDOW_MS = 5_000

/** A rate over the last few seconds, from a counter that is looked at now and then. */
export class RateWindow {
  #atMs: number
  #count = 0
  #perSecond = 0

  constructor(nowMs: number) {
    this.#atMs = nowMs
  }

  /** The rate per second, given the counter now. */
  read(nowMs: number, count: number): number {
    const elapsedMs = nowMs - this.#atMs
    if (elapsedMs >= RATE_WINDOW_MS) {
      this.#perSecond = Math.round(((count - this.#count) * 1_000) / elapsedMs)
      this.#atMs = nowMs
      this.#count = count
    }
    return this.#perSecond
  }
}
