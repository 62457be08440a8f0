// The Modbus server on a real socket: what it refuses, and each fault as a client sees it.
import { afterEach, expect, test } from 'vitest'
import { makeBank, type RegisterBank } from './modbus-bank.ts'
import type { ModbusFault } from './modbus-faults.ts'
import type { ModbusFraming } from './modbus-frames.ts'
import { type ModbusServer, startModbusServer } from './modbus-server.ts'
import { startModbusSimulator } from './modbus-simulator.ts'
import { patternTimeOf } from './pattern.ts'
import { RawClient } from './raw-client.ts'

const closing: (() => Promise<void>)[] = []
let monotonicMs = 0
const clock = { nowMs: () => 1_772_697_600_000, monotonicMs: () => monotonicMs }

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(framing: ModbusFraming = 'tcp', bank: RegisterBank = makeBank({ holding: 10 })): Promise<ModbusServer> {
  const server = await startModbusServer({
    units: new Map([
      [1, bank],
      [2, makeBank({ holding: 10 })],
    ]),
    framing,
    clock,
  })
  closing.push(server.close)
  return server
}

async function connect(server: ModbusServer): Promise<RawClient> {
  const client = await RawClient.connect(server.port)
  closing.push(async () => client.close())
  return client
}

// Reads holding register 0 of unit 1: transaction 0x1234 on TCP, CRC of the published request format on RTU.
const TCP_REQUEST = '123400000006 01 03 0000 0001'
const TCP_ANSWER = '1234000000050103020000'
const RTU_REQUEST = '010300000001840a'
const RTU_ANSWER = '0103020000b844'

async function faulty(fault: ModbusFault, framing: ModbusFraming = 'tcp'): Promise<RawClient> {
  const server = await start(framing)
  server.faults.inject({ fault, requests: 1 })
  const client = await connect(server)
  client.send(framing === 'tcp' ? TCP_REQUEST : RTU_REQUEST)
  return client
}

test('answers on TCP', async () => {
  const client = await connect(await start())
  client.send(TCP_REQUEST)
  expect(await client.receive(11)).toBe(TCP_ANSWER)
})

test('answers on RTU over TCP', async () => {
  const client = await connect(await start('rtu-over-tcp'))
  client.send(RTU_REQUEST)
  expect(await client.receive(7)).toBe(RTU_ANSWER)
})

test('answers pipelined requests in order', async () => {
  const client = await connect(await start())
  client.send(`${TCP_REQUEST} 123500000006 01 03 0000 0001`)
  expect(await client.receive(22)).toBe(`${TCP_ANSWER}1235${TCP_ANSWER.slice(4)}`)
})

test('a request in two halves is answered once it is whole', async () => {
  const client = await connect(await start())
  client.send('123400000006')
  client.send('010300000001')
  expect(await client.receive(11)).toBe(TCP_ANSWER)
})

