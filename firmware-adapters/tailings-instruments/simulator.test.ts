// The logger on a real socket: registers as the profile reads them, and the faults of its instruments.
import { afterEach, expect, test } from 'vitest'
import { simulationErrors } from '../simulation/errors.ts'
import { patternTimeOf } from '../simulation/pattern.ts'
import { RawClient } from '../simulation/raw-client.ts'
import { makeStorm } from '../simulation/storm.ts'
import { DEMO_PIEZOMETERS, pondLevelAt, wireFrequencyAt } from './model.ts'
import { startTailingsInstruments, type TailingsInstruments } from './simulator.ts'

const START_MS = Date.UTC(2026, 6, 3)
const NOW_MS = START_MS + 36 * 3_600_000
const clock = { nowMs: () => NOW_MS, monotonicMs: () => 0 }
const storm = makeStorm({ startMs: START_MS })
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(more: Parameters<typeof startTailingsInstruments>[0] = {}): Promise<{ simulator: TailingsInstruments; read: (address: number, count: number) => Promise<Buffer> }> {
  const simulator = await startTailingsInstruments({ clock, storm, ...more })
  const client = await RawClient.connect(simulator.port)
  closing.push(simulator.close, async () => client.close())
  const hex = (word: number): string => word.toString(16).padStart(4, '0')
  const read = async (address: number, count: number): Promise<Buffer> => {
    client.send(`000100000006 01 03 ${hex(address)} ${hex(count)}`)
    return Buffer.from(await client.receive(9 + 2 * count), 'hex').subarray(9)
  }
  return { simulator, read }
}

test('a piezometer shows frequency and temperature of the model', async () => {
  const { read } = await start()
  const block = await read(4, 4)
  expect(block.readFloatBE(0)).toBeCloseTo(wireFrequencyAt(storm, DEMO_PIEZOMETERS[1] as (typeof DEMO_PIEZOMETERS)[number], 2, NOW_MS), 2)
  expect(block.readInt16BE(4) / 10).toBeCloseTo(16.5, 0)
})

test('the pond level stands in its loop as current', async () => {
  const { read } = await start()
  const microamps = (await read(200, 1)).readUInt16BE(0)
  expect(340 + ((microamps / 1000 - 4) / 16) * 20).toBeCloseTo(pondLevelAt(storm, NOW_MS), 2)
})

test('a broken wire is 0 Hz, a cut loop 3.5 mA, and both heal', async () => {
  const { simulator, read } = await start()
  simulator.instrumentFaults.begin('broken-wire', 1)
  simulator.instrumentFaults.begin('open-loop', 2)
  expect([(await read(0, 2)).readFloatBE(0), (await read(201, 1)).readUInt16BE(0)]).toEqual([0, 3500])
  simulator.instrumentFaults.end('broken-wire', 1)
  expect((await read(0, 2)).readFloatBE(0)).toBeGreaterThan(2000)
})

test('a fault of an instrument that is not there is refused', async () => {
  const { simulator } = await start()
  expect(() => simulator.instrumentFaults.begin('broken-wire', 9)).toThrow(simulationErrors.BAD_FAULT().message)
})

test('a pattern value says its register and its time', async () => {
  const { simulator, read } = await start({ mode: 'pattern' })
  const index = simulator.registers.findIndex(({ address }) => address === 300)
  expect(patternTimeOf((await read(300, 2)).readFloatBE(0), NOW_MS)).toEqual({ pointIndex: index, timeMs: NOW_MS })
})

test('an address beyond the map is refused', async () => {
  const { simulator } = await start()
  const client = await RawClient.connect(simulator.port)
  closing.push(async () => client.close())
  client.send('000100000006 01 03 01a0 0001')
  expect((await client.receive(9)).slice(14)).toBe('8302')
})
