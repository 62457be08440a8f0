/*
 * Misbehaving devices on real sockets and on a serial port, one fault a test, on Modbus TCP, RTU over TCP and RTU. A recording proxy stands
 * between gateway and device throughout and lets nothing but function codes 1–4 and 43/14 pass unnoticed.
 */
import { reasonOf } from '@orewatch/core'
import { afterEach, describe, expect, test } from 'vitest'
import type { DeviceState } from '../driver.ts'
import { deviceAt, openPlace, type Place } from './test/bench-place.ts'
import { HAS_PTY } from './test/pty-bridge.ts'

const ALLOWED = ['1', '2', '3', '4', '43/14']

let place: Place

afterEach(async () => {
  await place.close()
  expect([...place.proxy.seen.keys()].filter((code) => !ALLOWED.includes(code))).toEqual([])
  expect(place.proxy.seen.size).toBeGreaterThan(0)
  expect(place.server.stats.writes).toBe(0)
})

/** Two reads of the same length and far apart: the worst case for an answer that comes to the wrong request. */
const two = deviceAt('a', 1, [0, 40])
const mate = deviceAt('b', 2, [7])

/** No reading may ever carry the value of another register. */
function expectOnlyTrueValues(): void {
  const good = place.sink.rows.filter((row) => row.quality === 0)
  expect(good.length).toBeGreaterThan(0)
  const truth: Record<string, readonly number[]> = { a: [100, 140], b: [107] }
  expect(good.filter((row) => row.value !== truth[row.device]?.[row.key])).toEqual([])
}

function lastReason(device: string, key: number): [number, string] {
  const row = place.sink.of(device, key).at(-1)
  return [row?.quality ?? -1, reasonOf(row?.reason ?? 0)]
}

function lostState(device: string): Extract<DeviceState, { kind: 'lost' }> {
  return place.sink.stateLog.findLast((entry) => entry.device === device && entry.state.kind === 'lost')?.state as Extract<DeviceState, { kind: 'lost' }>
}

