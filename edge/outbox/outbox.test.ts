import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { columnsOf, samplesOf, type Sample, systemClock } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import type { OutboxRecord, Stream } from '@orewatch/protocol'
import { openOutbox, type Outbox, type OutboxOptions } from './index.ts'

let directory: string
let outbox: Outbox

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'orewatch-outbox-'))
  outbox = await open()
})

afterEach(async () => {
  await outbox.close()
  await rm(directory, { recursive: true })
})

function open(options: Partial<OutboxOptions> = {}): Promise<Outbox> {
  return openOutbox({ directory, clock: systemClock, log: silentLogger(), syncIntervalMs: 0, ...options })
}

async function reopen(options: Partial<OutboxOptions> = {}): Promise<void> {
  await outbox.close()
  outbox = await open(options)
}

function samples(count: number, from = 0): Sample[] {
  return Array.from({ length: count }, (_, i) => ({
    key: 1 + ((from + i) % 7), timeMs: 1_790_000_000_000 + (from + i) * 1000, value: (from + i) / 4, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0,
  }))
}

async function readAll(stream: Stream, from = 0): Promise<{ samples: Sample[]; records: OutboxRecord[]; positions: number[] }> {
  const all = { samples: [] as Sample[], records: [] as OutboxRecord[], positions: [] as number[] }
  for (let at = from; ;) {
    const chunk = await outbox.read(stream, at, Infinity, 32 * 1024)
    if (chunk === undefined) return all
    if (chunk.samples) all.samples.push(...samplesOf(chunk.samples))
    if (chunk.records) all.records.push(...chunk.records)
    for (const run of chunk.runs) for (let i = 0; i < run.count; i++) all.positions.push(run.first + i)
    at = (all.positions.at(-1) as number) + 1
  }
}

function confirm(stream: Stream, ...ranges: [number, number][]): void {
  outbox.confirm({ incarnation: outbox.incarnation, isComplete: false, streams: new Map([[stream, ranges.map(([first, count]) => ({ first, count }))]]) })
}

const GAS = { device: 'gas-1', name: 'ch4', isBoolean: false, properties: { unit: '%' } }

test('a new outbox is empty and has an incarnation of sixteen hexadecimal digits', () => {
  expect(outbox.incarnation).toMatch(/^[0-9a-f]{16}$/)
  expect(outbox.status().streams.vital).toEqual({ next: 0, pending: 0, bytes: 64, oldestMs: undefined })
})

test('appended samples are read back as they were, at the positions that the append told', async () => {
  const rows = samples(10_000).map((row, i) => ({ ...row, quality: i % 3, reason: i % 5, flags: i % 2, gatewayDeltaMs: 5 - i }))
  expect(await outbox.append('routine', columnsOf(rows))).toEqual({ incarnation: outbox.incarnation, stream: 'routine', first: 0, count: 10_000 })
  expect(outbox.next('routine')).toBe(10_000)
  const read = await readAll('routine')
  expect(read.samples).toEqual(rows)
  expect(read.positions).toEqual(rows.map((_, i) => i))
})

test('appends that overlap keep the order of their calls', async () => {
  const accepted = await Promise.all(Array.from({ length: 50 }, (_, i) => outbox.append('vital', columnsOf(samples(3, i * 3)))))
  expect(accepted.map(({ first }) => first)).toEqual(Array.from({ length: 50 }, (_, i) => i * 3))
  expect((await readAll('vital')).samples).toEqual(samples(150))
})

test('records and samples have positions of their own', async () => {
  const record = { schema: 'device.state/1', timeMs: 5, device: 'gas-1', body: { state: '离线', n: 1 } }
  await outbox.append('vital', columnsOf(samples(5)))
  expect((await outbox.appendRecords('event', [record, record])).first).toBe(0)
  expect((await readAll('event')).records).toEqual([record, record])
})

test('rows survive closing and opening, and positions go on', async () => {
  await outbox.append('routine', columnsOf(samples(5000)))
  const { incarnation } = outbox
  await reopen()
  expect(outbox.incarnation).toBe(incarnation)
  expect((await outbox.append('routine', columnsOf(samples(10, 5000)))).first).toBe(5000)
  expect((await readAll('routine')).samples).toEqual(samples(5010))
})

