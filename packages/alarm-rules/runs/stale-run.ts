import { Q } from '@orewatch/core'
import type { Ladder } from '../ladder.ts'
import type { Run } from './run.ts'

/** UTC ms. Over `sinceMs` nobody listened: a silence that had begun by then says nothing, and counts only from `countsFromMs` on. */
export interface Listening {
  readonly sinceMs: number
  readonly countsFromMs: number
}

/** No data for too long: the limits are seconds since the newest sample that was not a loss of communication. */
export class StaleRun implements Run {
  readonly ladder: Ladder
  #newestMs: number
  readonly #firstMs: number
  readonly #listening: Listening | undefined
  #isRaised = false

  constructor(ladder: Ladder, sinceMs: number, listening?: Listening) {
    this.ladder = ladder
    this.#listening = listening
    this.#newestMs = sinceMs
    this.#firstMs = (ladder.rule.rungs[0]?.limit ?? 0) * 1000
  }

  good(t: number): void {
    if (t - this.#newestMs > this.#firstMs) this.due(t)
    if (this.#isRaised) {
      this.ladder.set(t, 0, (t - this.#newestMs) / 1000, 0)
      this.#isRaised = false
    }
    this.#newestMs = t
  }

  bad(t: number, _value: number, quality: number): void {
    if (quality === Q.commLost) this.due(t)
    else this.good(t)
  }

  due(nowMs: number): void {
    const fromMs = this.#countedFrom(nowMs)
    if (nowMs - fromMs <= this.#firstMs) return
    for (const { rank, limit } of this.ladder.rule.rungs) {
      const at = fromMs + limit * 1000
      if (rank > this.ladder.state.rank && at < nowMs) this.ladder.set(at, rank, limit, this.#newestMs)
    }
    this.#isRaised = this.ladder.state.rank > 0
  }

  #countedFrom(nowMs: number): number {
    if (this.#listening === undefined || this.#isRaised) return this.#newestMs
    const { sinceMs, countsFromMs } = this.#listening
    return this.#newestMs <= sinceMs && nowMs >= sinceMs ? Math.max(this.#newestMs, countsFromMs) : this.#newestMs
  }

  save(): unknown {
    return this.#newestMs
  }

  restore(saved: unknown): void {
    this.#newestMs = saved as number
    this.#isRaised = this.ladder.state.rank > 0
  }
}
