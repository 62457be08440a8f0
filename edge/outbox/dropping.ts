/*
 * What has to go when the outbox is too large or too old. Pure: says which, does nothing.
 * Rules: docs/formats/outbox-segment.md, "Dropping".
 */
import type { Clock } from '@orewatch/core'
import { type Stream, STREAMS } from '@orewatch/protocol'

/** Why something is dropped, as the gap ledger says it. */
export type DropReason = 'quota-bytes' | 'quota-age'

/** A segment as the rules see it. */
export interface DropCandidate {
  readonly bytes: number
  readonly hasBlocks: boolean
  /** UTC ms of its newest block. */
  readonly lastAcceptedMs: number | undefined
  /** Monotonic ms of its newest block, when that was written since the start of the program. */
  readonly lastMonotonicMs: number | undefined
}

/** How much and how old the outbox may be. */
export interface Quota {
  readonly maxBytes: number
  readonly maxAgeMs: number
}

/** The lowest class goes first. */
export const DROP_ORDER: readonly Stream[] = STREAMS.toReversed()

/**
 * The stream whose oldest segment has to go, or undefined. Segments are ascending and the last one is written to: it
 * goes only for its age.
 */
export function planDrop(
  streams: Readonly<Record<Stream, readonly DropCandidate[]>>,
  quota: Quota,
  ageMs: (candidate: DropCandidate) => number,
): { readonly stream: Stream; readonly reason: DropReason } | undefined {
  for (const stream of DROP_ORDER) {
    const oldest = streams[stream][0]
    if (oldest?.hasBlocks && ageMs(oldest) > quota.maxAgeMs) return { stream, reason: 'quota-age' }
  }
  let total = 0
  for (const stream of STREAMS) for (const { bytes } of streams[stream]) total += bytes
  if (total <= quota.maxBytes) return undefined
  for (const stream of DROP_ORDER) if (streams[stream].length > 1) return { stream, reason: 'quota-bytes' }
  return undefined
}

const STEP_MS = 60_000
const TRUST_AFTER_MS = 3_600_000

/** Ages that a stepping clock cannot make up. */
export class AgeJudge {
  readonly #clock: Clock
  #offsetMs: number
  #steadySinceMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#offsetMs = clock.nowMs() - clock.monotonicMs()
    this.#steadySinceMs = clock.monotonicMs()
  }

  /** To be called every few seconds: notices steps of the wall clock. */
  watch(): void {
    const offsetMs = this.#clock.nowMs() - this.#clock.monotonicMs()
    if (Math.abs(offsetMs - this.#offsetMs) > STEP_MS) this.#steadySinceMs = this.#clock.monotonicMs()
    this.#offsetMs = offsetMs
  }

  /** How old a segment surely is, ms; 0 while the wall clock has not been steady for an hour. */
  ageMs(candidate: DropCandidate): number {
    const monotonicMs = this.#clock.monotonicMs()
    if (monotonicMs - this.#steadySinceMs < TRUST_AFTER_MS) return 0
    const wallAgeMs = this.#clock.nowMs() - (candidate.lastAcceptedMs ?? Infinity)
    if (candidate.lastMonotonicMs === undefined) return wallAgeMs
    return Math.min(wallAgeMs, monotonicMs - candidate.lastMonotonicMs)
  }
}
