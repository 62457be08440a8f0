/* What only a serial port has: silence between frames, unplugging, several units on one pair of wires. */
import { stat } from 'node:fs/promises'
import { systemClock } from '@orewatch/core'
import { afterEach, describe, expect, test } from 'vitest'
import { contextOf, RecordingSink } from '../test/recording-sink.ts'
import { createModbusLine } from './index.ts'
import { deviceAt, fastConfig, fastSerialConfig, openPlace, type Place } from './test/bench-place.ts'
import { HAS_PTY } from './test/pty-bridge.ts'
import { characterMs, silenceMs, Wire } from './wire.ts'

describe('the silence between two frames', () => {
  test.each([
    [1_200, 32.083],
    [9_600, 4.01],
    [19_200, 2.005],
    [38_400, 1.75],
    [115_200, 1.75],
  ])('at %i baud is %f ms', (baudRate, ms) => expect(silenceMs(baudRate)).toBeCloseTo(ms, 2))

  test('a character has 11 bits', () => expect(characterMs(11_000)).toBe(1))

  test('counts from the last byte, also from one that nobody waited for', () => {
    const wire = new Wire(fastSerialConfig('/dev/ttyUSB0', {}))
    wire.done(100, 0)
    expect(wire.freeMs(0, 100)).toBe(101.75)
    expect(wire.freeMs(0, 140)).toBe(141.75)
    expect(wire.freeMs(50, 100)).toBe(150)
  })

  test('the rest that the last device wants holds for its mates too', () => {
    const wire = new Wire(fastSerialConfig('/dev/ttyUSB0', {}))
    wire.done(100, 30)
    expect(wire.freeMs(0, 100)).toBe(130)
  })

  test('a serial server keeps it by itself', () => {
    const wire = new Wire(fastConfig(1, { transport: 'rtu-over-tcp' }))
    wire.done(100, 0)
    expect(wire.freeMs(0, 140)).toBe(100)
  })

  test('the time that the bytes take is added to the wait for an answer', () => {
    const read = { kind: 'read', unit: 1, area: 'holding', address: 0, count: 125 } as const
    const { serial } = fastSerialConfig('/dev/ttyS0')
    expect(new Wire({ ...fastConfig(1), transport: 'rtu', serial: { ...(serial as NonNullable<typeof serial>), baudRate: 1_200 } }).travelMs(read)).toBe(2_411)
    expect(new Wire(fastConfig(1)).travelMs(read)).toBe(0)
  })
})

describe.skipIf(!HAS_PTY)('a line on a serial port', () => {
  let place: Place

  afterEach(() => place.close())

  test('that is unplugged is lost with the reason, and read again when it is back', async () => {
    place = await openPlace('rtu', [deviceAt('a', 1, [0])])
    await place.sink.untilGood('a', 2)
    await place.bridge?.unplug()
    await place.sink.untilState('a', 'lost')
    const lost = place.sink.stateLog.findLast(({ state }) => state.kind === 'lost')?.state
    expect(lost).toMatchObject({ reason: 'connection-lost', detail: expect.stringContaining('serial port cannot be opened') })
    await expect(place.line.readOnce('a', AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: 'MODBUS_PORT_FAILED' })
    place.sink.clear()
    await place.bridge?.plug()
    await place.sink.untilState('a', 'live')
    await place.sink.untilGood('a', 2)
  })

  test('several units, one of them dead: it costs its mates one request per pause, and they read on', async () => {
    place = await openPlace('rtu', [deviceAt('a', 1, [0]), deviceAt('dead', 3, [0]), deviceAt('b', 2, [5])], { timeoutMs: 400 })
    place.server.faults.inject({ fault: { kind: 'silence' }, unit: 3 })
    await place.sink.untilState('dead', 'paused')
    const asked = place.server.faults.spoiled
    place.sink.clear()
    await place.sink.until(() => place.sink.kinds('dead').length >= 4)
    // One request per pause, and the one that may be under way.
    expect(place.server.faults.spoiled - asked).toBeLessThanOrEqual(place.sink.kinds('dead').length + 1)
    expect(place.sink.kinds('a')).toEqual([])
    expect(place.sink.kinds('b')).toEqual([])
    expect(place.line.stats().reconnects).toBe(0)
    // Both read on in every pause, not only in sum.
    const [a, b] = ['a', 'b'].map((id) => place.sink.of(id, 0).length)
    expect(Math.min(a ?? 0, b ?? 0)).toBeGreaterThanOrEqual(4)
  })

  test('with nothing but dead units keeps its port and calls them timed out', async () => {
    place = await openPlace('rtu', [deviceAt('x', 8, [0]), deviceAt('y', 9, [0])])
    await place.sink.untilState('x', 'lost')
    await place.sink.untilState('y', 'lost')
    await place.sink.until(() => place.line.stats().timeouts >= 10)
    const reasons = place.sink.stateLog.flatMap(({ state }) => (state.kind === 'lost' ? [state.reason] : []))
    expect(reasons).toEqual(['timeout', 'timeout'])
    expect(place.line.stats().reconnects).toBe(0)
  })

  test('lets the port go when it is stopped: another line can open it at once', async () => {
    place = await openPlace('rtu', [deviceAt('a', 1, [0])])
    await place.sink.untilGood('a')
    await place.line.stop()
    const path = place.bridge?.path ?? ''
    expect((await stat(path)).isCharacterDevice()).toBe(true)
    const sink = new RecordingSink()
    const other = createModbusLine(fastSerialConfig(path), contextOf(sink, undefined, systemClock))
    other.setDevice(deviceAt('a', 1, [0]))
    other.start()
    await sink.untilGood('a', 2)
    expect(other.stats().reconnects).toBe(0)
    await other.stop()
  })
})

describe('the configuration of a line', () => {
  test.each([
    ['rtu without a port', { ...fastConfig(1), transport: 'rtu' as const }, 'transport rtu needs serial'],
    ['rtu with a host', { ...fastSerialConfig('/dev/ttyUSB0'), host: '10.0.0.1' }, 'write transport: rtu-over-tcp'],
    ['tcp with a port', { ...fastSerialConfig('/dev/ttyUSB0'), transport: 'tcp' as const, host: '10.0.0.1' }, 'transport tcp has no serial port'],
    ['tcp without a host', { ...fastSerialConfig('/dev/ttyUSB0'), transport: 'tcp' as const }, 'transport tcp needs host'],
  ])('refuses %s', (_, config, words) => {
    expect(() => createModbusLine(config, contextOf(new RecordingSink()))).toThrow(words)
  })
})