for (const framing of ['tcp', 'rtu-over-tcp', 'rtu'] as const) {
  describe.skipIf(framing === 'rtu' && !HAS_PTY)(`modbus ${framing}`, () => {
    const open = async (devices = [two, mate], more: Parameters<typeof openPlace>[2] = {}): Promise<void> => {
      place = await openPlace(framing, devices, more)
      await place.sink.untilGood('a', 2)
    }

    test('discards and counts a late answer, and every later value is that of its own register', async () => {
      await open()
      place.server.faults.inject({ fault: { kind: 'late', delayMs: 180 }, unit: 1, requests: 3 })
      await place.sink.until(() => place.line.stats().timeouts >= 1)
      await place.sink.untilGood('a', 10)
      await place.sink.until(() => place.line.stats().discarded >= 1)
      expectOnlyTrueValues()
    })

    test('is never one answer behind: a slip is seen, the connection rebuilt, no wrong value passes', async () => {
      await open([two], { maxInFlight: 1 })
      const end = place.server.faults.inject({ fault: { kind: 'slip' }, unit: 1 })
      await place.sink.until(() => place.line.stats().discarded >= 3 && place.line.stats().reconnects >= 1)
      end()
      place.sink.rows.splice(0, place.sink.rows.length - 1)
      await place.sink.untilGood('a', 6)
      expectOnlyTrueValues()
    })

    test("ignores answers in somebody else's name while the right ones follow", async () => {
      await open()
      place.server.faults.inject({ fault: { kind: 'foreign-transaction' }, unit: 1, requests: 6 })
      await place.sink.until(() => place.line.stats().discarded >= 6)
      await place.sink.untilGood('a', 6)
      expectOnlyTrueValues()
      expect(place.line.stats().timeouts).toBe(0)
    })

    test('discards answers of another unit and rebuilds the connection when they go on', async () => {
      await open([two])
      const end = place.server.faults.inject({ fault: { kind: 'wrong-unit' }, unit: 1 })
      await place.sink.until(() => place.line.stats().reconnects >= 1)
      end()
      place.sink.clear()
      await place.sink.untilGood('a', 4)
      expectOnlyTrueValues()
    })

    for (const code of [1, 2, 3]) {
      test(`exception ${code}: the point gets Q 2 illegal-address after three retries`, async () => {
        await open([two, mate], { retries: 3 })
        place.server.faults.inject({ fault: { kind: 'exception', code }, unit: 1 })
        const before = place.server.faults.spoiled
        await place.sink.until(() => place.sink.rows.some((row) => row.device === 'a' && row.quality === 2))
        expect(lastReason('a', 0)).toEqual([2, 'illegal-address'])
        expect(place.server.faults.spoiled - before).toBeGreaterThanOrEqual(4)
        expect(place.line.states().get('a')?.kind).toBe('live')
        await place.sink.untilGood('b', 3)
      })
    }

    test('one refused register does not blind its neighbours, and is asked again later', async () => {
      place = await openPlace(framing, [deviceAt('a', 1, [96, 98, 104])])
      await place.sink.until(() => place.sink.of('a', 2).length >= 2)
      await place.sink.untilGood('a', 4)
      expect(lastReason('a', 2)).toEqual([2, 'illegal-address'])
      expect(lastReason('a', 0)[0]).toBe(0)
      expect(lastReason('a', 1)[0]).toBe(0)
      // Once taken apart, the good ones share a read again: no exception with every poll.
      const { exceptions } = place.line.stats()
      await place.sink.untilGood('a', 10)
      expect(place.line.stats().exceptions).toBe(exceptions)
    })

    test('exception 4 is a fault of the sensor, not of the line', async () => {
      await open()
      const end = place.server.faults.inject({ fault: { kind: 'exception', code: 4 }, unit: 1 })
      await place.sink.until(() => place.sink.rows.some((row) => row.device === 'a' && row.quality !== 0))
      expect(lastReason('a', 0)).toEqual([4, 'device-exception'])
      end()
      await place.sink.untilGood('a', 2)
      expect(place.sink.kinds('a')).not.toContain('lost')
    })

    for (const code of [5, 6]) {
      test(`exception ${code}: a busy device is asked again later and then answers`, async () => {
        await open()
        place.server.faults.inject({ fault: { kind: 'exception', code }, unit: 1, requests: 3 })
        await place.sink.until(() => place.line.stats().exceptions >= 3)
        await place.sink.untilGood('a', 4)
        expect(place.sink.rows.filter((row) => row.device === 'a' && row.quality !== 0)).toEqual([])
      })
    }

    for (const code of [10, 11]) {
      test(`exception ${code}: the gateway does not reach the device, so the device is lost and its mate goes on`, async () => {
        await open()
        const end = place.server.faults.inject({ fault: { kind: 'exception', code }, unit: 1 })
        await place.sink.untilState('a', 'lost')
        expect(lostState('a').reason).toBe('device-exception')
        await place.sink.untilGood('b', 3)
        expect(place.sink.kinds('b')).not.toContain('lost')
        end()
        place.sink.clear()
        await place.sink.untilState('a', 'live')
        expect(place.line.stats().reconnects).toBe(0)
      })
    }

    test('half an answer followed by silence costs that answer and nothing after it', async () => {
      await open()
      place.server.faults.inject({ fault: { kind: 'half-frame' }, unit: 1, requests: 2 })
      await place.sink.until(() => place.line.stats().discarded >= 1)
      await place.sink.untilGood('a', 6)
      await place.sink.untilGood('b', 3)
      expectOnlyTrueValues()
    })

    test('an answer with a wrong check is discarded and counted, and gives no reading', async () => {
      await open()
      const { discarded } = place.line.stats()
      place.server.faults.inject({ fault: { kind: 'crc-error' }, unit: 1, requests: 2 })
      await place.sink.until(() => place.server.faults.spoiled >= 2 && place.line.stats().discarded > discarded)
      await place.sink.untilGood('a', 6)
      expectOnlyTrueValues()
    })

    test('silence: the unit is lost with the reason timeout and found again by a probe', async () => {
      await open()
      const end = place.server.faults.inject({ fault: { kind: 'silence' }, unit: 1 })
      await place.sink.untilState('a', 'lost')
      expect(lostState('a').reason).toBe('timeout')
      await place.sink.until(() => place.sink.kinds('a').filter((kind) => kind === 'paused').length >= 2)
      place.sink.clear()
      end()
      await place.sink.untilState('a', 'live')
      await place.sink.untilGood('a', 2)
      expectOnlyTrueValues()
    })

    test('a lost unit costs its mate at most one time-out per pause', async () => {
      await open()
      place.server.faults.inject({ fault: { kind: 'silence' }, unit: 1 })
      await place.sink.untilState('a', 'paused')
      const { timeouts } = place.line.stats()
      place.sink.clear()
      await place.sink.until(() => place.sink.kinds('a').filter((kind) => kind === 'paused').length >= 4)
      expect(place.line.stats().timeouts - timeouts).toBe(place.sink.kinds('a').filter((kind) => kind === 'paused').length)
      expect(place.sink.kinds('b')).toEqual([])
      expect(place.sink.of('b', 0).length).toBeGreaterThan(4)
    })

    test('a slow drip that is done in time is an answer', async () => {
      await open()
      place.server.faults.inject({ fault: { kind: 'drip', byteEveryMs: 2 }, unit: 1, requests: 4 })
      await place.sink.until(() => place.server.faults.spoiled >= 4)
      await place.sink.untilGood('a', 4)
      expectOnlyTrueValues()
    })

    test('a drip that takes for ever is cut off, and no later answer is mixed with it', async () => {
      await open()
      place.server.faults.inject({ fault: { kind: 'drip', byteEveryMs: 40 }, unit: 1, requests: 2 })
      await place.sink.until(() => place.line.stats().timeouts >= 1)
      await place.sink.untilGood('a', 6)
      await place.sink.untilGood('b', 4)
      expectOnlyTrueValues()
    })

    test('a reset connection is rebuilt at once and no device counts as lost', async () => {
      await open()
      place.server.faults.inject({ fault: { kind: 'reset' }, unit: 1, requests: 1 })
      await place.sink.until(() => place.line.stats().reconnects >= 1)
      await place.sink.untilGood('a', 4)
      await place.sink.untilGood('b', 2)
      expectOnlyTrueValues()
      expect(place.sink.kinds('a')).not.toContain('lost')
      expect(place.sink.kinds('b')).not.toContain('lost')
    })

    test('a device that resets for ever is lost in the end', async () => {
      await open([two])
      place.server.faults.inject({ fault: { kind: 'reset' }, unit: 1 })
      await place.sink.untilState('a', 'lost')
      expect(lostState('a').reason).toBe('connection-lost')
    })

    test('says who it is: vendor, product and revision by function code 43/14', async () => {
      await open()
      await expect(place.line.identify('a', AbortSignal.timeout(3_000))).resolves.toMatchObject({ vendor: 'Orewatch', product: 'bench', revision: '1.0' })
    })

    test('rejects a single reading of a silent device with MODBUS_TIMEOUT', async () => {
      await open()
      place.server.faults.inject({ fault: { kind: 'silence' }, unit: 1 })
      await expect(place.line.readOnce('a', AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: 'MODBUS_TIMEOUT' })
    })
  })
}

