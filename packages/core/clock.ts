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

/** Resolves after `delayMs`, or at once when the signal is aborted; never rejects. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const finish = (): void => {
    clearTimeout(timer)
    signal.removeEventListener('abort', finish)
    resolve()
  }
  const timer = setTimeout(finish, delayMs)
  signal.addEventListener('abort', finish)
  if (signal.aborted) finish()
  return promise
}
