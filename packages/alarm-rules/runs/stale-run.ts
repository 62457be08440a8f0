import { Q } from '@orewatch/core'
import type { Ladder } from '../ladder.ts'
import type { Run } from './run.ts'

/** No data for too long: the limits are seconds since the newest sample that was not a loss of communication. */
export class StaleRun implements Run {
  readonly ladder: Ladder
  #newestMs: number
  readonly #firstMs: number
  #isRaised = false

  constructor(ladder: Ladder, sinceMs: number) {
    this.ladder = ladder
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
    if (nowMs - this.#newestMs <= this.#firstMs) return
    for (const { rank, limit } of this.ladder.rule.rungs) {
      const at = this.#newestMs + limit * 1000
      if (rank > this.ladder.state.rank && at < nowMs) this.ladder.set(at, rank, limit, this.#newestMs)
    }
    this.#isRaised = this.ladder.state.rank > 0
  }

  save(): unknown {
    return this.#newestMs
  }

  restore(saved: unknown): void {
    this.#newestMs = saved as number
    this.#isRaised = this.ladder.state.rank > 0
  }
}
