/*
 * Probing simulated devices with injected limits. Pauses move a clock that probe and device share, so that what a device
 * needs between two requests is found exactly, however slow the machine is.
 */
import type { Clock } from '@orewatch/core'
import { makeBank, type ModbusServer, type ModbusServerOptions, type RegisterBank, startModbusServer, writeFloat32 } from '@orewatch/firmware-adapters/simulation'
import { afterEach, describe, expect, test } from 'vitest'
import type { DeviceSpec } from '../driver.ts'
import { pointOf } from '../test/recording-sink.ts'
import { DEFAULT_QUIRKS } from './device.ts'
import { MAX_PROBE_REQUESTS, type ProbeOptions, type ProbeReport, probeUnit } from './probe.ts'
import { fastConfig, fastSerialConfig } from './test/bench-place.ts'
import { HAS_PTY, openPtyBridge } from './test/pty-bridge.ts'
import { type RecordingProxy, startRecordingProxy } from './test/recording-proxy.ts'

let movedMs = 0
const clock: Clock = { nowMs: () => movedMs, monotonicMs: () => movedMs }
const advance = (ms: number): Promise<void> => {
  movedMs += ms
  return Promise.resolve()
}

const closing: (() => Promise<void>)[] = []
let server: ModbusServer
let proxy: RecordingProxy

afterEach(async () => {
  expect([...proxy.seen.keys()].filter((code) => !['1', '2', '3', '4'].includes(code))).toEqual([])
  for (const close of closing.splice(0).toReversed()) await close()
})

/** 100 registers with float32 24.5 at even addresses. */
function floats(order: 'ABCD' | 'CDAB' = 'ABCD'): RegisterBank {
  const bank = makeBank({ holding: 100 })
  for (let i = 0; i < 100; i += 2) writeFloat32(bank.holding, i, 24.5, order)
  return bank
}

/** A device whose profile knows float32 points at some registers. */
function deviceOf(addresses: readonly number[] = [0, 2, 4, 20], quirks: Partial<DeviceSpec['quirks']> = {}): DeviceSpec {
  const points = addresses.map((address) => pointOf(`p${address}`, { kind: 'modbus', modbus: { area: 'holding', address, type: 'float32' } }))
  return { id: 'probed', unit: 1, points, quirks: { ...DEFAULT_QUIRKS, ...quirks } }
}

async function serve(bank: RegisterBank, more: Partial<ModbusServerOptions> = {}): Promise<void> {
  server = await startModbusServer({ units: new Map([[1, bank]]), clock, ...more })
  closing.push(server.close)
  proxy = await startRecordingProxy(server.port, more.framing ?? 'tcp')
  closing.push(proxy.close)
}

async function probe(more: Partial<ProbeOptions> = {}): Promise<ProbeReport> {
  return await probeUnit({
    config: fastConfig(proxy.port, { timeoutMs: 60 }),
    device: deviceOf(),
    signal: new AbortController().signal,
    clock,
    pause: advance,
    isPlausible: (_, raw) => raw === 0 || (raw >= 0.001 && raw <= 500),
    ...more,
  })
}

test('a device without limits is found to have none', async () => {
  await serve(floats())
  const { findings, stopped, requests } = await probe()
  expect(findings).toMatchObject({
    registers: { count: 100, bound: 'map' },
    holes: { verdict: 'served', served: [14] },
    order: { order: 'ABCD', points: 4 },
    gap: { pauseMs: 0 },
    pipelining: { works: true, depth: 4 },
  })
  expect(stopped).toBeUndefined()
  expect(requests).toBe(server.stats.requests)
  expect(requests).toBeLessThan(MAX_PROBE_REQUESTS)
})

test.each([
  ['with exception 3', {}],
  ['by silence', { isSilent: true }],
] as const)('a device that refuses more than 40 registers %s', async (_, { isSilent = false }: { isSilent?: boolean }) => {
  const bank = floats()
  await serve(isSilent ? bank : { ...bank, maxRegistersPerRead: 40 }, isSilent ? { maxSilentRegisters: 40 } : {})
  expect((await probe()).findings).toMatchObject({ registers: { count: 40, bound: 'device' }, order: { order: 'ABCD' } })
})

test("a map that allows the protocol's longest read is said to", async () => {
  await serve(makeBank({ holding: 300 }))
  expect((await probe()).findings.registers).toMatchObject({ count: 125, bound: 'protocol' })
})

test('a device that refuses holes', async () => {
  await serve({ ...floats(), undefinedRegisters: new Set([10, 11, 12]) })
  expect((await probe()).findings.holes).toEqual({ verdict: 'refused', served: [], refused: [14] })
})

test('without a hole between the points nothing is said of holes', async () => {
  await serve(floats())
  expect((await probe({ device: deviceOf([0, 2, 4]) })).findings.holes?.verdict).toBe('undecided')
})

test('swapped words', async () => {
  await serve(floats('CDAB'))
  expect((await probe()).findings.order).toMatchObject({ order: 'CDAB', points: 4 })
})

test('registers that are all 0 tell no order', async () => {
  await serve(makeBank({ holding: 100 }))
  expect((await probe()).findings.order).toMatchObject({ order: undefined, points: 0 })
})

test('a device that needs 50 ms between requests', async () => {
  await serve(floats(), { minGapMs: 50 })
  const { findings } = await probe()
  expect(findings.gap?.pauseMs).toBeGreaterThanOrEqual(50)
  expect(findings.gap?.pauseMs).toBeLessThanOrEqual(56)
  expect(findings.gap?.lostAtMs).toBeLessThan(50)
  expect(findings).toMatchObject({ registers: { count: 100 }, order: { order: 'ABCD' } })
  expect(findings.pipelining).toBeUndefined()
})

