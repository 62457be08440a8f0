/* Where a probe asks: which reads of the configured points tell something about the device. Pure. */
import type { ModbusSource } from '@orewatch/firmware-adapters'
import type { DeviceSpec } from '../driver.ts'
import type { ReadShape } from './device.ts'
import { valueSpan } from './plan.ts'

/** A Modbus point of the device with the read of its value. */
export interface ProbedPoint {
  readonly index: number
  readonly source: ModbusSource
  readonly read: ReadShape
}

const MAX_STARTS = 3

/** The Modbus points of a device, by area and address. */
export function probedPoints(device: DeviceSpec): readonly ProbedPoint[] {
  return device.points
    .flatMap(({ source }, index): ProbedPoint[] => {
      if (source.kind !== 'modbus') return []
      const { start, count } = valueSpan(source.modbus)
      return [{ index, source: source.modbus, read: { area: source.modbus.area, address: start, count } }]
    })
    .toSorted((a, b) => a.read.area.localeCompare(b.read.area) || a.read.address - b.read.address)
}

/** Where to measure the longest read of a device: the beginnings of the longest runs of points without a hole, longest first. */
export function startsOf(points: readonly ProbedPoint[]): readonly ProbedPoint[] {
  const runs: { readonly first: ProbedPoint; end: number }[] = []
  for (const point of points) {
    const { area, address, count } = point.read
    const run = runs.at(-1)
    if (run !== undefined && run.first.read.area === area && address <= run.end) run.end = Math.max(run.end, address + count)
    else runs.push({ first: point, end: address + count })
  }
  return runs
    .toSorted((a, b) => b.end - b.first.read.address - (a.end - a.first.read.address))
    .slice(0, MAX_STARTS)
    .map(({ first }) => first)
}

/** Unused registers between two points, the read that spans them, and the reads of the points on its sides. */
export interface Hole {
  readonly hole: number
  readonly read: ReadShape
  readonly sides: readonly [ReadShape, ReadShape]
}

/** Holes between neighbouring points that one read can span, longest first. */
export function holesOf(points: readonly ProbedPoint[], longest: number): Hole[] {
  return points
    .flatMap((after, i): Hole[] => {
      const before = points[i - 1]
      if (before === undefined || before.read.area !== after.read.area) return []
      const hole = after.read.address - (before.read.address + before.read.count)
      const count = after.read.address + after.read.count - before.read.address
      return hole > 0 && count <= longest ? [{ hole, read: { ...before.read, count }, sides: [before.read, after.read] }] : []
    })
    .toSorted((a, b) => b.hole - a.hole)
}
