import { expect, test } from 'vitest'
import { type Sample, samplesOf } from '@orewatch/core'
import { healthySamples, OutboxSite, span } from './test/outbox-site.ts'

const GAS = { device: 'gas-1', name: 'ch4', isBoolean: false, properties: { unit: '%' } }

test('a new outbox is empty and has an incarnation of sixteen hexadecimal digits', async () => {
  await using site = await OutboxSite.make()
  expect(site.outbox.incarnation).toMatch(/^[0-9a-f]{16}$/)
  expect(site.outbox.status().streams.vital).toEqual({ next: 0, pending: 0, bytes: 64, oldestMs: undefined })
})

test('appended samples are read back as they were, at the positions that the append told', async () => {
  await using site = await OutboxSite.make()
  const rows = healthySamples(10_000).map((row, i) => ({ ...row, quality: i % 3, reason: i % 5, flags: i % 2, gatewayDeltaMs: 5 - i }))
  expect(await site.append('routine', rows)).toEqual({ incarnation: site.outbox.incarnation, stream: 'routine', first: 0, count: 10_000 })
  expect(site.outbox.next('routine')).toBe(10_000)
  const read = await site.readAll('routine')
  expect(read.samples).toEqual(rows)
  expect(read.positions).toEqual(rows.map((_, i) => i))
})

test('appends that overlap keep the order of their calls', async () => {
  await using site = await OutboxSite.make()
  const accepted = await Promise.all(Array.from({ length: 50 }, (_, i) => site.append('vital', healthySamples(3, i * 3))))
  expect(accepted.map(({ first }) => first)).toEqual(Array.from({ length: 50 }, (_, i) => i * 3))
  expect((await site.readAll('vital')).samples).toEqual(healthySamples(150))
})

test('records and samples have positions of their own', async () => {
  await using site = await OutboxSite.make()
  const record = { schema: 'device.state/1', timeMs: 5, device: 'gas-1', body: { state: '离线', n: 1 } }
  await site.append('vital', healthySamples(5))
  expect((await site.outbox.appendRecords('event', [record, record])).first).toBe(0)
  expect((await site.readAll('event')).records).toEqual([record, record])
})

test('rows survive closing and opening, and positions go on', async () => {
  await using site = await OutboxSite.make()
  await site.append('routine', healthySamples(5000))
  const { incarnation } = site.outbox
  await site.reopen()
  expect(site.outbox.incarnation).toBe(incarnation)
  expect((await site.append('routine', healthySamples(10, 5000))).first).toBe(5000)
  expect((await site.readAll('routine')).samples).toEqual(healthySamples(5010))
})

test('confirmed rows are not read again, also after opening', async () => {
  await using site = await OutboxSite.make()
  await site.append('routine', healthySamples(1000))
  await site.readAll('routine')
  site.confirm('routine', [0, 100], [300, 50])
  expect(site.outbox.firstPending('routine', 0, Infinity)).toEqual({ first: 100, count: 200 })
  await site.reopen()
  const { positions } = await site.readAll('routine')
  expect(positions).toEqual([...span(100, 300), ...span(350, 1000)])
  expect(site.outbox.status().streams.routine.pending).toBe(850)
})

test('a segment that is wholly confirmed is deleted', async () => {
  await using site = await OutboxSite.make()
  await site.reopen({ segmentBytes: 4096 })
  for (let i = 0; i < 10; i++) await site.append('routine', healthySamples(500, i * 500))
  await site.readAll('routine')
  site.confirm('routine', [0, 4999])
  await expect.poll(() => site.names(/^routine/)).toHaveLength(1)
  expect((await site.readAll('routine')).samples).toEqual(healthySamples(1, 4999))
})

test('positions go on after everything was confirmed', async () => {
  await using site = await OutboxSite.make()
  await site.append('vital', healthySamples(10))
  await site.readAll('vital')
  site.confirm('vital', [0, 10])
  await site.reopen()
  await site.reopen()
  expect((await site.append('vital', healthySamples(1))).first).toBe(10)
})

test('confirmations of another incarnation change nothing', async () => {
  await using site = await OutboxSite.make()
  await site.append('vital', healthySamples(10))
  site.outbox.confirm({ incarnation: '0'.repeat(16), isComplete: true, streams: new Map([['vital', [{ first: 0, count: 10 }]]]) })
  expect(site.outbox.status().streams.vital.pending).toBe(10)
})

test('the same description gives the same alias, another one another, across a restart too', async () => {
  await using site = await OutboxSite.make()
  const alias = site.outbox.alias(GAS)
  expect(site.outbox.alias({ ...GAS, properties: { unit: '%' } })).toBe(alias)
  const changed = site.outbox.alias({ ...GAS, properties: { unit: 'ppm' } })
  expect(changed).not.toBe(alias)
  await site.append('vital', [{ ...(healthySamples(1)[0] as Sample), key: alias }])
  await site.reopen()
  expect(site.outbox.catalog()).toEqual([{ ...GAS, alias }])
  expect(site.outbox.alias({ ...GAS, properties: { unit: 'ppm' } })).toBe(changed)
  expect(site.outbox.catalog().map((point) => point.alias)).toEqual([alias, changed])
})

test('the tap hears of an append before the append resolves', async () => {
  await using site = await OutboxSite.make()
  const heard: unknown[] = []
  await site.reopen({
    onAccepted: async (accepted, rows) => {
      heard.push([accepted.first, accepted.count, 'count' in rows && samplesOf(rows)])
    },
  })
  await Promise.all([site.append('vital', healthySamples(2)), site.append('vital', healthySamples(1, 2))])
  expect(heard).toEqual([
    [0, 2, healthySamples(2)],
    [2, 1, healthySamples(1, 2)],
  ])
})

test('a second opener is refused while the first lives, and told who it is', async () => {
  await using site = await OutboxSite.make()
  await expect(OutboxSite.make({ directory: site.directory })).rejects.toThrow(new RegExp(`Another process owns .*owner=process ${process.pid}`))
})

test('a listener hears of every sync', async () => {
  await using site = await OutboxSite.make()
  let calls = 0
  site.outbox.onDurable(() => {
    calls++
  })
  await site.append('vital', healthySamples(1))
  expect(calls).toBeGreaterThan(0)
})

test('an append beyond the memory limit waits for the disk and gets its place', async () => {
  await using site = await OutboxSite.make()
  await site.reopen({ maxQueuedBytes: 1000 })
  const accepted = await Promise.all(Array.from({ length: 20 }, (_, i) => site.append('routine', healthySamples(30, i * 30))))
  expect(accepted.map(({ first }) => first)).toEqual(Array.from({ length: 20 }, (_, i) => i * 30))
})

test('nothing is read beyond the limit, and at least one block however small the window', async () => {
  await using site = await OutboxSite.make()
  await site.append('routine', healthySamples(100))
  const chunk = await site.outbox.read('routine', 10, 40, 1)
  expect(chunk?.runs).toEqual([{ first: 10, count: 30 }])
  expect(chunk?.samples && samplesOf(chunk.samples)).toEqual(healthySamples(30, 10))
})
