import type { Ladder } from '../ladder.ts'
import type { RateRule } from '../schema.ts'
import { isSuspending, type Run } from './run.ts'

/** A change of the value within a window: against its lowest, its highest, or either. */
export class RateRun implements Run {
  readonly ladder: Ladder
  readonly #rule: RateRule
  // Below this nothing can begin; the margin is more than rounding can move a value.
  readonly #quiet: number
  #isIdle = false
  readonly #lowest = new Extremes(1)
  readonly #highest = new Extremes(-1)

  constructor(ladder: Ladder, rule: RateRule) {
    this.ladder = ladder
    this.#rule = rule
    this.#quiet = (ladder.rule.rungs[0]?.limit ?? 0) - 1e-6
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
    if (this.#isIdle && change < this.#quiet) return
    // Binary fractions would make a rise of exactly 5 slightly more than 5.
    this.ladder.offer(t, Math.round(change * 1e9) / 1e9)
    this.#isIdle = this.ladder.isIdle
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
    this.#isIdle = false
    this.#lowest.restore(lowest)
    this.#highest.restore(highest)
  }

  #share(change: number, reference: number): number {
    const { relative } = this.#rule
    return relative === undefined ? change : change / Math.max(Math.abs(reference), relative.floor)
  }
}

// The lowest (sign 1) or highest (sign −1) value of a window: only those are kept that may still become it, as times and values
// in turn in one ring of numbers, so that a sample allocates nothing.
class Extremes {
  readonly #sign: number
  #ring: Float64Array = new Float64Array(32)
  #head = 0
  #tail = 0

  constructor(sign: number) {
    this.#sign = sign
  }

  /** Takes a value and gives the extreme of the values from `fromMs` on, this one included. */
  push(t: number, value: number, fromMs: number): number {
    let ring = this.#ring
    let mask = ring.length - 1
    let tail = this.#tail
    while (tail !== this.#head && this.#sign * ((ring[(tail - 1) & mask] as number) - value) >= 0) tail -= 2
    if (tail - this.#head === ring.length) {
      ring = this.#grow()
      mask = ring.length - 1
      tail = this.#tail
    }
    ring[tail & mask] = t
    ring[(tail + 1) & mask] = value
    this.#tail = tail + 2
    let head = this.#head
    while ((ring[head & mask] as number) < fromMs) head += 2
    this.#head = head
    // Positions only ever count up; keep them small.
    if (head > 1 << 28) this.restore(this.save())
    return ring[(head + 1) & mask] as number
  }

  // A full ring is one from which nothing was taken, so that the tail is where it was.
  #grow(): Float64Array {
    this.restore(this.save(), this.#ring.length * 2)
    return this.#ring
  }

  /** Times and values in turn. */
  save(): number[] {
    return Array.from({ length: this.#tail - this.#head }, (_, i) => this.#ring[(this.#head + i) & (this.#ring.length - 1)] as number)
  }

  restore(saved: readonly number[], capacity = 32): void {
    let size = capacity
    while (size < saved.length + 2) size *= 2
    this.#ring = new Float64Array(size)
    this.#ring.set(saved)
    this.#head = 0
    this.#tail = saved.length
  }
}
