import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SAMPLE_FLAGS, SampleBuilder, systemClock } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { encodeStored, OUTBOX_METRICS } from '@orewatch/protocol'
import mqtt from 'mqtt'
import sparkplug from 'sparkplug-payload'
import { afterEach, expect, test } from 'vitest'
import { openOutbox } from '../outbox/index.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { startTestBroker, type TestBroker, TestHost } from './test/host.ts'
import { Uplink } from './uplink.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'orewatch-uplink-'))
  closing.push(async () => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A broker with a host on it, both closed after the test. */
async function central(isOnline = true): Promise<{ broker: TestBroker; host: TestHost }> {
  const broker = await startTestBroker()
  closing.push(() => broker.close())
  const host = await TestHost.connect(broker.url, isOnline)
  closing.push(() => host.close())
  return { broker, host }
}

async function outboxIn(directory: string): Promise<{ outbox: Outbox; alias: number; close: () => Promise<void> }> {
  const outbox = await openOutbox({ directory, clock: systemClock, log: silentLogger(), syncIntervalMs: 1 })
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await outbox.close()
    isOpen = false
  }
  closing.push(close)
  return { outbox, alias: outbox.alias({ device: 'gas-1', name: 'co', isBoolean: false, properties: { engUnit: 'ppm' } }), close }
}

function append(outbox: Outbox, alias: number, values: readonly number[], startMs = Date.now()): Promise<unknown> {
  const samples = new SampleBuilder()
  for (const [i, value] of values.entries()) samples.push(alias, startMs + i, value)
  return outbox.append('vital', samples)
}

function uplinkTo(url: string, outbox: Outbox, more: { acknowledgement?: 'store' | 'broker' } = {}): Uplink {
  const uplink = new Uplink({
    config: {
      url,
      hostId: more.acknowledgement === 'broker' ? '-' : 'orewatch',
      acknowledgement: more.acknowledgement ?? 'store',
      windowBytes: { record: 65_536, live: 1_048_576, backlog: 262_144 },
      backlogBytesPerSecond: 1_000_000,
      reconnectMinMs: 50,
      reconnectMaxMs: 100,
    },
    group: '990121',
    node: 'gw-u1',
    subject: '990121100001',
    software: 'test',
    outbox,
    clock: systemClock,
    log: silentLogger(),
    devices: () => new Map([['gas-1', { family: 'gas-substation', profile: 'gas-substation', title: '分站' }]]),
    status: () => ({ devices: {}, clock: { source: 'system', isTrusted: true } }),
    onReload: () => {},
  })
  uplink.start()
  closing.push(() => uplink.stop())
  return uplink
}

const pending = (outbox: Outbox): number => outbox.status().streams.vital.pending

test('accepted samples arrive in order and leave the outbox when the host has stored them', async () => {
  const { broker, host } = await central()
  const { outbox, alias } = await outboxIn(folder())
  uplinkTo(broker.url, outbox)
  await host.until(() => host.births.length > 0)
  await append(outbox, alias, [1, 2, 3])
  await outbox.appendRecords('event', [{ schema: 'device.state/1', timeMs: 5, device: 'gas-1', body: { state: 'lost' } }])
  await host.until(() => host.samples().length === 3 && host.received.some((m) => m.records.length === 1))
  expect(host.samples().map((s) => s.value)).toEqual([1, 2, 3])
  expect(host.deviceBirths.get('gas-1')?.metrics.find((m) => m.name === 'co')?.alias).toBe(alias)
  await expect.poll(() => pending(outbox)).toBe(0)
  await expect.poll(() => outbox.status().streams.event.pending).toBe(0)
})

test('nothing is sent before the host is online and has answered the birth', async () => {
  const { broker, host } = await central(false)
  const { outbox, alias } = await outboxIn(folder())
  await append(outbox, alias, [1])
  const uplink = uplinkTo(broker.url, outbox)
  await expect.poll(() => uplink.state().state).toBe('waiting-for-host')
  host.answers = false
  await host.setOnline(true)
  await host.until(() => host.births.length > 0)
  expect(uplink.state().state).toBe('waiting-for-answer')
  expect(host.samples()).toEqual([])
})

test('what is not acknowledged comes again, and what is acknowledged does not', async () => {
  const { broker, host } = await central()
  const { outbox, alias } = await outboxIn(folder())
  uplinkTo(broker.url, outbox)
  await host.until(() => host.births.length > 0)
  await append(outbox, alias, [1])
  await host.until(() => host.samples().length === 1)
  await expect.poll(() => pending(outbox)).toBe(0)
  host.answers = false
  await append(outbox, alias, [2])
  await host.until(() => host.samples().length === 2)
  host.answers = true
  await host.command(OUTBOX_METRICS.rebirth, true)
  await host.until(() => host.samples().length === 3)
  expect(host.samples().map((s) => s.value)).toEqual([1, 2, 2])
  await expect.poll(() => pending(outbox)).toBe(0)
})

