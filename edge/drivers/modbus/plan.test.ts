import type { ModbusSource } from '@orewatch/firmware-adapters'
import { expect, test } from 'vitest'
import { makePlan, type PlannedPoint, type PlanLimits, valueSpan } from './plan.ts'

const float = (address: number): ModbusSource => ({ area: 'holding', address, type: 'float32' })

function limits(maxCount: number, barriers: readonly number[] = []): PlanLimits {
  return { limitsOf: () => ({ maxCount, maxHole: 8 }), barriersOf: () => barriers.map((start) => ({ start, count: 2 })) }
}

/** Float values one behind the other; those of each group say something together. */
function pointsOf(count: number, groups: readonly (readonly number[])[] = []): PlannedPoint[] {
  return Array.from({ length: count }, (_, index) => {
    const beside = groups.filter((group) => group.includes(index)).flatMap((group) => group.filter((other) => other !== index).map((other) => valueSpan(float(2 * other))))
    return { index, source: float(2 * index), ...(beside.length > 0 && { beside }) }
  })
}

const readsOf = (points: readonly PlannedPoint[], device: PlanLimits): number[][] => makePlan(points, device).reads.map(({ whole }) => whole.map(({ index }) => index))

test('values that say nothing together are cut where the request is full', () =>
  expect(readsOf(pointsOf(6), limits(8))).toEqual([
    [0, 1, 2, 3],
    [4, 5],
  ]))

test('values that say something together are read in one request', () =>
  expect(readsOf(pointsOf(6, [[3, 4]]), limits(8))).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ]))

test('what does not fit into one request is read in two', () =>
  expect(
    readsOf(pointsOf(6, [[0, 5]]), limits(8))
      .flat()
      .toSorted((a, b) => a - b),
  ).toEqual([0, 1, 2, 3, 4, 5]))

test('a companion that the device refuses does not keep the others from being read', () => {
  const points = pointsOf(4, [[1, 2]]).filter(({ index }) => index !== 2)
  expect(readsOf(points, limits(8, [4]))).toEqual([[0, 1], [3]])
})
