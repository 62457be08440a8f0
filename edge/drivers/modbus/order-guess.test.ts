import type { WordOrder } from '@orewatch/firmware-adapters'
import { expect, test } from 'vitest'
import { guessOrder, type OrderEvidence, WORD_ORDERS } from './order-guess.ts'

const inRange = (raw: number): boolean => raw === 0 || (raw >= 0.001 && raw <= 500)

function float32(hex: string, isPlausible = inRange): OrderEvidence {
  return { type: 'float32', registers: Buffer.from(hex.replaceAll(' ', ''), 'hex'), isPlausible }
}

// 24.5 of table E.1.1 in the four orders.
test.each<[WordOrder, string]>([
  ['ABCD', '41c4 0000'],
  ['CDAB', '0000 41c4'],
  ['BADC', 'c441 0000'],
  ['DCBA', '0000 c441'],
])('24.5 in order %s gives that order', (order, hex) => expect(guessOrder([float32(hex)]).order).toBe(order))

test('zeros are right in any order: undecided, without a point that tells', () => expect(guessOrder([float32('0000 0000')])).toEqual({ order: undefined, candidates: WORD_ORDERS, points: 0 }))
test('a fault code that is plausible in no order is no evidence', () => expect(guessOrder([float32('c479 c000'), float32('0000 41c4')])).toMatchObject({ order: 'CDAB', points: 1 }))
test('a value that two orders explain is undecided', () => {
  // 4141 4242: the bytes of a word are equal, so swapping them changes nothing.
  expect(guessOrder([float32('4141 4242')])).toMatchObject({ order: undefined })
})
test('two points of different orders are undecided, and both are named', () => {
  expect(guessOrder([float32('41c4 0000'), float32('0000 41c4')])).toEqual({ order: undefined, candidates: ['ABCD', 'CDAB'], points: 2 })
})
test('a point that one order explains decides between two that another leaves open', () => {
  expect(guessOrder([float32('4141 4242'), float32('41c4 0000')]).order).toBe('ABCD')
})
