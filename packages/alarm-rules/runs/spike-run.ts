import { Q } from '@orewatch/core'
import type { Ladder } from '../ladder.ts'
import type { Run } from './run.ts'

// E.2, Spike: |v − median of 5| > max(6·MAD, step), back within two periods.
const WINDOW = 5
const MADS = 6
const SAMPLES_TO_RETURN = 2

// The jump that is being watched: its time and value, the median it left, how far is far, and how many samples ago.
interface Jump {
  readonly ms: number
  readonly value: number
  readonly median: number
  readonly bound: number
  samples: number
}

/** A value that jumps away and comes back: raised and over at its return, begun at the jump. */
export class SpikeRun implements Run {
  readonly ladder: Ladder
  readonly #step: number
  readonly #ring = new Float64Array(WINDOW)
  readonly #sorted = new Float64Array(WINDOW)
  #count = 0
  #jump: Jump | undefined

  constructor(ladder: Ladder) {
    this.ladder = ladder
    this.#step = ladder.rule.rungs[0]?.limit ?? 0
  }

  good(t: number, value: number, quality: number): void {
    if (quality === Q.manual) return
    if (this.#jump !== undefined) this.#watch(t, value)
    else if (this.#count >= WINDOW && this.#isFar(value)) this.#begin(t, value)
    else this.#push(value)
  }

  bad(): void {
    this.#jump = undefined
  }

  due(): void {}

  save(): unknown {
    return { ring: [...this.#ring], count: this.#count, jump: this.#jump ?? null }
  }

  restore(saved: unknown): void {
    const { ring, count, jump } = saved as { ring: number[]; count: number; jump: Jump | null }
    this.#ring.set(ring)
    this.#count = count
    this.#jump = jump ?? undefined
  }

  #push(value: number): void {
    this.#ring[this.#count % WINDOW] = value
    this.#count++
  }

  // Cheap and never wrong the other way: the median lies within the window, and the bound is at least the step.
  #isFar(value: number): boolean {
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    for (let i = 0; i < WINDOW; i++) {
      const v = this.#ring[i] as number
      if (v < low) low = v
      if (v > high) high = v
    }
    return value > low + this.#step || value < high - this.#step
  }

  #begin(t: number, value: number): void {
    const median = this.#median((i) => this.#ring[i] as number)
    const bound = Math.max(MADS * this.#median((i) => Math.abs((this.#ring[i] as number) - median)), this.#step)
    if (Math.abs(value - median) > bound) this.#jump = { ms: t, value, median, bound, samples: 0 }
    else this.#push(value)
  }

  #watch(t: number, value: number): void {
    const jump = this.#jump as Jump
    jump.samples++
    if (Math.abs(value - jump.median) <= jump.bound) {
      this.#jump = undefined
      this.#push(value)
      const rank = this.ladder.rule.rungs[0]?.rank ?? 0
      const size = Math.abs(jump.value - jump.median)
      this.ladder.set(t, rank, size, jump.ms)
      this.ladder.set(t, 0, 0, 0)
    } else if (jump.samples >= SAMPLES_TO_RETURN) {
      // No spike: a new level, from which the median is taken anew.
      this.#jump = undefined
      this.#count = 0
      this.#push(value)
    }
  }

  #median(of: (i: number) => number): number {
    for (let i = 0; i < WINDOW; i++) this.#sorted[i] = of(i)
    return this.#sorted.sort()[(WINDOW - 1) / 2] as number
  }
}
