import type { Ladder } from '../ladder.ts'
import { isSuspending, type Run } from './run.ts'

/** What a rain point reports: the gauge's running total, or the rain since the sample before. */
export type RainInput = 'counter' | 'interval'

// Sums are kept in millionths of a millimetre: whole numbers, so that adding and taking away leaves exactly nothing.
const UNITS_PER_MM = 1e6

/** Rain within a rolling window, mm. A total that falls has been reset and counts from 0. */
export class RainRun implements Run {
  readonly ladder: Ladder
  readonly #windowMs: number
  readonly #input: RainInput
  #total: number | undefined
  #sum = 0
  #times: number[] = []
  #amounts: number[] = []
  #head = 0

  constructor(ladder: Ladder, windowMs: number, input: RainInput) {
    this.ladder = ladder
    this.#windowMs = windowMs
    this.#input = input
  }

  good(t: number, value: number): void {
    const amount = Math.round(this.#fallen(value) * UNITS_PER_MM)
    if (amount > 0) {
      this.#times.push(t)
      this.#amounts.push(amount)
      this.#sum += amount
    }
    while (this.#head < this.#times.length && (this.#times[this.#head] as number) <= t - this.#windowMs) this.#sum -= this.#amounts[this.#head++] as number
    if (this.#head > 64 && this.#head * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#head)
      this.#amounts = this.#amounts.slice(this.#head)
      this.#head = 0
    }
    this.ladder.offer(t, this.#sum / UNITS_PER_MM)
  }

  bad(t: number, _value: number, quality: number): void {
    if (isSuspending(quality)) this.ladder.suspend(t)
    else this.ladder.unknown(t, quality)
  }

  due(nowMs: number): void {
    this.ladder.due(nowMs)
  }

  save(): unknown {
    return { total: this.#total ?? null, times: this.#times.slice(this.#head), amounts: this.#amounts.slice(this.#head) }
  }

  restore(saved: unknown): void {
    const { total, times, amounts } = saved as { total: number | null; times: number[]; amounts: number[] }
    this.#total = total ?? undefined
    this.#times = [...times]
    this.#amounts = [...amounts]
    this.#head = 0
    this.#sum = amounts.reduce((a, b) => a + b, 0)
  }

  #fallen(value: number): number {
    if (this.#input === 'interval') return value
    const before = this.#total
    this.#total = value
    if (before === undefined) return 0
    return value >= before ? value - before : value
  }
}
