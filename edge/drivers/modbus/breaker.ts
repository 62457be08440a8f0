/** When a unit counts as lost and how long it is left alone. */
export interface BreakerLimits {
  readonly threshold: number
  readonly pauseMs: number
  readonly maxPauseMs: number
}

/**
 * The circuit breaker of one unit: opens after `threshold` failures in a row, then allows one probe per pause.
 * Pauses double and are jittered, so that the probes of many absent units do not fall together.
 */
export class Breaker {
  readonly #limits: BreakerLimits
  readonly #random: () => number
  #failures = 0
  #countedMs = Number.NEGATIVE_INFINITY
  #pauses = 0
  #probeMs = Number.POSITIVE_INFINITY

  constructor(limits: BreakerLimits, random: () => number = Math.random) {
    this.#limits = limits
    this.#random = random
  }

  /** Whether the unit is only probed. */
  get isOpen(): boolean {
    return this.#failures >= this.#limits.threshold
  }

  /** Monotonic time of the next probe; Infinity while closed. */
  get probeMs(): number {
    return this.#probeMs
  }

  /** Probes since the breaker opened. */
  get pauses(): number {
    return this.#pauses
  }

  /** The unit answered. */
  succeed(): void {
    this.#failures = 0
    this.#pauses = 0
    this.#probeMs = Number.POSITIVE_INFINITY
    this.#countedMs = Number.NEGATIVE_INFINITY
  }

  /** A request sent at `sentMs` failed at `nowMs`. True when a pause begins: the breaker opened, or a probe failed. */
  fail(sentMs: number, nowMs: number): boolean {
    // Requests that were under way together fail together: that is one failure.
    if (sentMs < this.#countedMs) return false
    this.#countedMs = nowMs
    this.#failures++
    if (this.isOpen) this.#pause(nowMs)
    return this.isOpen
  }

  /** Lets the next probe go at once. */
  probeNow(nowMs: number): void {
    this.#probeMs = nowMs
  }

  #pause(nowMs: number): void {
    const pauseMs = Math.min(this.#limits.maxPauseMs, this.#limits.pauseMs * 2 ** Math.min(this.#pauses, 20))
    this.#pauses++
    this.#probeMs = nowMs + pauseMs * (0.75 + 0.5 * this.#random())
  }
}

/** Pause before attempt `attempt` (from 0): doubles up to the limit, jittered by half. */
export function backoffMs(attempt: number, minMs: number, maxMs: number, random: () => number = Math.random): number {
  return Math.min(maxMs, minMs * 2 ** Math.min(attempt, 20)) * (0.5 + random())
}