describe('modbus tcp', () => {
  test('a transaction id that nobody asked with is discarded and counted, and the connection rebuilt after three', async () => {
    place = await openPlace('tcp', [two, mate], { maxSlips: 3 })
    await place.sink.untilGood('a', 2)
    const end = place.server.faults.inject({ fault: { kind: 'wrong-transaction' }, unit: 1 })
    await place.sink.until(() => place.line.stats().discarded >= 3)
    end()
    await place.sink.untilGood('a', 4)
    expectOnlyTrueValues()
  })

  test('reads everything with one device pipelined and no answer mixed up', async () => {
    place = await openPlace('tcp', [
      deviceAt('a', 1, [0, 40], {}, { maxRegistersPerRead: 1, maxBitsPerRead: 1, maxHoleRegisters: 0, minGapMs: 0, pauseAfterConnectMs: 0, isOneRequestPerPoint: true, maxInFlight: 8 }),
    ])
    await place.sink.untilGood('a', 50)
    expectOnlyTrueValues()
  })

  test('a device that refuses holes is learnt: its points come one by one', async () => {
    place = await openPlace('tcp', [deviceAt('a', 1, [0, 3])])
    place.server.faults.inject({ fault: { kind: 'exception', code: 2 }, unit: 1, requests: 1 })
    await place.sink.untilGood('a', 6)
    expect(place.sink.rows.filter((row) => row.quality !== 0)).toEqual([])
  })
})