test('confirmed rows are not read again, also after opening', async () => {
  await outbox.append('routine', columnsOf(samples(1000)))
  await readAll('routine')
  confirm('routine', [0, 100], [300, 50])
  expect(outbox.firstPending('routine', 0, Infinity)).toEqual({ first: 100, count: 200 })
  await reopen()
  const { positions } = await readAll('routine')
  expect(positions).toEqual([...Array.from({ length: 200 }, (_, i) => 100 + i), ...Array.from({ length: 650 }, (_, i) => 350 + i)])
  expect(outbox.status().streams.routine.pending).toBe(850)
})

test('a segment that is wholly confirmed is deleted', async () => {
  await reopen({ segmentBytes: 4096 })
  for (let i = 0; i < 10; i++) await outbox.append('routine', columnsOf(samples(500, i * 500)))
  await readAll('routine')
  confirm('routine', [0, 4999])
  await expect.poll(async () => (await readdir(directory)).filter((name) => name.startsWith('routine'))).toHaveLength(1)
  expect((await readAll('routine')).samples).toEqual(samples(1, 4999))
})

test('positions go on after everything was confirmed', async () => {
  await outbox.append('vital', columnsOf(samples(10)))
  await readAll('vital')
  confirm('vital', [0, 10])
  await reopen()
  await reopen()
  expect((await outbox.append('vital', columnsOf(samples(1)))).first).toBe(10)
})

test('confirmations of another incarnation change nothing', async () => {
  await outbox.append('vital', columnsOf(samples(10)))
  outbox.confirm({ incarnation: '0'.repeat(16), isComplete: true, streams: new Map([['vital', [{ first: 0, count: 10 }]]]) })
  expect(outbox.status().streams.vital.pending).toBe(10)
})

test('the same description gives the same alias, another one another, across a restart too', async () => {
  const alias = outbox.alias(GAS)
  expect(outbox.alias({ ...GAS, properties: { unit: '%' } })).toBe(alias)
  const changed = outbox.alias({ ...GAS, properties: { unit: 'ppm' } })
  expect(changed).not.toBe(alias)
  await outbox.append('vital', columnsOf([{ ...(samples(1)[0] as Sample), key: alias }]))
  await reopen()
  expect(outbox.catalog()).toEqual([{ ...GAS, alias }])
  expect(outbox.alias({ ...GAS, properties: { unit: 'ppm' } })).toBe(changed)
  expect(outbox.catalog().map((point) => point.alias)).toEqual([alias, changed])
})

test('the tap hears of an append before the append resolves', async () => {
  const heard: unknown[] = []
  await reopen({ onAccepted: async (accepted, rows) => { heard.push([accepted.first, accepted.count, 'count' in rows && samplesOf(rows)]) } })
  await Promise.all([outbox.append('vital', columnsOf(samples(2))), outbox.append('vital', columnsOf(samples(1, 2)))])
  expect(heard).toEqual([[0, 2, samples(2)], [2, 1, samples(1, 2)]])
})

test('a second opener is refused while the first lives, and told who it is', async () => {
  await expect(open()).rejects.toThrow(new RegExp(`Another process owns .*owner=process ${process.pid}`))
})

test('a listener hears of every sync', async () => {
  let calls = 0
  outbox.onDurable(() => { calls++ })
  await outbox.append('vital', columnsOf(samples(1)))
  expect(calls).toBeGreaterThan(0)
})

test('an append beyond the memory limit waits for the disk and gets its place', async () => {
  await reopen({ maxQueuedBytes: 1000 })
  const accepted = await Promise.all(Array.from({ length: 20 }, (_, i) => outbox.append('routine', columnsOf(samples(30, i * 30)))))
  expect(accepted.map(({ first }) => first)).toEqual(Array.from({ length: 20 }, (_, i) => i * 30))
})

test('nothing is read beyond the limit, and at least one block however small the window', async () => {
  await outbox.append('routine', columnsOf(samples(100)))
  const chunk = await outbox.read('routine', 10, 40, 1)
  expect(chunk?.runs).toEqual([{ first: 10, count: 30 }])
  expect(chunk?.samples && samplesOf(chunk.samples)).toEqual(samples(30, 10))
})
