import { Q } from '@orewatch/core'
import type { Ladder } from '../ladder.ts'
import type { PointTraits } from '../point.ts'
import { isSuspending, type Run } from './run.ts'

// E.2, Saturation: at the end of the range for three samples is an exceedance, whatever the sensor's true value.
const SATURATION_SAMPLES = 3

/** A value against limits. */
export class LimitRun implements Run {
  readonly ladder: Ladder
  readonly #traits: PointTraits

  constructor(ladder: Ladder, traits: PointTraits) {
    this.ladder = ladder
    this.#traits = traits
  }

  good(t: number, value: number): void {
    this.ladder.offer(t, value)
  }

  bad(t: number, value: number, quality: number): void {
    if (isSuspending(quality)) this.ladder.suspend(t)
    else if (quality === Q.overRange && this.#isSaturated(value)) this.ladder.offer(t, value, SATURATION_SAMPLES)
    else this.ladder.unknown(t, quality)
  }

  due(nowMs: number): void {
    this.ladder.due(nowMs)
  }

  save(): undefined {
    return undefined
  }

  restore(): void {}

  #isSaturated(value: number): boolean {
    const isAtEnd = this.ladder.rule.isHigh ? value >= this.#traits.rangeHi : value <= this.#traits.rangeLo
    return isAtEnd && Number.isFinite(value) && this.ladder.isBeyond(value)
  }
}
