// The terminals on a real socket, decoded by the book: without the gateway's decoder and the simulator's encoder.
import { afterEach, expect, test } from 'vitest'
import { loadProfile } from '../load-profile.ts'
import { resolvePoints } from '../resolve.ts'
import { RawClient } from '../simulation/raw-client.ts'
import { consumedAt, loadAt, MINE_LOOPS, type PowerLoop } from './model.ts'
import { runSimulator, type SmartPower, type SmartPowerOptions, startSmartPower } from './simulator.ts'

const TIME_MS = Date.UTC(2026, 2, 5, 2, 0)
const closing: (() => Promise<void>)[] = []
let nowMs = TIME_MS
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }

afterEach(async () => {
  nowMs = TIME_MS
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(options: SmartPowerOptions = {}): Promise<{ simulator: SmartPower; client: RawClient }> {
  const simulator = await startSmartPower({ clock, ...options })
  closing.push(simulator.close)
  const client = await RawClient.connect(simulator.port)
  closing.push(async () => client.close())
  return { simulator, client }
}

async function readMap(client: RawClient, unit: number): Promise<Buffer> {
  client.send(`000100000006 ${unit.toString(16).padStart(2, '0')} 03 0000 001b`)
  return Buffer.from(await client.receive(9 + 54), 'hex').subarray(9)
}

test('every terminal shows voltage, power and energy of its loop behind its transformers', async () => {
  const { simulator, client } = await start()
  for (const { unit, loop, startKwh = 0 } of simulator.units) {
    const map = await readMap(client, unit)
    const ratio = loop.ctRatio * loop.ptRatio
    expect(Math.abs((map.readUInt16BE(0) / 10) * loop.ptRatio - loop.nominalV / Math.sqrt(3))).toBeLessThan(0.03 * loop.nominalV)
    expect((map.readInt32BE(18) / 10_000) * ratio).toBeCloseTo(loadAt(loop, TIME_MS), 0)
    const counted = (consumedAt(loop, TIME_MS) - consumedAt(loop, Date.UTC(2025, 11, 31, 16))) / ratio
    expect(Math.abs(map.readUInt32BE(36) / 100 - (startKwh + counted))).toBeLessThan(0.011)
    expect(map.readUInt16BE(52)).toBe(loadAt(loop, TIME_MS) > 0 ? 1 : 0)
  }
})

test('a phase that is lost shows no voltage, and the others do', async () => {
  const { simulator, client } = await start()
  simulator.breakLoop(2, 'phase-loss')
  const map = await readMap(client, 2)
  expect([map.readUInt16BE(0) > 500, map.readUInt16BE(2) > 500, map.readUInt16BE(4), map.readInt32BE(14)]).toEqual([true, true, 0, 0])
})

test('a terminal without power is silent and its mates answer', async () => {
  const { simulator, client } = await start()
  simulator.breakLoop(3, 'terminal-off', 60_000)
  client.send('000100000006 03 03 0000 001b')
  await readMap(client, 2)
  expect(simulator.stats.requests).toBe(2)
  nowMs += 60_000
  expect((await readMap(client, 3)).readUInt16BE(0)).toBeGreaterThan(500)
})

test('energy that goes backwards is 500 kWh less at the next read', async () => {
  const { simulator, client } = await start()
  const before = (await readMap(client, 5)).readUInt32BE(36)
  simulator.breakLoop(5, 'energy-back')
  expect(before - (await readMap(client, 5)).readUInt32BE(36)).toBe(50_000)
})

test('a roll-over is shown as 999 999.99 and then 0, never as a million', async () => {
  const office = MINE_LOOPS.at(-1) as PowerLoop
  const used = (consumedAt(office, TIME_MS) - consumedAt(office, Date.UTC(2025, 11, 31, 16))) / office.ctRatio
  const { client } = await start({ units: [{ unit: 1, loop: office, startKwh: 1_000_000 - used - 0.001 }] })
  expect((await readMap(client, 1)).readUInt32BE(36)).toBe(99_999_999)
  nowMs += 60_000
  expect((await readMap(client, 1)).readUInt32BE(36)).toBeLessThan(100)
})

test('the profile reads nothing that the map does not have', async () => {
  const { client } = await start()
  const ends = resolvePoints(loadProfile('smart-power')).map(({ source }) => (source.kind === 'modbus' ? source.modbus.address : 0))
  expect(Math.max(...ends)).toBe(26)
  client.send('000100000006 01 03 001b 0001')
  expect((await client.receive(9)).slice(14)).toBe('8302')
})

test('refuses to be written', async () => {
  const { client } = await start()
  client.send('000100000006 01 06 0000 0001')
  expect((await client.receive(9)).slice(14)).toBe('8601')
})

test('the command line takes faults of loops and of the line', async () => {
  const base = { host: '127.0.0.1', port: 0, seed: 1, framing: 'tcp', mode: 'model', pkiDir: undefined, usersFile: undefined, probesPort: undefined, events: [] } as const
  const running = await runSimulator({ ...base, faults: ['phase-loss:60@2', 'exception:4@1'] })
  closing.push(running.close)
  const client = await RawClient.connect(Number(new URL(running.address).port))
  closing.push(async () => client.close())
  expect((await readMap(client, 2)).readUInt16BE(4)).toBe(0)
  client.send('000100000006 01 03 0000 0001')
  expect((await client.receive(9)).slice(14)).toBe('8304')
  await expect(runSimulator({ ...base, faults: ['phase-lost'] })).rejects.toMatchObject({ code: 'SIM_CLI_BAD_FAULT' })
})
