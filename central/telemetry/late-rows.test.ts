import { columnsOf, type Sample } from '@orewatch/core'
import { expect, test } from 'vitest'
import { FATE, LateRows } from './late-rows.ts'

const { store, duplicate, conflict } = FATE

function check(late: [number, number, number, number?][], stored: [number, number, number?][], fresh: [number, number, number][], expected: number[]): void {
  const rows = new LateRows(columnsOf(late.map((row) => sampleOf(row))))
  for (const [row, value, quality = 0] of stored) rows.meetStored(row, value, quality)
  rows.meetFresh(columnsOf(fresh.map((row) => sampleOf(row))))
  expect([...rows.fates()]).toEqual(expected)
}

const sampleOf = ([key, timeMs, value, quality = 0]: readonly [number, number, number, number?]): Sample => ({ key, timeMs, value, quality, reason: 0, flags: 0, gatewayDeltaMs: 0 })

test('nothing late has no fate', () => check([], [], [], []))
test('a row that meets nothing is stored', () => check([[1, 5, 7]], [], [], [store]))
test('a row like the stored one is a duplicate', () => check([[1, 5, 7]], [[0, 7]], [], [duplicate]))
test('no value is like no value', () => check([[1, 5, Number.NaN, 2]], [[0, Number.NaN, 2]], [], [duplicate]))
test('another value than the stored one is a conflict', () => check([[1, 5, 8]], [[0, 7]], [], [conflict]))
test('another quality than the stored one is a conflict', () => check([[1, 5, 7, 8]], [[0, 7]], [], [conflict]))
test('zero of either sign is the same value', () => check([[1, 5, -0]], [[0, 0]], [], [duplicate]))
test('rows are compared with fresh rows of the same commit', () =>
  check(
    [
      [1, 5, 7],
      [1, 6, 7],
    ],
    [],
    [
      [1, 5, 7],
      [1, 6, 9],
      [2, 5, 1],
    ],
    [duplicate, conflict],
  ))
test('among late rows the first is kept', () =>
  check(
    [
      [1, 5, 7],
      [1, 5, 7],
      [1, 5, 8],
      [1, 6, 8],
    ],
    [],
    [],
    [store, duplicate, conflict, store],
  ))
test('later rows are compared with the stored one, not with the first late one', () =>
  check(
    [
      [1, 5, 8],
      [1, 5, 7],
      [1, 5, 8],
    ],
    [[0, 7]],
    [],
    [conflict, duplicate, conflict],
  ))
test('the same time of another point is another sample', () =>
  check(
    [
      [1, 5, 7],
      [2, 5, 7],
      [1, 5 + 2 ** 32, 7],
    ],
    [],
    [],
    [store, store, store],
  ))

test('one row of each point and time is looked up, however many there are', () => {
  const rows = new LateRows(columnsOf(Array.from({ length: 10_000 }, (_, i) => sampleOf([i % 100, i % 500, 1]))))
  expect(rows.distinctRows()).toHaveLength(500)
})
