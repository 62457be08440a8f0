import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bundle, planReads, type ReadLimits, readHolding, type Span } from './planner.ts'

const DEFAULTS: ReadLimits = { maxCount: 125, maxHole: 8 }

function check(spans: [number, number][], expected: [number, number][], limits: Partial<ReadLimits> = {}, barriers: [number, number][] = []): void {
  const plan = planReads(
    spans.map(([start, count]) => ({ start, count })),
    { ...DEFAULTS, ...limits },
    barriers.map(([start, count]) => ({ start, count })),
  )
  expect(plan.map(({ start, count }) => [start, count])).toEqual(expected)
}

test('nothing to read is no request', () => check([], []))
test('neighbours share a request', () =>
  check(
    [
      [0, 2],
      [2, 2],
    ],
    [[0, 4]],
  ))
test('order of the configuration does not matter', () =>
  check(
    [
      [2, 2],
      [0, 2],
    ],
    [[0, 4]],
  ))
test('a short hole is read along', () =>
  check(
    [
      [0, 2],
      [10, 2],
    ],
    [[0, 12]],
  ))
test('a longer hole starts a new request', () =>
  check(
    [
      [0, 2],
      [11, 2],
    ],
    [
      [0, 2],
      [11, 2],
    ],
  ))
test('where holes are forbidden none is read', () =>
  check(
    [
      [0, 2],
      [3, 2],
    ],
    [
      [0, 2],
      [3, 2],
    ],
    { maxHole: 0 },
  ))
test('overlapping spans are read once', () =>
  check(
    [
      [0, 10],
      [4, 2],
    ],
    [[0, 10]],
  ))
test('a request never exceeds the limit and never splits a value', () =>
  check(
    [
      [0, 120],
      [120, 6],
    ],
    [
      [0, 120],
      [120, 6],
    ],
  ))
test('a value longer than the limit is a request of its own', () =>
  check(
    [
      [0, 4],
      [4, 1],
    ],
    [
      [0, 4],
      [4, 1],
    ],
    { maxCount: 2 },
  ))
test('a refused address is not read along', () =>
  check(
    [
      [0, 2],
      [4, 2],
    ],
    [
      [0, 2],
      [4, 2],
    ],
    {},
    [[2, 2]],
  ))
test('a refused address elsewhere does not matter', () =>
  check(
    [
      [0, 2],
      [4, 2],
    ],
    [[0, 6]],
    {},
    [[20, 2]],
  ))

test('pieces of a point are read together where that is allowed, otherwise apart', () => {
  expect(
    bundle(
      [
        { start: 2, count: 2 },
        { start: 1, count: 1 },
      ],
      DEFAULTS,
    ),
  ).toEqual([{ start: 1, count: 3 }])
  expect(
    bundle(
      [
        { start: 2, count: 2 },
        { start: 500, count: 1 },
      ],
      DEFAULTS,
    ),
  ).toHaveLength(2)
})

describe('for any points and limits', () => {
  const spans = fc.array(fc.record({ start: fc.integer({ min: 0, max: 300 }), count: fc.constantFrom(1, 2, 4) }), { minLength: 1, maxLength: 60 })
  const limits = fc.record({ maxCount: fc.integer({ min: 4, max: 125 }), maxHole: fc.integer({ min: 0, max: 20 }) })
  const barriers = fc.array(fc.record({ start: fc.integer({ min: 0, max: 300 }), count: fc.constantFrom(1, 2) }), { maxLength: 5 })

  test('every span is whole in a read and no read is longer than allowed', () => {
    fc.assert(
      fc.property(spans, limits, barriers, (wanted, allowed, refused) => {
        const plan = planReads(wanted, allowed, refused)
        for (const span of wanted) expect(readHolding(plan, span)).toBeGreaterThanOrEqual(0)
        for (const read of plan) expect(read.count).toBeLessThanOrEqual(allowed.maxCount)
      }),
    )
  })

  test('no hole is longer than allowed, and none holds a refused address', () => {
    fc.assert(
      fc.property(spans, limits, barriers, (wanted, allowed, refused) => {
        for (const hole of planReads(wanted, allowed, refused).flatMap((read) => holesOf(read, wanted))) {
          expect(hole.count).toBeLessThanOrEqual(allowed.maxHole)
          expect(refused.some((barrier) => barrier.start < hole.start + hole.count && barrier.start + barrier.count > hole.start)).toBe(false)
        }
      }),
    )
  })

  test('there are no fewer reads that would do', () => {
    fc.assert(
      fc.property(spans, limits, (wanted, allowed) => {
        expect(planReads(wanted, allowed).length).toBe(fewest(wanted, allowed))
      }),
    )
  })
})

function holesOf(read: Span, wanted: readonly Span[]): Span[] {
  const isWanted = (address: number): boolean => wanted.some((span) => span.start <= address && address < span.start + span.count)
  const holes: { start: number; count: number }[] = []
  for (let address = read.start; address < read.start + read.count; address++) {
    if (isWanted(address)) continue
    const last = holes.at(-1)
    if (last !== undefined && last.start + last.count === address) last.count++
    else holes.push({ start: address, count: 1 })
  }
  return holes
}

/** Tries all ways to cut the sorted spans into runs. */
function fewest(wanted: readonly Span[], { maxCount, maxHole }: ReadLimits): number {
  const sorted = wanted.toSorted((a, b) => a.start - b.start || b.count - a.count)
  const best = [0]
  for (let to = 1; to <= sorted.length; to++) {
    let least = Number.POSITIVE_INFINITY
    for (let from = to - 1; from >= 0; from--) {
      if (isOneRead(sorted.slice(from, to), maxCount, maxHole)) least = Math.min(least, (best[from] as number) + 1)
    }
    best[to] = least
  }
  return best[sorted.length] as number
}

function isOneRead(run: readonly Span[], maxCount: number, maxHole: number): boolean {
  const first = run[0] as Span
  let end = first.start + first.count
  for (const span of run.slice(1)) {
    if (span.start - end > maxHole) return false
    end = Math.max(end, span.start + span.count)
  }
  return end - first.start <= maxCount
}