test('a device that needs a long pause gets it in every step', async () => {
  await serve({ ...floats(), maxRegistersPerRead: 40 }, { minGapMs: 600 })
  const { findings } = await probe()
  expect(findings.gap?.pauseMs).toBeGreaterThanOrEqual(600)
  expect(findings.gap?.pauseMs).toBeLessThanOrEqual(660)
  expect(findings).toMatchObject({ registers: { count: 40, bound: 'device' }, holes: { verdict: 'served' }, order: { points: 4 } })
})

test('a device that loses answers at any pause is not measured further', async () => {
  await serve(floats(), { minGapMs: 1_200 })
  expect((await probe()).findings).toEqual({ gap: { pauseMs: undefined, lostAtMs: 1_000 } })
})

test('a device that answers one request at a time', async () => {
  await serve(floats(), { maxTogether: 1 })
  expect((await probe()).findings).toMatchObject({ gap: { pauseMs: 0 }, pipelining: { works: false, depth: 4 } })
})

test('never more at once than the line allows, and never sooner than its pause', async () => {
  await serve(floats(), { maxTogether: 1, minGapMs: 30 })
  const { findings } = await probe({ config: fastConfig(proxy.port, { timeoutMs: 60, maxInFlight: 1 }), device: deviceOf(undefined, { minGapMs: 30 }) })
  expect(findings).toMatchObject({ gap: { pauseMs: 30, lostAtMs: undefined } })
  expect(server.stats.requests).toBe(server.stats.answers)
})

test('all limits together', async () => {
  await serve({ ...floats('CDAB'), maxRegistersPerRead: 40, undefinedRegisters: new Set([70, 71]) }, { minGapMs: 50, maxTogether: 1 })
  const { findings } = await probe({ device: deviceOf([0, 2, 4, 20, 60, 62, 64, 66, 68, 72]) })
  expect(findings).toMatchObject({ registers: { count: 40, bound: 'device' }, holes: { verdict: 'refused', refused: [2] }, order: { order: 'CDAB' } })
})

test('coils are measured in bits', async () => {
  await serve({ ...makeBank({ coils: 64 }) })
  const points = [3, 9].map((address) => pointOf(`c${address}`, { kind: 'modbus', modbus: { area: 'coil', address, type: 'bit' } }))
  const { findings } = await probe({ device: { id: 'probed', unit: 1, points } })
  expect(findings).toMatchObject({ bits: { count: 61, bound: 'map' }, holes: { verdict: 'undecided' } })
  expect(findings.registers).toBeUndefined()
})

test('a device that falls silent midway is left alone, and what was measured before is told', async () => {
  const bank = floats()
  let reads = 0
  await serve({
    ...bank,
    refresh: () => {
      if (++reads === 12) server.faults.inject({ fault: { kind: 'silence' } })
    },
  })
  const { findings, stopped, requests } = await probe()
  expect(stopped).toBe('silence')
  expect(findings).toEqual({ gap: { pauseMs: 0, lostAtMs: undefined } })
  // Twelve reads, refusals among them, then the lost one and three questions whether it is there: no more.
  expect(requests).toBeLessThan(20)
})

test('a device that goes off the network midway is told the same', async () => {
  let reads = 0
  await serve({
    ...floats(),
    refresh: () => {
      if (++reads === 12) void proxy.close()
    },
  })
  expect((await probe()).stopped).toBe('silence')
})

test('a device that never answers is an error with its code', async () => {
  await serve(floats())
  server.faults.inject({ fault: { kind: 'silence' } })
  await expect(probe()).rejects.toMatchObject({ code: 'MODBUS_TIMEOUT' })
  expect(server.stats.requests).toBeLessThan(6)
})

test('when it is cancelled, nothing more is sent and what was measured is told', async () => {
  const stopping = new AbortController()
  let reads = 0
  await serve({
    ...floats(),
    refresh: () => {
      if (++reads === 12) stopping.abort()
    },
  })
  const { stopped, findings } = await probe({ signal: stopping.signal })
  expect(stopped).toBe('cancelled')
  expect(reads).toBe(12)
  expect(server.stats.requests).toBe(server.stats.answers)
  expect(findings.registers).toBeUndefined()
})

test('keeps to its bound of requests', async () => {
  await serve(floats())
  const { stopped, requests } = await probe({ maxRequests: 9 })
  expect([stopped, requests]).toEqual(['budget', 9])
})

describe.skipIf(!HAS_PTY)('on a serial port (needs python3: npm run services)', () => {
  test('the same is found, but for what only TCP has', async () => {
    await serve({ ...floats('CDAB'), maxRegistersPerRead: 40 }, { framing: 'rtu-over-tcp', minGapMs: 50 })
    const bridge = await openPtyBridge(proxy.port)
    closing.push(bridge.close)
    const { findings, stopped } = await probe({ config: fastSerialConfig(bridge.path) })
    expect(stopped).toBeUndefined()
    expect(findings).toMatchObject({ registers: { count: 40, bound: 'device' }, order: { order: 'CDAB' } })
    expect(findings.gap?.pauseMs).toBeGreaterThanOrEqual(50)
    expect(findings.gap?.pauseMs).toBeLessThanOrEqual(56)
    expect(findings.pipelining).toBeUndefined()
  })
})
