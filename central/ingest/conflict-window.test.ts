import { expect, test } from 'vitest'
import { ConflictWindow } from './conflict-window.ts'

const T = 1_767_225_600_000

test('tells new, same and contradicting samples apart', () => {
  const window = new ConflictWindow(64)
  expect(window.check(1, T, 5, 0)).toBe('new')
  expect(window.check(1, T, 5, 0)).toBe('same')
  expect(window.check(1, T, 6, 0)).toBe('conflict')
  expect(window.check(1, T, 5, 3)).toBe('conflict')
  expect(window.check(1, T, 5, 0)).toBe('same')
})

test('no value is the same as no value', () => {
  const window = new ConflictWindow(64)
  window.check(1, T, Number.NaN, 2)
  expect(window.check(1, T, Number.NaN, 2)).toBe('same')
})

test('other points and other times are other samples', () => {
  const window = new ConflictWindow(1 << 12)
  const verdicts = [window.check(1, T, 1, 0), window.check(2, T, 2, 0), window.check(1, T + 1, 3, 0)]
  expect(verdicts).toEqual(['new', 'new', 'new'])
})

test('a sample that was pushed out is forgotten, never mistaken for another', () => {
  const window = new ConflictWindow(2)
  for (let i = 0; i < 1_000; i++) expect(window.check(i + 1, T + i, i, 0)).toBe('new')
})

test('remembers most of the recent samples of many points at a common period', () => {
  const window = new ConflictWindow(1 << 16)
  for (let k = 0; k < 5; k++) for (let point = 1; point <= 2_000; point++) window.check(point, T + k * 1_000, point, 0)
  let remembered = 0
  for (let k = 0; k < 5; k++) for (let point = 1; point <= 2_000; point++) if (window.check(point, T + k * 1_000, -1, 0) === 'conflict') remembered++
  // Each question about a forgotten sample pushes out another, so even an even spread gives about 8,600.
  expect(remembered).toBeGreaterThan(8_300)
})
