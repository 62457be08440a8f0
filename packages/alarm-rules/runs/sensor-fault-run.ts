import { Q } from '@orewatch/core'
import type { Ladder } from '../ladder.ts'
import { isSuspending, type Run } from './run.ts'

/** A quality that says the sensor is ill; over with the next good value, not with silence. */
export class SensorFaultRun implements Run {
  readonly ladder: Ladder
  readonly #qualities: ReadonlySet<number>
  #isIdle = false

  constructor(ladder: Ladder, qualities: readonly number[]) {
    this.ladder = ladder
    this.#qualities = new Set(qualities)
  }

  good(t: number, _value: number, quality: number): void {
    if (this.#isIdle || quality === Q.manual) return
    this.ladder.offer(t, 0)
    this.#isIdle = this.ladder.isIdle
  }

  bad(t: number, _value: number, quality: number): void {
    this.#isIdle = false
    if (this.#qualities.has(quality)) this.ladder.offer(t, 1)
    else if (isSuspending(quality)) this.ladder.suspend(t)
    else this.ladder.unknown(t, quality)
  }

  due(nowMs: number): void {
    this.ladder.due(nowMs)
  }

  save(): undefined {
    return undefined
  }

  restore(): void {
    this.#isIdle = false
  }
}
