// The logger on a real socket: registers as the profile reads them, and the faults of its instruments.
import { afterEach, expect, test } from 'vitest'
import { simulationErrors } from '../simulation/errors.ts'
import { patternTimeOf } from '../simulation/pattern.ts'
import { RegisterReader } from '../simulation/register-reader.ts'
import { makeStorm } from '../simulation/storm.ts'
import { DEMO_PIEZOMETERS, pondLevelAt, wireFrequencyAt } from './model.ts'
import { startTailingsInstruments, type TailingsInstruments, type TailingsInstrumentsOptions } from './simulator.ts'

const START_MS = Date.UTC(2026, 6, 3)
const NOW_MS = START_MS + 36 * 3_600_000
const clock = { nowMs: () => NOW_MS, monotonicMs: () => 0 }
const storm = makeStorm({ startMs: START_MS })
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(more: TailingsInstrumentsOptions = {}): Promise<{ simulator: TailingsInstruments; reader: RegisterReader }> {
  const simulator = await startTailingsInstruments({ clock, storm, ...more })
  const reader = await RegisterReader.connect(simulator.port)
  closing.push(simulator.close, async () => reader.close())
  return { simulator, reader }
}

test('a piezometer shows frequency and temperature of the model', async () => {
  const { reader } = await start()
  expect(await reader.float(4)).toBeCloseTo(wireFrequencyAt(storm, DEMO_PIEZOMETERS[1] as (typeof DEMO_PIEZOMETERS)[number], 2, NOW_MS), 2)
  expect((await reader.word(6)) / 10).toBeCloseTo(16.5, 0)
})

test('the pond level stands in its loop as current', async () => {
  const { reader } = await start()
  expect(340 + (((await reader.word(200)) / 1000 - 4) / 16) * 20).toBeCloseTo(pondLevelAt(storm, NOW_MS), 2)
})

test('a broken wire is 0 Hz, a cut loop 3.5 mA, and both heal', async () => {
  const { simulator, reader } = await start()
  simulator.instrumentFaults.begin('broken-wire', 1)
  simulator.instrumentFaults.begin('open-loop', 2)
  expect([await reader.float(0), await reader.word(201)]).toEqual([0, 3500])
  simulator.instrumentFaults.end('broken-wire', 1)
  expect(await reader.float(0)).toBeGreaterThan(2000)
})

test('a fault of an instrument that is not there is refused', async () => {
  const { simulator } = await start()
  expect(() => simulator.instrumentFaults.begin('broken-wire', 9)).toThrow(simulationErrors.BAD_FAULT().message)
})

test('a pattern value says its register and its time', async () => {
  const { simulator, reader } = await start({ mode: 'pattern' })
  const pointIndex = simulator.registers.findIndex(({ address }) => address === 300)
  expect(patternTimeOf(await reader.float(300), NOW_MS)).toEqual({ pointIndex, timeMs: NOW_MS })
})

test('an address beyond the map is refused', async () => {
  const { reader } = await start()
  expect(await reader.read(416, 1)).toBe(2)
})
