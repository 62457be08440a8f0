/*
 * The newest sample of every point, and who wants to hear of it: in this process, bounded, never tied to the broker.
 * A subscriber hears at most four times a second, and of each point only the newest; a slow one slows nobody.
 */
import { type Clock, SampleBuilder, type SampleColumns } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { LatestSample, TelemetryStore } from '../telemetry/store.ts'

/** What a live feed is made of. */
export interface LiveFeedOptions {
  readonly store: Pick<TelemetryStore, 'latest'>
  readonly clock: Clock
  readonly log: Logger
  /** Least time between two updates, ms. */
  readonly intervalMs?: number
  readonly maxSubscribers?: number
  readonly maxPoints?: number
}

const SEED_POINTS = 5_000

/** Latest values, and updates of them. */
export class LiveFeed {
  readonly #options: LiveFeedOptions
  readonly #slotOf = new Map<number, number>()
  // One row per point; `key` is the register id.
  readonly #latest = new SampleBuilder(1_024)
  #storedMs = new Float64Array(1_024)
  readonly #dirty = new Set<number>()
  readonly #listeners = new Set<(samples: SampleColumns) => void>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: LiveFeedOptions) {
    this.#options = options
  }

  /** Fills in what the store has of points that were not heard of since the start. Failures are only logged. */
  async seed(points: readonly number[]): Promise<void> {
    const missing = points.filter((point) => !this.#slotOf.has(point))
    try {
      for (let from = 0; from < missing.length; from += SEED_POINTS) {
        for (const sample of await this.#options.store.latest(missing.slice(from, from + SEED_POINTS))) this.#seedOne(sample)
      }
    } catch (err) {
      this.#options.log.warn({ err }, 'latest values could not be read from the store')
    }
  }

  /** Takes stored rows of a batch; `skip` names rows that were not stored. */
  apply(samples: SampleColumns, skip: ReadonlySet<number>): void {
    const nowMs = this.#options.clock.nowMs()
    const latest = this.#latest
    for (let row = 0; row < samples.count; row++) {
      if (skip.size > 0 && skip.has(row)) continue
      const slot = this.#slot(samples.key[row] as number)
      if (slot < 0) continue
      this.#storedMs[slot] = nowMs
      // By event time: a backlog never changes what is shown as now.
      if ((samples.timeMs[row] as number) < (latest.timeMs[slot] as number)) continue
      latest.timeMs[slot] = samples.timeMs[row] as number
      latest.value[slot] = samples.value[row] as number
      latest.quality[slot] = samples.quality[row] as number
      latest.reason[slot] = samples.reason[row] as number
      latest.flags[slot] = samples.flags[row] as number
      latest.gatewayDeltaMs[slot] = samples.gatewayDeltaMs[row] as number
      if (this.#listeners.size > 0) this.#dirty.add(slot)
    }
    if (this.#dirty.size > 0) this.#timer ??= setTimeout(() => this.#publish(), this.#options.intervalMs ?? 250)
  }

  /** The newest sample of a point, if any was stored since the start or seeded. */
  latest(point: number): LatestSample | undefined {
    const slot = this.#slotOf.get(point)
    if (slot === undefined || this.#latest.timeMs[slot] === Number.NEGATIVE_INFINITY) return undefined
    const { timeMs, value, quality, reason, flags } = this.#latest
    return { point, timeMs: timeMs[slot] as number, value: value[slot] as number, quality: quality[slot] as number, reason: reason[slot] as number, flags: flags[slot] as number }
  }

  /** UTC ms at which a sample of the point was last stored; undefined when none was since the start. */
  storedMs(point: number): number | undefined {
    const slot = this.#slotOf.get(point)
    const storedMs = slot === undefined ? 0 : (this.#storedMs[slot] as number)
    return storedMs === 0 ? undefined : storedMs
  }

  /**
   * Calls back with the newest sample of every point that changed; the columns are valid only during the call.
   * Returns how to stop. Undefined when there are as many subscribers as are allowed.
   */
  subscribe(listener: (samples: SampleColumns) => void): (() => void) | undefined {
    if (this.#listeners.size >= (this.#options.maxSubscribers ?? 1_000)) return undefined
    const own = (samples: SampleColumns): void => listener(samples)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  get subscribers(): number {
    return this.#listeners.size
  }

  get points(): number {
    return this.#latest.count
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  #publish(): void {
    this.#timer = undefined
    const changed = new SampleBuilder(this.#dirty.size)
    const { key, timeMs, value, quality, reason, flags, gatewayDeltaMs } = this.#latest
    for (const slot of this.#dirty) {
      changed.push(key[slot] as number, timeMs[slot] as number, value[slot] as number, quality[slot], reason[slot], flags[slot], gatewayDeltaMs[slot])
    }
    this.#dirty.clear()
    for (const listener of this.#listeners) {
      try {
        listener(changed)
      } catch (err) {
        this.#options.log.error({ err }, 'a live subscriber failed')
      }
    }
  }

  #seedOne(sample: LatestSample): void {
    const slot = this.#slot(sample.point)
    if (slot < 0 || sample.timeMs <= (this.#latest.timeMs[slot] as number)) return
    this.#latest.timeMs[slot] = sample.timeMs
    this.#latest.value[slot] = sample.value
    this.#latest.quality[slot] = sample.quality
    this.#latest.reason[slot] = sample.reason
    this.#latest.flags[slot] = sample.flags
  }

  #slot(point: number): number {
    const known = this.#slotOf.get(point)
    if (known !== undefined) return known
    const slot = this.#latest.count
    if (slot >= (this.#options.maxPoints ?? 1_000_000)) return -1
    this.#latest.push(point, Number.NEGATIVE_INFINITY, Number.NaN)
    this.#slotOf.set(point, slot)
    if (slot >= this.#storedMs.length) {
      const grown = new Float64Array(this.#storedMs.length * 2)
      grown.set(this.#storedMs)
      this.#storedMs = grown
    }
    return slot
  }
}
