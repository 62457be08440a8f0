/* Changes to bytes and texts that damage, wear and malice make. Every random decision comes from the dice. */
import type { Dice } from '../dice.ts'

const INTERESTING_BYTES = [0x00, 0x01, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x0a, 0x12, 0x38, 0x69] as const

type ByteMutator = (bytes: Uint8Array, dice: Dice) => Uint8Array

const BYTE_MUTATORS: readonly ByteMutator[] = [
  (bytes, dice) =>
    edited(bytes, (copy) => {
      const at = dice.between(0, copy.length - 1)
      copy[at] = (copy[at] as number) ^ (1 << dice.between(0, 7))
    }),
  (bytes, dice) =>
    edited(bytes, (copy) => {
      copy[dice.between(0, copy.length - 1)] = dice.between(0, 255)
    }),
  (bytes, dice) =>
    edited(bytes, (copy) => {
      copy[dice.between(0, copy.length - 1)] = pick(dice, INTERESTING_BYTES)
    }),
  (bytes, dice) => bytes.subarray(0, dice.between(0, bytes.length)),
  (bytes, dice) => spliced(bytes, dice.between(0, bytes.length), dice.between(1, 9), new Uint8Array(0)),
  (bytes, dice) => spliced(bytes, dice.between(0, bytes.length), 0, randomBytes(dice, dice.between(1, 9))),
  (bytes, dice) => spliced(bytes, dice.between(0, bytes.length), 0, someSlice(bytes, dice)),
  (bytes, dice) => spliced(bytes, dice.between(0, bytes.length), dice.between(0, 12), someSlice(bytes, dice)),
]

/** The bytes with one to `most` changes. */
export function mutateBytes(bytes: Uint8Array, dice: Dice, most = 4): Uint8Array {
  let mutant = bytes
  for (let left = dice.between(1, most); left > 0; left--) {
    if (mutant.length === 0) return mutant
    mutant = pick(dice, BYTE_MUTATORS)(mutant, dice)
  }
  return mutant
}

/** The bytes with one to `most` changes that keep their number. */
export function mutateInPlace(bytes: Uint8Array, dice: Dice, most = 4): Uint8Array {
  let mutant = bytes
  for (let left = dice.between(1, most); left > 0 && mutant.length > 0; left--) mutant = pick(dice, BYTE_MUTATORS.slice(0, 3))(mutant, dice)
  return mutant
}

/** One of a list. */
export function pick<T>(dice: Dice, list: readonly T[]): T {
  return list[dice.between(0, list.length - 1)] as T
}

/** True so often out of a hundred times. */
export function chance(dice: Dice, percent: number): boolean {
  return dice.next() * 100 < percent
}

/** Bytes of no meaning. */
export function randomBytes(dice: Dice, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => dice.between(0, 255))
}

/** An integer of up to 64 bits, small ones, powers of two and their neighbours being frequent. */
export function randomInteger(dice: Dice): bigint {
  if (chance(dice, 50)) return BigInt(dice.between(0, 300))
  const power = 1n << BigInt(dice.between(0, 64))
  return BigInt.asUintN(64, power + BigInt(dice.between(-2, 2)))
}

/** A double of any bits, plain numbers being frequent. */
export function randomDouble(dice: Dice): number {
  if (chance(dice, 60)) return Math.round((dice.next() - 0.5) * 200_000) / 100
  const bytes = Buffer.from(randomBytes(dice, 8))
  return pick(dice, [bytes.readDoubleLE(0), bytes.readFloatLE(0), Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324, 2 ** 53])
}

/** Bytes `removed` at `at` replaced by others. */
export function spliced(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(Math.min(bytes.length, at + removed))])
}

function edited(bytes: Uint8Array, edit: (copy: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(bytes)
  edit(copy)
  return copy
}

function someSlice(bytes: Uint8Array, dice: Dice): Uint8Array {
  const from = dice.between(0, bytes.length)
  return bytes.slice(from, from + dice.between(1, 24))
}
