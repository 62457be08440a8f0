import type { Clock } from '@orewatch/core'
import { simulationErrors } from './errors.ts'

/** Faults of single instruments behind one device, by kind and slot. */
export class InstrumentFaults<K extends string> {
  readonly #clock: Clock
  readonly #slots: Readonly<Record<K, number>>
  readonly #untilMs = new Map<string, number>()

  /** `slots` says how many slots each kind of fault can be in. */
  constructor(clock: Clock, slots: Readonly<Record<K, number>>) {
    this.#clock = clock
    this.#slots = slots
  }

  /** Begins a fault, for a time in ms or until it is ended; a slot that is not there is refused. */
  begin(kind: K, slot: number, durationMs = Number.POSITIVE_INFINITY): void {
    const slots = this.#slots[kind]
    if (!Number.isInteger(slot) || slot < 1 || slot > slots) throw simulationErrors.BAD_FAULT({ fault: kind, slot, rightWouldBe: `a slot from 1 to ${slots}` })
    this.#untilMs.set(`${kind}:${slot}`, this.#clock.monotonicMs() + durationMs)
  }

  /** Ends a fault. */
  end(kind: K, slot: number): void {
    this.#untilMs.delete(`${kind}:${slot}`)
  }

  /** Whether a fault holds now. */
  has(kind: K, slot: number): boolean {
    return (this.#untilMs.get(`${kind}:${slot}`) ?? Number.NEGATIVE_INFINITY) > this.#clock.monotonicMs()
  }
}
