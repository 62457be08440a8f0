import type { RegisterType, WordOrder } from '@orewatch/firmware-adapters'
import { readRegisters } from './codec.ts'

/** Registers of a point as they came, and whether a raw value would be a plausible one of its class. */
export interface OrderEvidence {
  readonly type: RegisterType
  readonly registers: Buffer
  isPlausible(raw: number): boolean
}

/** Which byte orders are possible, and which is the right one where only one is. */
export interface OrderGuess {
  readonly order: WordOrder | undefined
  /** Orders that explain as many points as the best one does. */
  readonly candidates: readonly WordOrder[]
  /** Points that tell orders apart. */
  readonly points: number
}

/** The byte orders there are. */
export const WORD_ORDERS: readonly WordOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA']

/**
 * Guesses the byte order of values of several registers: the one under which every point that tells orders apart is
 * plausible, where it is the only one. A point that is plausible in all orders (0) or in none (a fault code) tells nothing.
 */
export function guessOrder(evidence: readonly OrderEvidence[]): OrderGuess {
  const verdicts = evidence.map(({ type, registers, isPlausible }) => WORD_ORDERS.map((order) => isPlausible(readRegisters(registers, 0, type, order))))
  const telling = verdicts.filter((verdict) => verdict.includes(true) && verdict.includes(false))
  const votes = WORD_ORDERS.map((_, i) => telling.filter((verdict) => verdict[i]).length)
  const most = Math.max(...votes)
  const candidates = WORD_ORDERS.filter((_, i) => votes[i] === most)
  const isDecided = telling.length > 0 && candidates.length === 1 && most === telling.length
  return { order: isDecided ? candidates[0] : undefined, candidates, points: telling.length }
}
