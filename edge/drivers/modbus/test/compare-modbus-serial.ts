/*
 * The reasons for docs/decisions/0002-modbus-client.md, as a program: the same faults and the same load for modbus-serial
 * and for our client. Run: npx node edge/drivers/modbus/test/compare-modbus-serial.ts
 */
import { makeBank, type ModbusServer, startModbusServer } from '@orewatch/firmware-adapters/simulation'
import { systemClock } from '@orewatch/core'
import serial from 'modbus-serial'
import { Channel } from '../channel.ts'
import { contextOf, RecordingSink } from '../../test/recording-sink.ts'
import { createModbusLine } from '../index.ts'
import { openTcp } from '../transport.ts'
import { deviceAt, fastConfig } from './bench-place.ts'

type Fault = Parameters<ModbusServer['faults']['inject']>[0]['fault']
type Framing = 'tcp' | 'rtu-over-tcp'
interface Client {
  read(address: number, count: number): Promise<Buffer>
  close(): void
}
interface Tally {
  right: number
  wrong: number
  failed: number
}

const ModbusRTU = serial as unknown as typeof serial.default
const TIMEOUT_MS = 250
const LOAD_MS = 3_000

async function openTheirs(server: ModbusServer, framing: Framing, timeoutMs = TIMEOUT_MS): Promise<Client> {
  const client = new ModbusRTU()
  client.on('error', () => {})
  if (framing === 'tcp') await client.connectTCP('127.0.0.1', { port: server.port })
  else await client.connectTelnet('127.0.0.1', { port: server.port })
  client.setID(1)
  client.setTimeout(timeoutMs)
  return { read: async (address, count) => (await client.readHoldingRegisters(address, count)).buffer, close: () => client.close(() => {}) }
}

async function openOurs(server: ModbusServer, framing: Framing, timeoutMs = TIMEOUT_MS): Promise<Client> {
  const counters = { requests: 0, answers: 0, timeouts: 0, exceptions: 0, discarded: 0 }
  const channel = new Channel({
    framing: framing === 'tcp' ? 'tcp' : 'rtu',
    maxSilentTimeouts: 4,
    clock: systemClock,
    counters,
    maxSlips: 100,
    onRoom: () => {},
    onForeign: () => {},
    onClose: () => {},
  })
  channel.attach(await openTcp({ host: '127.0.0.1', port: server.port, connectTimeoutMs: 1_000 }, channel, new AbortController().signal))
  return {
    read: (address, count) =>
      new Promise((resolve, reject) =>
        channel.send({
          request: { kind: 'read', unit: 1, area: 'holding', address, count },
          timeoutMs,
          onAnswer: (pdu) => resolve(Buffer.from(pdu.subarray(2))),
          onFailure: reject,
        }),
      ),
    close: () => channel.close('done'),
  }
}

const ADDRESSES = Array.from({ length: 21 }, (_, i) => i)

async function openBank(framing: Framing): Promise<ModbusServer> {
  const bank = makeBank({ holding: 100 })
  for (const i of ADDRESSES) bank.holding[i] = 1_000 + i
  return await startModbusServer({ units: new Map([[1, bank]]), framing })
}

/** Spoils one answer, then reads on: how many of the next 20 reads give the value of their own register? */
async function theirsAfter(framing: Framing, fault: Fault): Promise<Tally> {
  const server = await openBank(framing)
  const client = await openTheirs(server, framing)
  const tally: Tally = { right: 0, wrong: 0, failed: 0 }
  server.faults.inject({ fault, requests: 1 })
  for (const address of ADDRESSES) {
    try {
      tally[(await client.read(address, 1)).readUInt16BE(0) === 1_000 + address ? 'right' : 'wrong']++
    } catch {
      tally.failed++
    }
  }
  client.close()
  await server.close()
  return tally
}

/** The same for the driver: the readings of the same registers, each by a request of its own. */
async function oursAfter(framing: Framing, fault: Fault): Promise<Tally> {
  const server = await openBank(framing)
  const sink = new RecordingSink()
  const line = createModbusLine(fastConfig(server.port, { transport: framing, timeoutMs: TIMEOUT_MS }), contextOf(sink))
  const quirks = { maxRegistersPerRead: 1, maxBitsPerRead: 1, maxHoleRegisters: 0, minGapMs: 0, pauseAfterConnectMs: 0, isOneRequestPerPoint: true, maxInFlight: 1 }
  server.faults.inject({ fault, requests: 1 })
  line.setDevice(deviceAt('a', 1, ADDRESSES, {}, quirks))
  line.start()
  await sink.until(() => server.faults.spoiled === 1 && ADDRESSES.every((key) => sink.of('a', key).length > 0))
  const rows = ADDRESSES.map((key) => sink.of('a', key)[0])
  const right = rows.filter((row, i) => row?.quality === 0 && row.value === 1_000 + i).length
  const wrong = rows.filter((row, i) => row?.quality === 0 && row.value !== 1_000 + i).length
  await line.stop()
  await server.close()
  return { right, wrong, failed: rows.length - right - wrong }
}

async function load(open: typeof openOurs): Promise<{ readsPerSecond: number; cpuMicrosPerRead: number }> {
  const server = await startModbusServer({ units: new Map([[1, makeBank({ holding: 200 })]]) })
  const client = await open(server, 'tcp', 5_000)
  const endMs = performance.now() + LOAD_MS
  const cpu = process.cpuUsage()
  let reads = 0
  const loop = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await client.read(0, 100)
      reads++
    }
  }
  await Promise.all([loop(), loop(), loop(), loop()])
  const { user, system } = process.cpuUsage(cpu)
  client.close()
  await server.close()
  return { readsPerSecond: Math.round((reads * 1_000) / LOAD_MS), cpuMicrosPerRead: Math.round((user + system) / reads) }
}

const FAULTS: readonly [string, Framing, Fault][] = [
  ['tcp: half an answer, then silence', 'tcp', { kind: 'half-frame' }],
  ['tcp: length in the header wrong', 'tcp', { kind: 'crc-error' }],
  ['rtu over tcp: one answer held back', 'rtu-over-tcp', { kind: 'slip' }],
  ['rtu over tcp: half an answer', 'rtu-over-tcp', { kind: 'half-frame' }],
]
const result: Record<string, Record<string, unknown>> = { 'modbus-serial': {}, ours: {} }
for (const [name, framing, fault] of FAULTS) {
  Object.assign(result['modbus-serial'] as object, { [name]: await theirsAfter(framing, fault) })
  Object.assign(result['ours'] as object, { [name]: await oursAfter(framing, fault) })
}
const LOAD = 'load: 100 registers, 4 in flight, simulator in the same process'
Object.assign(result['modbus-serial'] as object, { [LOAD]: await load(openTheirs) })
Object.assign(result['ours'] as object, { [LOAD]: await load(openOurs) })
process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