test.each([
  ['single coil', '05 0000 ff00', '8501'],
  ['single register', '06 0000 0001', '8601'],
  ['coils', '0f 0000 0008 01 ff', '8f01'],
  ['registers', '10 0000 0001 02 0001', '9001'],
  ['mask', '16 0000 00f2 0025', '9601'],
  ['read and write', '17 0000 0001 0000 0001 02 0001', '9701'],
])('a write of %s is refused with exception 1 and counted', async (_, pdu, answer) => {
  const server = await start()
  const client = await connect(server)
  const length = (1 + pdu.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0')
  client.send(`00010000${length} 01 ${pdu}`)
  expect((await client.receive(9)).slice(14)).toBe(answer)
  expect(server.stats.writes).toBe(1)
})

test('more than 125 registers are refused with exception 3', async () => {
  const client = await connect(await start('tcp', makeBank({ holding: 200 })))
  client.send('000100000006 01 03 0000 007e')
  expect((await client.receive(9)).slice(14)).toBe('8303')
})

test('says who it is', async () => {
  const bank = { ...makeBank({}), identification: { vendor: 'V', product: 'P', revision: '1' } }
  const client = await connect(await start('tcp', bank))
  client.send('000100000005 01 2b 0e 01 00')
  expect((await client.receive(23)).slice(14)).toBe('2b0e0181000003000156010150020131')
})

test('an unknown unit is exception 11 on TCP, as from a gateway', async () => {
  const client = await connect(await start())
  client.send('000100000006 07 03 0000 0001')
  expect((await client.receive(9)).slice(12)).toBe('07830b')
})

test('an unknown unit is silence on RTU, as on a bus', async () => {
  const client = await connect(await start('rtu-over-tcp'))
  client.send('070300000001846c')
  client.send(RTU_REQUEST)
  expect(await client.receive(7)).toBe(RTU_ANSWER)
})

test('a request with a wrong CRC is ignored and its bytes are counted', async () => {
  const server = await start('rtu-over-tcp')
  const client = await connect(server)
  client.send('010300000001840b')
  await expect(client.receive(1, 100)).rejects.toMatchObject({ code: 'SIM_SILENT' })
  expect(server.stats.garbageBytes).toBe(8)
})

test.each([1, 2, 3, 4, 5, 6, 10, 11])('fault: exception %i', async (code) => {
  const client = await faulty({ kind: 'exception', code })
  expect((await client.receive(9)).slice(14)).toBe(`83${code.toString(16).padStart(2, '0')}`)
})

test('fault: late gives the right answer after the delay', async () => {
  const client = await faulty({ kind: 'late', delayMs: 50 })
  expect(await client.receive(11)).toBe(TCP_ANSWER)
})

test('fault: wrong transaction id', async () => {
  const client = await faulty({ kind: 'wrong-transaction' })
  expect(await client.receive(11)).toBe(`5234${TCP_ANSWER.slice(4)}`)
})

test('fault: a foreign answer comes before the right one', async () => {
  const client = await faulty({ kind: 'foreign-transaction' })
  expect(await client.receive(22)).toBe(`5234${TCP_ANSWER.slice(4)}${TCP_ANSWER}`)
})

test('fault: transaction ids slip by one answer', async () => {
  const client = await faulty({ kind: 'slip' })
  await expect(client.receive(1, 50)).rejects.toMatchObject({ code: 'SIM_SILENT' })
  client.send('999900000006 01 03 0000 0001')
  expect(await client.receive(22)).toBe(`${TCP_ANSWER}9999${TCP_ANSWER.slice(4)}`)
})

test('fault: another unit answers', async () => {
  const client = await faulty({ kind: 'wrong-unit' })
  expect((await client.receive(11)).slice(12, 14)).toBe('11')
})

test('fault: half a frame and then nothing', async () => {
  const client = await faulty({ kind: 'half-frame' })
  expect(await client.receive(5)).toBe(TCP_ANSWER.slice(0, 10))
  await expect(client.receive(1, 50)).rejects.toMatchObject({ code: 'SIM_SILENT' })
})

test('fault: CRC error', async () => {
  const client = await faulty({ kind: 'crc-error' }, 'rtu-over-tcp')
  expect(await client.receive(7)).toBe('0103020000b845')
})

test('fault: silence keeps the connection open', async () => {
  const client = await faulty({ kind: 'silence' })
  await expect(client.receive(1, 50)).rejects.toMatchObject({ code: 'SIM_SILENT' })
  expect(client.isEnded).toBe(false)
})

test('fault: slow drip comes complete in the end', async () => {
  const client = await faulty({ kind: 'drip', byteEveryMs: 2 })
  expect(await client.receive(11)).toBe(TCP_ANSWER)
})

test('fault: reset', async () => {
  const client = await faulty({ kind: 'reset' })
  await client.ended()
  expect(client.isEnded).toBe(true)
})

test('a fault of one unit leaves the other alone and ends after its requests', async () => {
  const server = await start()
  server.faults.inject({ fault: { kind: 'exception', code: 6 }, unit: 2, requests: 1 })
  const client = await connect(server)
  client.send(`${TCP_REQUEST} 000200000006 02 03 0000 0001 000300000006 02 03 0000 0001`)
  expect(await client.receive(11)).toBe(TCP_ANSWER)
  expect((await client.receive(9)).slice(12)).toBe('028306')
  expect((await client.receive(11)).slice(12)).toBe('0203020000')
  expect(server.faults.spoiled).toBe(1)
})

test('a fault ends after its time', async () => {
  const server = await start()
  server.faults.inject({ fault: { kind: 'silence' }, durationMs: 1000 })
  monotonicMs += 1001
  const client = await connect(server)
  client.send(TCP_REQUEST)
  expect(await client.receive(11)).toBe(TCP_ANSWER)
})

test('a paused server refuses connections and comes back on its port', async () => {
  const server = await start()
  const before = await connect(server)
  await server.pause()
  await before.ended()
  await expect(RawClient.connect(server.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await server.resume()
  const after = await connect(server)
  after.send(TCP_REQUEST)
  expect(await after.receive(11)).toBe(TCP_ANSWER)
})

test('a taken port is an error that names it', async () => {
  const { port } = await start()
  await expect(startModbusServer({ units: new Map(), port })).rejects.toMatchObject({ code: 'SIM_PORT_IN_USE', details: { port } })
})

test('the plain simulator serves pattern values of the point and time', async () => {
  const server = await startModbusSimulator({ units: 2, registersPerUnit: 10, clock })
  closing.push(server.close)
  const client = await connect(server)
  client.send('000100000006 02 03 0004 0002')
  const value = Buffer.from(await client.receive(13), 'hex').readFloatBE(9)
  expect(patternTimeOf(value, clock.nowMs())).toEqual({ pointIndex: 7, timeMs: clock.nowMs() })
})
