import type { Latest, LiveSample, Point } from '../api/contract.ts'

// A mine has at most a few thousand points; beyond this something is wrong and memory matters more.
const MAX_POINTS = 20_000

/**
 * The newest sample per point, fed by the live feed and by answers of the API.
 * Each point has its own subscribers, so that of 2,000 rows only those redraw whose value came.
 */
export class LatestBoard {
  readonly #latest = new Map<string, Latest>()
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #anyListeners = new Set<() => void>()
  #version = 0

  /** Takes samples of the live feed; an older time never replaces a newer one. */
  apply(samples: readonly LiveSample[]): void {
    let hasChanged = false
    for (const [pointCode, timeMs, value, quality, reason, flags] of samples) {
      hasChanged = this.#put(pointCode, { timeMs, value, quality, reason, flags }) || hasChanged
    }
    if (hasChanged) this.#announce()
  }

  /** Takes the newest samples as an answer of the API has them. */
  seed(points: readonly Point[]): void {
    let hasChanged = false
    for (const point of points) if (point.latest) hasChanged = this.#put(point.pointCode, point.latest) || hasChanged
    if (hasChanged) this.#announce()
  }

  /** The newest known sample of a point; the same object until a newer one comes. */
  latest(pointCode: string): Latest | undefined {
    return this.#latest.get(pointCode)
  }

  /** Counts changes, for views over all points. */
  get version(): number {
    return this.#version
  }

  /** Forgets everything, as when another mine is opened. */
  clear(): void {
    this.#latest.clear()
    this.#announce()
  }

  /** Calls back whenever the newest sample of this point changes; gives the function that ends it. */
  watch(pointCode: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(pointCode) ?? new Set()
    this.#listeners.set(pointCode, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(pointCode) === listeners) this.#listeners.delete(pointCode)
    }
  }

  /** Calls back whenever anything changes; gives the function that ends it. */
  watchAll(listener: () => void): () => void {
    this.#anyListeners.add(listener)
    return () => this.#anyListeners.delete(listener)
  }

  #put(pointCode: string, latest: Latest): boolean {
    const known = this.#latest.get(pointCode)
    if (known && known.timeMs >= latest.timeMs) return false
    if (!known && this.#latest.size >= MAX_POINTS) return false
    this.#latest.set(pointCode, latest)
    for (const listener of this.#listeners.get(pointCode) ?? []) listener()
    return true
  }

  #announce(): void {
    this.#version += 1
    for (const listener of this.#anyListeners) listener()
  }
}
