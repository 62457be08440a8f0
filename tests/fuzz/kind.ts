/*
 * What every kind of fuzzed input gives to the harness: how a case is made from dice, and how it is judged. A case is
 * made of its number and the seed alone, so that any one of them can be repeated by itself.
 */
import type { Dice } from '../dice.ts'

/** One mutated input. */
export interface FuzzCase {
  readonly bytes: Uint8Array
  /** Whether the checksum is right; absent where the format has none. */
  readonly isChecksumRight?: boolean
}

/** What became of a case. A crash is whatever a judge throws. */
export type Verdict =
  /** Taken, and the independent decoder says the same; `rules` are the named differences that had to be applied. */
  { readonly kind: 'accepted'; readonly rules?: readonly string[] } | { readonly kind: 'refused'; readonly rules?: readonly string[] } | { readonly kind: 'wrong'; readonly why: string }

/** Something that only the other process can say. */
export interface Question {
  readonly ask: object
  judge(answer: unknown): Verdict
}

/** A decoder in another process. */
export interface Peer {
  ask(questions: readonly object[]): Promise<readonly unknown[]>
  close(): Promise<void>
}

/** One kind of input. */
export interface FuzzKind<C extends FuzzCase = FuzzCase> {
  readonly name: string
  /** How many of a hundred cases are of this kind. */
  readonly weight: number
  make(dice: Dice): C
  judge(fuzzed: C): Verdict | Question
}

/** Binds the type of the cases, so that kinds of different cases fit one list. */
export function fuzzKind<C extends FuzzCase>(kind: FuzzKind<C>): FuzzKind {
  return { ...kind, judge: (fuzzed) => kind.judge(fuzzed as C) }
}

/** A verdict that something is wrong unless two values are the same, NaN being NaN and −0 not being 0. */
export function difference(what: string, ours: unknown, theirs: unknown): string | undefined {
  if (Object.is(ours, theirs)) return undefined
  if (ours instanceof Uint8Array && theirs instanceof Uint8Array && Buffer.compare(ours, theirs) === 0) return undefined
  return `${what}: ours ${show(ours)}, theirs ${show(theirs)}`
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  return JSON.stringify(value) ?? 'undefined'
}
