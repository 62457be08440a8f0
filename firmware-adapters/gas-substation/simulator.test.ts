// The family's simulator on a real socket, compared with published frames (vectors/modbus-frames.json).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { makeBank, type RegisterBank } from '../simulation/modbus-bank.ts'
import { crc16 } from '../simulation/modbus-frames.ts'
import { startModbusServer } from '../simulation/modbus-server.ts'
import { RawClient } from '../simulation/raw-client.ts'
import { startGasSubstation } from './simulator.ts'

interface Vectors {
  readonly crc: readonly { source: string; bytes: string; onWire: string }[]
  readonly rtu: readonly RegisterVector[]
  readonly pdu: readonly RegisterVector[]
  readonly pduBits: readonly { source: string; area: 'coils' | 'discrete'; address: number; bits: string; request: string; answer: string }[]
}
interface RegisterVector {
  source: string
  area: 'holding' | 'input'
  address: number
  words: string[]
  request: string
  answer: string
}

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors/modbus-frames.json'), 'utf8')) as Vectors
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function clientOf(bank: RegisterBank, framing: 'tcp' | 'rtu-over-tcp'): Promise<RawClient> {
  const server = await startModbusServer({ units: new Map([[1, bank]]), framing })
  closing.push(server.close)
  return await connect(server.port)
}

async function connect(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port)
  closing.push(async () => client.close())
  return client
}

function bankWith({ area, address, words }: RegisterVector): RegisterBank {
  const bank = makeBank({ holding: 200, input: 200 })
  for (const [i, word] of words.entries()) bank[area][address + i] = Number.parseInt(word, 16)
  return bank
}

test.each(vectors.crc)('CRC: $source', ({ bytes, onWire }) => {
  const crc = crc16(Buffer.from(bytes, 'hex'))
  expect([crc & 0xff, crc >> 8]).toEqual([...Buffer.from(onWire, 'hex')])
})

test.each(vectors.rtu)('RTU frame: $source', async (vector) => {
  const client = await clientOf(bankWith(vector), 'rtu-over-tcp')
  client.send(vector.request)
  expect(await client.receive(vector.answer.length / 2)).toBe(vector.answer)
})

test.each(vectors.pdu)('PDU on TCP: $source', async (vector) => {
  const client = await clientOf(bankWith(vector), 'tcp')
  client.send(`000100000006 01 ${vector.request}`)
  expect((await client.receive(7 + vector.answer.length / 2)).slice(14)).toBe(vector.answer)
})

test.each(vectors.pduBits)('PDU on TCP: $source', async ({ area, address, bits, request, answer }) => {
  const bank = makeBank({ coils: 300, discrete: 300 })
  for (const [i, bit] of bits.split('').entries()) bank[area][address + i] = Number(bit)
  const client = await clientOf(bank, 'tcp')
  client.send(`000100000006 01 ${request}`)
  expect((await client.receive(7 + answer.length / 2)).slice(14)).toBe(answer)
})

test('an address beyond the map is answered with the published exception frame', async () => {
  const client = await clientOf(makeBank({ holding: 1 }), 'rtu-over-tcp')
  client.send('010300000002c40b')
  expect(await client.receive(5)).toBe('018302c0f1')
})

const TIME_MS = Date.UTC(2026, 2, 5, 14, 20)
const clock = { nowMs: () => TIME_MS, monotonicMs: () => 0 }

async function readBlock(client: RawClient, slot: number): Promise<Buffer> {
  const address = ((slot - 1) * 10).toString(16).padStart(4, '0')
  client.send(`000100000006 01 03 ${address} 000a`)
  return Buffer.from(await client.receive(29), 'hex').subarray(9)
}

test('the same seed and time give the same registers', async () => {
  const first = await startGasSubstation({ clock, seed: 7 })
  const second = await startGasSubstation({ clock, seed: 7 })
  closing.push(first.close, second.close)
  expect(await readBlock(await connect(first.port), 2)).toEqual(await readBlock(await connect(second.port), 2))
})

test('a block carries type code, normal bit, alarm limit and time', async () => {
  const simulator = await startGasSubstation({ clock, units: [{ unit: 1, sensors: [{ sensorType: '0105', place: 'intake' }] }] })
  closing.push(simulator.close)
  const block = await readBlock(await connect(simulator.port), 1)
  expect({ type: block.readUInt16BE(0), status: block.readUInt16BE(2), limit: block.readFloatBE(8), timeS: block.readUInt32BE(14) }).toEqual({ type: 105, status: 1, limit: 20, timeS: TIME_MS / 1000 })
  expect(block.readFloatBE(4)).toBeCloseTo(20.8, 0)
})

test('a broken line sets its status bit and shows a treacherous zero', async () => {
  const simulator = await startGasSubstation({ clock, units: [{ unit: 1, sensors: [{ sensorType: '0105' }] }] })
  closing.push(simulator.close)
  simulator.setSensorState(1, 1, 'comm-break')
  const block = await readBlock(await connect(simulator.port), 1)
  expect([block.readUInt16BE(2) & 0x3f, block.readFloatBE(4)]).toEqual([0x10, 0])
})

test('the scaled format says a broken line with -999 and a fault with 9999', async () => {
  const simulator = await startGasSubstation({ clock, units: [{ unit: 1, format: 'scaled', sensors: [{ sensorType: '0101' }, { sensorType: '0101' }] }] })
  closing.push(simulator.close)
  simulator.setSensorState(1, 1, 'comm-break')
  simulator.setSensorState(1, 2, 'fault')
  const client = await connect(simulator.port)
  expect([(await readBlock(client, 1)).readInt16BE(4), (await readBlock(client, 2)).readInt16BE(4)]).toEqual([-999, 9999])
})

test('a slot beyond the map is refused with its unit', async () => {
  await expect(startGasSubstation({ units: [{ unit: 3, sensors: [{ sensorType: '0101', slot: 65 }] }] })).rejects.toMatchObject({ code: 'SIM_TOO_MANY_SENSORS', details: { unit: 3, slot: 65 } })
})
