// The receiver's results on a real socket: blocks as the profile reads them, and a lost fix.
import { afterEach, expect, test } from 'vitest'
import { patternTimeOf } from '../simulation/pattern.ts'
import { RegisterReader } from '../simulation/register-reader.ts'
import { resultAt } from './model.ts'
import { demoPoints, type GnssOptions, type GnssSimulator, startGnss } from './simulator.ts'

const START_MS = Date.UTC(2026, 6, 4)
const NOW_MS = START_MS + 40 * 3_600_000
const clock = { nowMs: () => NOW_MS, monotonicMs: () => 0 }
const points = demoPoints(START_MS)
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(more: GnssOptions = {}): Promise<{ simulator: GnssSimulator; reader: RegisterReader }> {
  const simulator = await startGnss({ clock, points, ...more })
  const reader = await RegisterReader.connect(simulator.port)
  closing.push(simulator.close, async () => reader.close())
  return { simulator, reader }
}

test('a block carries displacement, sigmas and solution type of its point', async () => {
  const { reader } = await start()
  const point = points[2] ?? expect.unreachable()
  const { north, east, height, sigmaH, sigmaV, solution } = resultAt(point, { seed: 1, slot: 3, timeMs: NOW_MS })
  for (const [offset, value] of [north, east, height, sigmaH, sigmaV].entries()) expect(await reader.float(24 + 2 * offset)).toBeCloseTo(value, 2)
  expect(await reader.word(34)).toBe(solution)
})

test('a receiver that loses its fix says so in type and sigma', async () => {
  const { simulator, reader } = await start()
  simulator.instrumentFaults.begin('float-solution', 2)
  expect([await reader.word(22), await reader.float(18), await reader.float(20)]).toEqual([2, 25, 45])
})

test('pattern values say register and time, and every solution is a fix', async () => {
  const { simulator, reader } = await start({ mode: 'pattern' })
  const pointIndex = simulator.registers.findIndex(({ address }) => address === 14)
  expect(patternTimeOf(await reader.float(14), NOW_MS)).toEqual({ pointIndex, timeMs: NOW_MS })
  expect(await reader.word(22)).toBe(1)
})

test('a block beyond the last point is refused', async () => {
  const { reader } = await start()
  expect(await reader.read(48, 1)).toBe(2)
})
