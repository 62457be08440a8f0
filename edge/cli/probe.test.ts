// The command as a user starts it: a process of its own, against a simulated device.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBank, type ModbusServer, startModbusServer, writeFloat32 } from '@orewatch/firmware-adapters/simulation'
import { afterEach, beforeEach, expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, 'main.ts')
let folder: string
let server: ModbusServer
let onRead: () => void = () => {}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orewatch-probe-'))
  onRead = () => {}
  const bank = makeBank({ holding: 640 })
  for (let slot = 0; slot < 8; slot++) writeFloat32(bank.holding, 10 * slot + 2, 20.6, 'CDAB')
  server = await startModbusServer({ units: new Map([[1, { ...bank, maxRegistersPerRead: 40, refresh: () => onRead() }]]), maxTogether: 1 })
})

afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function configOf(line = `modbus: { host: 127.0.0.1, port: ${server.port}, timeoutMs: 500 }`): Promise<string> {
  const file = join(folder, 'gateway.yaml')
  await writeFile(
    file,
    `gateway: { group: "990121", node: gw-try, subject: "990121100001" }
dataDirectory: data
uplink: { url: "mqtt://127.0.0.1:1883" }
lines: [{ id: gas, ${line} }]
devices:
  - { id: gas-1, line: gas, unit: 1, profile: gas-substation, points: [{ slot: 1, sensorType: "0105" }, { slot: 2, sensorType: "0101" }] }
`,
  )
  return file
}

async function run(args: readonly string[], onStart: (kill: (signal: NodeJS.Signals) => void) => void = () => {}): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  onStart((signal) => child.kill(signal))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

test('prints what was measured and a proposal that can be copied', async () => {
  const { code, out } = await run(['probe', 'gas-1', '--config', await configOf()])
  expect(out).toContain('40 registers from holding 2: the device refuses longer ones')
  expect(out).toContain('served (8 registers)')
  expect(out).toContain('CDAB, by 2 points (configured: ABCD)')
  expect(out).toContain('not all of 4 answered: one at a time')
  expect(out).toContain('quirks: # in the profile\n  maxRegistersPerRead: 40\n  minGapMs: 0\n  maxInFlight: 1\noptions: # at the device in gateway.yaml\n  wordOrder: CDAB\n')
  expect(code).toBe(0)
  expect(server.stats.writes).toBe(0)
})

test('Ctrl-C ends it with what it has, and nothing is left unanswered', async () => {
  const file = await configOf()
  const { code, out } = await run(['probe', 'gas-1', '--json', '--config', file], (kill) => {
    let reads = 0
    onRead = () => {
      if (++reads === 9) kill('SIGINT')
    }
  })
  expect(JSON.parse(out)).toMatchObject({ device: 'gas-1', stopped: 'cancelled', findings: { gap: { pauseMs: 0 } }, proposal: { quirks: { minGapMs: 0 } } })
  expect(code).toBe(130)
  expect(server.stats.requests).toBe(server.stats.answers)
})

test('a device that does not answer is one line with what to look at', async () => {
  server.faults.inject({ fault: { kind: 'silence' } })
  const { code, out, err } = await run(['probe', 'gas-1', '--config', await configOf()])
  expect(err).toContain('The device does not answer within the time limit')
  expect([code, out]).toEqual([1, ''])
})

test('a serial line without its port is refused with file and line', async () => {
  const { code, err } = await run(['check', '--config', await configOf('modbus: { transport: rtu, host: 127.0.0.1 }')])
  expect(err).toContain('gateway.yaml:4: transport rtu needs serial: { path: /dev/ttyUSB0 }')
  expect(err).toContain('transport rtu is a serial port and has no host')
  expect(code).toBe(1)
})
