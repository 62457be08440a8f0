import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RangeSet } from './range-set.ts'

const LIMIT = 60
const step = fc.record({ kind: fc.constantFrom('add', 'remove'), first: fc.integer({ min: 0, max: LIMIT }), count: fc.integer({ min: 0, max: 20 }) })

test('behaves like a plain set of integers under any adds and removes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: LIMIT }), fc.integer({ min: 0, max: LIMIT + 30 }), (steps, from, limit) => {
      const set = new RangeSet()
      const model = new Set<number>()
      for (const { kind, first, count } of steps) {
        if (kind === 'add') set.add(first, count)
        else set.remove(first, count)
        for (let i = first; i < first + count; i++) {
          if (kind === 'add') model.add(i)
          else model.delete(i)
        }
      }
      const members = set.ranges().flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))
      expect(members).toEqual([...model].toSorted((a, b) => a - b))
      expect(set.size).toBe(model.size)
      expect(set.end).toBe(model.size === 0 ? 0 : Math.max(...model) + 1)
      const missing = Array.from({ length: Math.max(0, limit - from) }, (_, i) => from + i).filter((i) => !model.has(i))
      expect(set.firstGap(from, limit)?.first).toBe(missing[0])
      expect(set.covers(from, Math.max(0, limit - from))).toBe(missing.length === 0)
    }),
    { numRuns: 500 },
  )
})

test('a gap ends where the next members begin', () => {
  const set = RangeSet.of([
    { first: 0, count: 5 },
    { first: 8, count: 2 },
  ])
  expect(set.firstGap(0, 100)).toEqual({ first: 5, count: 3 })
  expect(set.firstGap(6, 7)).toEqual({ first: 6, count: 1 })
  expect(set.firstGap(8, 10)).toBeUndefined()
})

test('touching ranges become one', () => {
  const set = RangeSet.of([
    { first: 10, count: 5 },
    { first: 0, count: 5 },
    { first: 5, count: 5 },
  ])
  expect(set.ranges()).toEqual([{ first: 0, count: 15 }])
})
