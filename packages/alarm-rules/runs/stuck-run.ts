import { Q } from '@orewatch/core'
import type { Ladder } from '../ladder.ts'
import type { PointTraits } from '../point.ts'
import { isSuspending, type Run } from './run.ts'

/** When the points of one class in one group last moved: the newest two, so that each can be asked about the others. */
export class PeerChanges {
  #newest: { owner: object; ms: number } | undefined
  #second: { owner: object; ms: number } | undefined

  /** `owner` moved at `ms`. */
  note(owner: object, ms: number): void {
    const before = this.#newest?.owner === owner ? this.#newest : this.#second?.owner === owner ? this.#second : undefined
    if (before !== undefined) before.ms = Math.max(before.ms, ms)
    else if (this.#second === undefined || ms > this.#second.ms) this.#second = { owner, ms }
    if (this.#second !== undefined && (this.#newest === undefined || this.#second.ms > this.#newest.ms)) [this.#newest, this.#second] = [this.#second, this.#newest]
  }

  /** Whether another than `owner` has moved after `ms`. */
  hasMovedSince(owner: object, ms: number): boolean {
    const other = this.#newest?.owner === owner ? this.#second : this.#newest
    return other !== undefined && other.ms > ms
  }
}

/** A value that stays within half a resolution of where it was for too many periods. */
export class StuckRun implements Run {
  readonly ladder: Ladder
  readonly #half: number
  readonly #periodMs: number
  readonly #peers: PeerChanges | undefined
  readonly #firstMs: number
  #anchor = Number.NaN
  #movedMs = -1
  #hasMoved = false

  constructor(ladder: Ladder, traits: PointTraits, peers: PeerChanges | undefined) {
    this.ladder = ladder
    this.#half = traits.resolution / 2
    this.#periodMs = traits.periodMs
    this.#peers = peers
    this.#firstMs = (ladder.rule.rungs[0]?.limit ?? 0) * traits.periodMs
  }

  good(t: number, value: number, quality: number): void {
    // A value that a person typed says nothing about the sensor.
    if (quality === Q.manual) return
    if (!(Math.abs(value - this.#anchor) < this.#half)) {
      this.#hasMoved = this.#movedMs >= 0
      this.#anchor = value
      this.#movedMs = t
      if (this.#hasMoved) this.#peers?.note(this, t)
      if (this.ladder.state.rank > 0) {
        this.ladder.know(t, 0)
        this.ladder.set(t, 0, 0, 0)
      }
      return
    }
    if (t - this.#movedMs < this.#firstMs) return
    this.#judge(t)
  }

  bad(t: number, _value: number, quality: number): void {
    if (!isSuspending(quality)) this.ladder.unknown(t, quality)
  }

  due(): void {}

  save(): unknown {
    return { anchor: Number.isNaN(this.#anchor) ? null : this.#anchor, movedMs: this.#movedMs, hasMoved: this.#hasMoved }
  }

  restore(saved: unknown): void {
    const { anchor, movedMs, hasMoved } = saved as { anchor: number | null; movedMs: number; hasMoved: boolean }
    this.#anchor = anchor ?? Number.NaN
    this.#movedMs = movedMs
    this.#hasMoved = hasMoved
    if (hasMoved) this.#peers?.note(this, movedMs)
  }

  #judge(t: number): void {
    const periods = (t - this.#movedMs) / this.#periodMs
    this.ladder.know(t, periods)
    if (this.#peers !== undefined && !this.#peers.hasMovedSince(this, this.#movedMs)) return
    for (const { rank, limit } of this.ladder.rule.rungs) {
      if (rank > this.ladder.state.rank && periods >= limit) this.ladder.set(t, rank, periods, this.#movedMs)
    }
  }
}
