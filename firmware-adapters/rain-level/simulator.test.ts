// The station on a real socket: registers as the profile reads them, and the faults of its instruments.
import { afterEach, expect, test } from 'vitest'
import { patternTimeOf } from '../simulation/pattern.ts'
import { RegisterReader } from '../simulation/register-reader.ts'
import { makeStorm, rainfallAt, weatherAt } from '../simulation/storm.ts'
import { ditchLevelAt } from './model.ts'
import { type RainLevel, type RainLevelOptions, startRainLevel } from './simulator.ts'

const START_MS = Date.UTC(2026, 6, 3)
const HOUR_MS = 3_600_000
const storm = makeStorm({ startMs: START_MS })
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(more: RainLevelOptions = {}): Promise<{ station: RainLevel; reader: RegisterReader; clock: { ms: number } }> {
  const clock = { ms: START_MS + 30 * HOUR_MS }
  const station = await startRainLevel({ clock: { nowMs: () => clock.ms, monotonicMs: () => clock.ms }, storm, ...more })
  const reader = await RegisterReader.connect(station.port)
  closing.push(station.close, async () => reader.close())
  return { station, reader, clock }
}

async function tips(reader: RegisterReader): Promise<number> {
  const bytes = await reader.read(0, 2)
  return typeof bytes === 'number' ? Number.NaN : bytes.readUInt32BE(0)
}

test('the counter gains a tip for every 0.2 mm', async () => {
  const { reader, clock } = await start()
  const before = await tips(reader)
  const fromMs = clock.ms
  clock.ms += 12 * HOUR_MS
  const mm = rainfallAt(storm, clock.ms) - rainfallAt(storm, fromMs)
  expect(Math.abs((await tips(reader)) - before - mm / 0.2)).toBeLessThanOrEqual(1)
})

test('the counter of a blocked gauge stands still in the rain, and goes on where the bucket is', async () => {
  const { station, reader, clock } = await start()
  const before = await tips(reader)
  station.instrumentFaults.begin('blocked-gauge', 1)
  clock.ms += 12 * HOUR_MS
  expect(await tips(reader)).toBe(before)
  station.instrumentFaults.end('blocked-gauge', 1)
  expect(await tips(reader)).toBeGreaterThan(before)
})

test('the level stands in its loop as current, and a cut loop is 3.5 mA', async () => {
  const { station, reader, clock } = await start()
  expect((((await reader.word(10)) / 1000 - 4) / 16) * 5).toBeCloseTo(ditchLevelAt(storm, clock.ms), 2)
  station.instrumentFaults.begin('open-loop', 1)
  expect(await reader.word(10)).toBe(3500)
})

test('the weather is that of the storm', async () => {
  const { reader, clock } = await start()
  const { windMps, windDeg, airC, airHpa } = weatherAt(storm, clock.ms)
  for (const [address, value] of [
    [40, windMps],
    [42, windDeg],
    [44, airC],
    [46, airHpa],
  ] as const)
    expect(await reader.float(address)).toBeCloseTo(value, 2)
})

test('a pattern value says its register and its time', async () => {
  const { station, reader, clock } = await start({ mode: 'pattern' })
  const pointIndex = station.registers.findIndex(({ address }) => address === 44)
  expect(patternTimeOf(await reader.float(44), clock.ms)).toEqual({ pointIndex, timeMs: clock.ms })
})

test('an address beyond the map is refused', async () => {
  const { reader } = await start()
  expect(await reader.read(48, 1)).toBe(2)
})