test("what a driver read out of a device's history goes as history, and the live sample beside it as live", async () => {
  const { broker, host } = await central()
  const { outbox, alias } = await outboxIn(folder())
  uplinkTo(broker.url, outbox)
  await host.until(() => host.births.length > 0)
  const samples = new SampleBuilder()
  samples.push(alias, Date.now() - 5_000, 1, 0, 0, SAMPLE_FLAGS.backfilled, 20)
  samples.push(alias, Date.now(), 2)
  samples.push(alias, Date.now() - 4_000, 3, 0, 0, SAMPLE_FLAGS.backfilled, 20)
  await outbox.append('vital', samples)
  await host.until(() => host.samples().length === 3)
  expect(new Map(host.samples().map((s) => [s.value, s.flags]))).toEqual(
    new Map([
      [1, SAMPLE_FLAGS.backfilled],
      [2, 0],
      [3, SAMPLE_FLAGS.backfilled],
    ]),
  )
  await expect.poll(() => pending(outbox)).toBe(0)
})

test('data of an outage longer than half a minute comes as history beside the live data', async () => {
  const broker = await startTestBroker()
  closing.push(() => broker.close())
  const directory = folder()
  const first = await outboxIn(directory)
  await append(first.outbox, first.alias, [1, 2], Date.now() - 60_000)
  await first.close()
  const { outbox, alias } = await outboxIn(directory)
  const host = await TestHost.connect(broker.url)
  closing.push(() => host.close())
  uplinkTo(broker.url, outbox)
  await append(outbox, alias, [3])
  await host.until(() => host.samples().length === 3)
  const flags = new Map(host.samples().map((s) => [s.value, s.flags & 1]))
  expect([flags.get(1), flags.get(2), flags.get(3)]).toEqual([1, 1, 0])
})

test('a link that is cut and comes back loses nothing', async () => {
  const { broker, host } = await central()
  const { outbox, alias } = await outboxIn(folder())
  uplinkTo(broker.url, outbox)
  await host.until(() => host.births.length > 0)
  await append(outbox, alias, [1])
  await host.until(() => host.samples().length === 1)
  await broker.cut()
  await append(outbox, alias, [2, 3])
  await broker.open()
  await host.until(() => new Set(host.samples().map((s) => s.value)).size === 3)
  await expect.poll(() => pending(outbox)).toBe(0)
})

test('a disk that is an older copy of itself begins a new incarnation and delivers under it', async () => {
  const { broker, host } = await central()
  const original = folder()
  const copy = join(folder(), 'image')
  const { outbox, alias, close } = await outboxIn(original)
  await append(outbox, alias, [1])
  const { incarnation } = outbox
  const uplink = uplinkTo(broker.url, outbox)
  await host.until(() => host.samples().length === 1)
  await expect.poll(() => pending(outbox)).toBe(0)
  cpSync(original, copy, { recursive: true, filter: (path) => !path.includes('lock') && !path.endsWith('owner') })
  await append(outbox, alias, [2])
  await host.until(() => host.samples().length === 2)
  await uplink.stop()
  await close()

  const restored = await outboxIn(copy)
  expect(restored.outbox.incarnation).toBe(incarnation)
  uplinkTo(broker.url, restored.outbox)
  await expect.poll(() => restored.outbox.incarnation, { timeout: 10_000 }).not.toBe(incarnation)
  await append(restored.outbox, restored.alias, [9])
  await host.until(() => host.samples().some((s) => s.value === 9))
  await expect.poll(() => pending(restored.outbox)).toBe(0)
})

test('acknowledgements of another outbox are not mistaken for ours', async () => {
  const { broker, host } = await central()
  const { outbox, alias } = await outboxIn(folder())
  uplinkTo(broker.url, outbox)
  await host.until(() => host.births.length > 0)
  host.answers = false
  await append(outbox, alias, [1])
  await host.until(() => host.samples().length === 1)
  await host.command(OUTBOX_METRICS.stored, encodeStored({ incarnation: 'ffffffffffffffff', isComplete: false, streams: new Map([['vital', [{ first: 0, count: 1 }]]]) }))
  await host.command(OUTBOX_METRICS.stored, new Uint8Array([1, 2, 3]))
  host.answers = true
  await append(outbox, alias, [2])
  await host.until(() => host.samples().some((s) => s.value === 2))
  await expect.poll(() => outbox.firstPending('vital', 0, 2)).toEqual({ first: 0, count: 1 })
})

test("a foreign host with sparkplug-payload and mqtt.js reads names, aliases and values, and its broker's word is enough", async () => {
  const broker = await startTestBroker()
  closing.push(() => broker.close())
  const peer = sparkplug.get('spBv1.0') ?? expect.unreachable()
  const client = await mqtt.connectAsync(broker.url)
  closing.push(() => client.endAsync(true))
  const names = new Map<number, string>()
  const values = new Map<string, unknown>()
  client.on('message', (topic, payload) => {
    const type = topic.split('/')[2]
    for (const metric of peer.decodePayload(payload).metrics ?? []) {
      if (type?.endsWith('BIRTH') && metric.alias !== undefined && metric.alias !== null) names.set(Number(metric.alias), metric.name ?? '')
      if (type === 'DDATA') values.set(names.get(Number(metric.alias)) ?? '?', metric.value)
    }
  })
  await client.subscribeAsync('spBv1.0/990121/#')
  const { outbox, alias } = await outboxIn(folder())
  uplinkTo(broker.url, outbox, { acknowledgement: 'broker' })
  await append(outbox, alias, [24.5])
  await expect.poll(() => values.get('co')).toBe(24.5)
  await expect.poll(() => pending(outbox)).toBe(0)
})
