// The Date header has whole seconds and the answer took a while, so smaller differences say nothing.
const NOISE_MS = 2_000

/**
 * The time at central, learned from the Date headers of its answers.
 * Ages are reckoned by it, because the clock of a control-room computer may be wrong by minutes and
 * a wrong age would call fresh values stale or, worse, stale values fresh.
 */
export class ServerTime {
  #offsetMs = 0

  /** Takes the Date header of an answer that was asked for at `sentMs` and came at `receivedMs`. */
  learn(dateHeader: string | null, sentMs: number, receivedMs: number): void {
    const headerMs = dateHeader === null ? Number.NaN : Date.parse(dateHeader)
    if (Number.isNaN(headerMs)) return
    // Half a second in the middle: the header was cut down to its second.
    const offsetMs = headerMs + 500 - (sentMs + receivedMs) / 2
    this.#offsetMs = Math.abs(offsetMs) < NOISE_MS ? 0 : offsetMs
  }

  /** How far the clock of this computer is behind central, in milliseconds; 0 when the difference is noise. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  /** UTC milliseconds at central. */
  nowMs(): number {
    return Date.now() + this.#offsetMs
  }
}

/** The time at the central this page came from. */
export const serverTime = new ServerTime()
