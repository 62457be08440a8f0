import type { Ladder } from '../ladder.ts'
import type { RateRule } from '../schema.ts'
import { isSuspending, type Run } from './run.ts'

/** A change of the value within a window: against its lowest, its highest, or either. */
export class RateRun implements Run {
  readonly ladder: Ladder
  readonly #rule: RateRule
  readonly #lowest = new Extremes(1)
  readonly #highest = new Extremes(-1)

  constructor(ladder: Ladder, rule: RateRule) {
    this.ladder = ladder
    this.#rule = rule
  }

  good(t: number, value: number): void {
    const { direction, overS } = this.#rule
    const fromMs = t - overS * 1000
    let change = 0
    if (direction !== 'fall') {
      const low = this.#lowest.push(t, value, fromMs)
      change = this.#share(value - low, low)
    }
    if (direction !== 'rise') {
      const high = this.#highest.push(t, value, fromMs)
      change = Math.max(change, this.#share(high - value, high))
    }
    this.ladder.offer(t, change)
  }

  bad(t: number, _value: number, quality: number): void {
    if (isSuspending(quality)) this.ladder.suspend(t)
    else this.ladder.unknown(t, quality)
  }

  due(nowMs: number): void {
    this.ladder.due(nowMs)
  }

  save(): unknown {
    return { lowest: this.#lowest.save(), highest: this.#highest.save() }
  }

  restore(saved: unknown): void {
    const { lowest, highest } = saved as { lowest: number[]; highest: number[] }
    this.#lowest.restore(lowest)
    this.#highest.restore(highest)
  }

  // Binary fractions would make a rise of exactly 5 slightly more than 5.
  #share(change: number, reference: number): number {
    const { relative } = this.#rule
    return Math.round((relative === undefined ? change : change / Math.max(Math.abs(reference), relative.floor)) * 1e9) / 1e9
  }
}

// The lowest (sign 1) or highest (sign −1) value of a window: only those are kept that may still become it.
class Extremes {
  readonly #sign: number
  #times: number[] = []
  #values: number[] = []
  #head = 0

  constructor(sign: number) {
    this.#sign = sign
  }

  /** Takes a value and gives the extreme of the values from `fromMs` on, this one included. */
  push(t: number, value: number, fromMs: number): number {
    while (this.#values.length > this.#head && this.#sign * ((this.#values.at(-1) as number) - value) >= 0) {
      this.#values.pop()
      this.#times.pop()
    }
    this.#values.push(value)
    this.#times.push(t)
    while ((this.#times[this.#head] as number) < fromMs) this.#head++
    if (this.#head > 32 && this.#head * 2 > this.#values.length) this.#compact()
    return this.#values[this.#head] as number
  }

  #compact(): void {
    this.#times = this.#times.slice(this.#head)
    this.#values = this.#values.slice(this.#head)
    this.#head = 0
  }

  /** Times and values in turn. */
  save(): number[] {
    return this.#times.slice(this.#head).flatMap((t, i) => [t, this.#values[this.#head + i] as number])
  }

  restore(saved: readonly number[]): void {
    this.#head = 0
    this.#times = saved.filter((_, i) => i % 2 === 0)
    this.#values = saved.filter((_, i) => i % 2 === 1)
  }
}
