import { Q } from '@orewatch/core'
import { type Expression, type Operands, truthOf } from '../expression.ts'
import type { Ladder } from '../ladder.ts'
import { factOf, type RulePoint } from '../point.ts'

/** A place for the newest value of one point in one role. */
interface Slot {
  readonly point: RulePoint
  readonly holdMs: number
  ms: number
  value: number
  isKnown: boolean
}

/** An expression over the newest values of several points; a value that is too old is not known any more. */
export class CombinationRun {
  readonly ladder: Ladder
  readonly #when: Expression
  readonly #roles = new Map<string, Slot[]>()
  readonly #slots: Slot[] = []
  // No known value grows too old before this.
  #expiryMs = Number.POSITIVE_INFINITY
  #newestMs = -1

  constructor(ladder: Ladder, when: Expression, roles: readonly string[]) {
    this.ladder = ladder
    this.#when = when
    for (const role of roles) this.#roles.set(role, [])
  }

  /** Adds a point to a role; gives the number by which its values are set. */
  join(role: string, point: RulePoint, holdMs: number): number {
    const slot: Slot = { point, holdMs, ms: -1, value: 0, isKnown: false }
    this.#roles.get(role)?.push(slot)
    return this.#slots.push(slot) - 1
  }

  /** The newest value of a point. */
  set(index: number, t: number, value: number): void {
    const slot = this.#slots[index] as Slot
    this.due(t)
    const isNews = !slot.isKnown || slot.value !== value
    slot.ms = t
    slot.value = value
    slot.isKnown = true
    this.#expiryMs = Math.min(this.#expiryMs, t + slot.holdMs)
    if (isNews) this.#judge(t)
  }

  /** The value of a point is not known from `t` on. */
  lose(index: number, t: number): void {
    const slot = this.#slots[index] as Slot
    this.due(t)
    if (!slot.isKnown) return
    slot.isKnown = false
    this.#judge(t)
  }

  /** Event time has passed `nowMs`: values that grew too old and delays that ended before it take effect. */
  due(nowMs: number): void {
    while (this.#expiryMs < nowMs) {
      let next = Number.POSITIVE_INFINITY
      let hasExpired = false
      const at = this.#expiryMs
      for (const slot of this.#slots) {
        if (!slot.isKnown) continue
        if (slot.ms + slot.holdMs <= at) {
          slot.isKnown = false
          hasExpired = true
        } else next = Math.min(next, slot.ms + slot.holdMs)
      }
      this.#expiryMs = next
      if (hasExpired) this.#judge(at)
    }
    this.ladder.due(nowMs)
  }

  save(): unknown {
    return { newestMs: this.#newestMs, slots: Object.fromEntries(this.#slots.map((s, i) => [`${i}:${s.point.code}`, [s.ms, s.value, s.isKnown ? 1 : 0]])) }
  }

  restore(saved: unknown): void {
    const { newestMs, slots } = saved as { newestMs: number; slots: Record<string, [number, number, number]> }
    this.#newestMs = newestMs
    this.#expiryMs = Number.POSITIVE_INFINITY
    for (const [i, slot] of this.#slots.entries()) {
      const known = slots[`${i}:${slot.point.code}`]
      if (known === undefined) continue
      ;[slot.ms, slot.value] = known
      slot.isKnown = known[2] === 1
      if (slot.isKnown) this.#expiryMs = Math.min(this.#expiryMs, slot.ms + slot.holdMs)
    }
  }

  #judge(t: number): void {
    const at = Math.max(t, this.#newestMs)
    this.#newestMs = at
    const truth = truthOf(this.#when, (role, fact) => this.#operands(role, fact))
    if (truth === undefined) this.ladder.unknown(at, Q.suspect)
    else this.ladder.offer(at, truth ? 1 : 0)
  }

  #operands(role: string, fact: string | undefined): Operands {
    const slots = this.#roles.get(role) ?? []
    const values = slots.flatMap((slot) => {
      if (!slot.isKnown) return []
      if (fact === undefined) return [slot.value]
      const limit = factOf(slot.point, fact)
      // Where the limit of a point is not known, neither is what its value means.
      return typeof limit === 'number' ? [slot.value - limit] : []
    })
    return { values, unknown: slots.length - values.length }
  }
}
