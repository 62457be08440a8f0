import type { Clock } from '@orewatch/core'

/** How a simulated Modbus device misbehaves. */
export type ModbusFault =
  /** Answers rightly, `delayMs` too late. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** Answers with a transaction id that nobody asked with (TCP only; RTU has none and answers rightly). */
  | { readonly kind: 'wrong-transaction' }
  /** A complete answer to somebody else's request comes first, then the right one (TCP; on RTU an answer of another unit comes first). */
  | { readonly kind: 'foreign-transaction' }
  /** Transaction-id slip: every answer is held back until the next request comes, and goes out before it is answered. */
  | { readonly kind: 'slip' }
  /** Answers with another unit's identifier. */
  | { readonly kind: 'wrong-unit' }
  /** Answers with an exception code, 1–6, 10 or 11. */
  | { readonly kind: 'exception'; readonly code: number }
  /** Sends the first half of the answer, then nothing. */
  | { readonly kind: 'half-frame' }
  /** RTU: one bit of the CRC is wrong. TCP has no CRC: the length field of the header is wrong. */
  | { readonly kind: 'crc-error' }
  /** Does not answer; the connection stays open. */
  | { readonly kind: 'silence' }
  /** Sends the answer byte by byte. */
  | { readonly kind: 'drip'; readonly byteEveryMs: number }
  /** Resets the connection instead of answering. */
  | { readonly kind: 'reset' }

/** All kinds of fault, for the command line. */
export const MODBUS_FAULT_KINDS = [
  'late',
  'wrong-transaction',
  'foreign-transaction',
  'slip',
  'wrong-unit',
  'exception',
  'half-frame',
  'crc-error',
  'silence',
  'drip',
  'reset',
] as const satisfies readonly ModbusFault['kind'][]

/** A fault with its extent; without `requests` and `durationMs` it stays until it is removed. */
export interface FaultOrder {
  readonly fault: ModbusFault
  /** Unit identifier; every unit when absent. */
  readonly unit?: number
  /** How many requests it spoils. */
  readonly requests?: number
  /** For how long, ms of the simulator's monotonic clock. */
  readonly durationMs?: number
}

interface ActiveFault {
  readonly order: FaultOrder
  readonly untilMs: number
  remaining: number
}

/** The faults of one simulator; the one injected last wins. At most 256 are active at once. */
export class ModbusFaults {
  /** Requests that a fault has spoiled so far. */
  spoiled = 0
  readonly #clock: Clock
  #active: ActiveFault[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Starts a fault; the returned function ends it. */
  inject(order: FaultOrder): () => void {
    const active: ActiveFault = {
      order,
      untilMs: order.durationMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.monotonicMs() + order.durationMs,
      remaining: order.requests ?? Number.POSITIVE_INFINITY,
    }
    this.#active = [active, ...this.#active].slice(0, 256)
    return () => {
      this.#active = this.#active.filter((other) => other !== active)
    }
  }

  /** Ends all faults, or those of one unit. */
  clear(unit?: number): void {
    this.#active = unit === undefined ? [] : this.#active.filter(({ order }) => order.unit !== unit)
  }

  /** The fault that spoils the next request to a unit, and counts it. */
  take(unit: number): ModbusFault | undefined {
    if (this.#active.length === 0) return undefined
    const nowMs = this.#clock.monotonicMs()
    this.#active = this.#active.filter(({ untilMs, remaining }) => untilMs > nowMs && remaining > 0)
    const active = this.#active.find(({ order }) => order.unit === undefined || order.unit === unit)
    if (active === undefined) return undefined
    active.remaining--
    this.spoiled++
    return active.order.fault
  }
}
