import type { SampleColumns } from '@orewatch/core'
import type { LatestSample } from './store.ts'

const START_SLOTS = 1_024

/**
 * The newest stored sample of every point, and for every point a time at or above which nothing is stored yet.
 * Memory: about 100 bytes a point.
 */
export class Newest {
  readonly #slots = new Map<number, number>()
  #timeMs = new Float64Array(START_SLOTS)
  #value = new Float64Array(START_SLOTS)
  #quality = new Uint8Array(START_SLOTS)
  #reason = new Uint8Array(START_SLOTS)
  #flags = new Uint8Array(START_SLOTS)
  // Rows above it are certainly new. It also covers rows whose commit failed, because a commit may fail and yet be on disk.
  #ceiling = new Float64Array(START_SLOTS)

  /** The slot of a point; made when the point is new. */
  slotOf(point: number): number {
    const known = this.#slots.get(point)
    if (known !== undefined) return known
    const slot = this.#slots.size
    if (slot === this.#timeMs.length) this.#grow()
    this.#slots.set(point, slot)
    this.#timeMs[slot] = -1
    this.#ceiling[slot] = -1
    return slot
  }

  /** Whether no row of the point at or above this time has ever been seen; if so, the time is now taken. */
  claim(slot: number, timeMs: number): boolean {
    if (timeMs <= (this.#ceiling[slot] as number)) return false
    this.#ceiling[slot] = timeMs
    return true
  }

  /** Takes row `row`, which is in the store, as the newest of its point if it is. */
  offer(slot: number, columns: SampleColumns, row: number): void {
    const timeMs = columns.timeMs[row] as number
    if (timeMs <= (this.#timeMs[slot] as number)) return
    this.#timeMs[slot] = timeMs
    this.#value[slot] = columns.value[row] as number
    this.#quality[slot] = columns.quality[row] as number
    this.#reason[slot] = columns.reason[row] as number
    this.#flags[slot] = columns.flags[row] as number
    if (timeMs > (this.#ceiling[slot] as number)) this.#ceiling[slot] = timeMs
  }

  /** The newest sample of a point, if it has one. */
  get(point: number): LatestSample | undefined {
    const slot = this.#slots.get(point)
    if (slot === undefined || (this.#timeMs[slot] as number) < 0) return undefined
    return {
      point,
      timeMs: this.#timeMs[slot] as number,
      value: this.#value[slot] as number,
      quality: this.#quality[slot] as number,
      reason: this.#reason[slot] as number,
      flags: this.#flags[slot] as number,
    }
  }

  /** Forgets newest samples that were removed from the store; their times stay taken. */
  forget(isGone: (sample: LatestSample) => boolean): void {
    for (const [point, slot] of this.#slots) {
      const sample = this.get(point)
      if (sample !== undefined && isGone(sample)) this.#timeMs[slot] = -1
    }
  }

  /** All points that have a sample with fromMs ≤ time < toMs as their newest. */
  *within(fromMs: number, toMs: number): Generator<LatestSample> {
    for (const point of this.#slots.keys()) {
      const sample = this.get(point)
      if (sample !== undefined && sample.timeMs >= fromMs && sample.timeMs < toMs) yield sample
    }
  }

  #grow(): void {
    const size = this.#timeMs.length * 2
    const f64 = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(size)
      grown.set(old)
      return grown
    }
    const u8 = (old: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
      const grown = new Uint8Array(size)
      grown.set(old)
      return grown
    }
    this.#timeMs = f64(this.#timeMs)
    this.#value = f64(this.#value)
    this.#ceiling = f64(this.#ceiling)
    this.#quality = u8(this.#quality)
    this.#reason = u8(this.#reason)
    this.#flags = u8(this.#flags)
  }
}
