/** Where the time comes from; tests pass one that they move by hand. */
export interface Clock {
  /** UTC milliseconds since 1970. May step in either direction when somebody sets the clock. */
  nowMs(): number
  /** Milliseconds from an arbitrary start that never step. */
  monotonicMs(): number
}

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
