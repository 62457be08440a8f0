/* The gateway as a whole: a changed configuration touches what changed and nothing else. Real sockets, no broker. */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ModbusServer, startModbusSimulator } from '@orewatch/firmware-adapters/simulation'
import { silentLogger } from '@orewatch/observability'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Gateway } from './gateway.ts'

const EDGE = join(import.meta.dirname, 'cli/main.ts')
let directory: string
let server: ModbusServer
let other: ModbusServer

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-gateway-'))
  server = await startModbusSimulator({ units: 3, registersPerUnit: 64 })
  other = await startModbusSimulator({ units: 1, registersPerUnit: 64 })
  writeFileSync(
    join(directory, 'plain.yaml'),
    `id: plain
title: { zh: 测试设备, en: test device }
protocol: modbus
templates:
  - { id: value, title: { zh: 值, en: value }, base: 0, stride: 2, slots: 32, sensorTypes: ["0101"], modbus: { area: holding, address: 0, type: float32 } }
`,
  )
})
afterEach(async () => {
  await server.close()
  await other.close()
  rmSync(directory, { recursive: true, force: true })
})

const device = (id: string, unit: number, slots: number, line = 'main'): string =>
  `  - { id: ${id}, line: ${line}, unit: ${unit}, profile: plain.yaml, points: [${Array.from({ length: slots }, (_, i) => `{ slot: ${i + 1}, sensorType: "0101", name: p-${i + 1}, periodMs: 200 }`).join(', ')}] }`

function configure(devices: readonly string[], text = ''): string {
  const file = join(directory, 'gateway.yaml')
  writeFileSync(
    file,
    `gateway: { group: "990121", node: gw-u1, subject: "990121100001" }
dataDirectory: data
uplink: { url: "mqtt://127.0.0.1:9", passwordFile: password }
probes: { port: 0 }
lines:
  - { id: main, modbus: { host: 127.0.0.1, port: ${server.port} } }
  - { id: far, modbus: { host: 127.0.0.1, port: ${other.port} } }
devices:
${devices.join('\n')}
${text}`,
  )
  writeFileSync(join(directory, 'password'), 'secret', { mode: 0o600 })
  return file
}

const figure = async (port: number | undefined, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (?<n>\\S+)`, 'm').exec(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())?.groups?.['n'])

test('a change of one device leaves connections and reading of all others alone', async () => {
  const file = configure([device('a', 1, 2), device('b', 2, 4), device('c', 1, 4, 'far')])
  const gateway = await Gateway.start({ file, log: silentLogger() })
  try {
    const read = (id: string): number => gateway.deviceStates()[id]?.lastReadMs ?? 0
    await expect.poll(() => ['a', 'b', 'c'].every((id) => read(id) > 0)).toBe(true)
    const before = gateway.deviceStates()
    const connections = [server.stats.connections, other.stats.connections]
    configure([device('a', 1, 8), device('b', 2, 4), device('c', 1, 4, 'far'), device('new', 3, 2)])
    await gateway.reload()
    await expect.poll(() => read('new')).toBeGreaterThan(0)
    const after = { b: read('b'), c: read('c') }
    await expect.poll(() => read('b') > after.b && read('c') > after.c).toBe(true)
    for (const id of ['b', 'c']) expect(gateway.deviceStates()[id]).toMatchObject({ state: 'live', sinceMs: before[id]?.sinceMs })
    expect([server.stats.connections, other.stats.connections]).toEqual(connections)
    expect(await figure(gateway.probePort, 'edge_driver_reconnects_total')).toBe(0)
  } finally {
    await gateway.stop()
  }
})

test('a device that is taken out is read no more, and the others are', async () => {
  const file = configure([device('a', 1, 2), device('b', 2, 2)])
  const gateway = await Gateway.start({ file, log: silentLogger() })
  try {
    await expect.poll(() => gateway.deviceStates()['b']?.lastReadMs ?? 0).toBeGreaterThan(0)
    configure([device('a', 1, 2)])
    await gateway.reload()
    const { requests } = server.stats
    await expect.poll(() => server.stats.requests).toBeGreaterThan(requests + 4)
    expect(Object.keys(gateway.deviceStates())).toEqual(['a'])
  } finally {
    await gateway.stop()
  }
})

test.each([
  ['no YAML', 'devices: [['],
  ['an unknown key', 'colour: red'],
])('a file with %s changes nothing', async (_, text) => {
  const file = configure([device('a', 1, 2)])
  const gateway = await Gateway.start({ file, log: silentLogger() })
  try {
    await expect.poll(() => gateway.deviceStates()['a']?.lastReadMs ?? 0).toBeGreaterThan(0)
    configure([device('b', 2, 2)], text)
    await gateway.reload()
    const last = gateway.deviceStates()['a']?.lastReadMs ?? 0
    await expect.poll(() => gateway.deviceStates()['a']?.lastReadMs ?? 0).toBeGreaterThan(last)
    expect(Object.keys(gateway.deviceStates())).toEqual(['a'])
  } finally {
    await gateway.stop()
  }
})

test('SIGHUP reads the configuration again, without a new connection to the line', async () => {
  const file = configure([device('a', 1, 2)])
  const child = fork(EDGE, ['run', '--config', file], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    const said = await new Promise<{ probePort: number }>((resolve) => child.once('message', (message) => resolve(message as { probePort: number })))
    await expect.poll(() => figure(said.probePort, 'edge_samples_accepted_total'), { timeout: 15_000 }).toBeGreaterThan(2)
    configure([device('a', 1, 2), device('b', 2, 4)])
    child.kill('SIGHUP')
    await expect.poll(async () => (await (await fetch(`http://127.0.0.1:${said.probePort}/readyz`)).text()).includes('2 devices'), { timeout: 15_000 }).toBe(true)
    expect(server.stats.connections).toBe(1)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
})
