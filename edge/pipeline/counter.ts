/** Limits of a cumulative reading, in the unit of the point. */
export interface CounterLimits {
  /** Highest reading; the next one begins again at 0. */
  readonly rollOver: number
  /** What may lie between two readings across the roll-over at most. */
  readonly window: number
}

// An exchanged meter is believed with the third reading after the fall: at 15 min, three quarters of an hour later.
const CONFIRMATIONS = 3

/**
 * Watches a reading that only grows, such as energy. A fall is a roll-over when what was left up to the highest reading and
 * the new one together are within the window. After any other fall nothing is believed until the reading is back above the
 * last good one (a spell), or three more readings have not fallen again and it has counted on by at least a step (another
 * meter): a meter that stands at 0 for ever is never believed. Pure in the sequence of readings; knows no time.
 */
export class CounterWatch {
  readonly #limits: CounterLimits
  readonly #step: number
  #good = Number.NaN
  #fallen = Number.NaN
  #last = Number.NaN
  #count = 0

  /** `step` is the smallest step of the reading, in its unit. */
  constructor(limits: CounterLimits, step: number) {
    this.#limits = limits
    this.#step = step
  }

  /** Whether the reading is believed. The first one always is. */
  takes(value: number): boolean {
    if (!this.#follows(this.#good, value) && !this.#isAnotherMeter(value)) return false
    this.#good = value
    this.#count = 0
    return true
  }

  #follows(before: number, value: number): boolean {
    return !(value < before) || this.#limits.rollOver - before + value <= this.#limits.window
  }

  #isAnotherMeter(value: number): boolean {
    if (this.#count === 0 || value < this.#last) {
      this.#fallen = value
      this.#count = 0
    }
    this.#last = value
    this.#count++
    return this.#count > CONFIRMATIONS && value - this.#fallen >= this.#step / 2
  }
}
