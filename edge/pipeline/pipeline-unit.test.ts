import { columnsOf, defineErrors, Q, type Sample, SampleBuilder, samplesOf } from '@orewatch/core'
import type { ResolvedPoint } from '@orewatch/firmware-adapters'
import { silentLogger } from '@orewatch/observability'
import type { OutboxRecord } from '@orewatch/protocol'
import { expect, test } from 'vitest'
import type { DeviceEvent } from '../drivers/driver.ts'
import type { Accepted } from '../outbox/outbox.ts'
import { Pipeline, type PipelineOptions } from './pipeline.ts'

const { FULL } = defineErrors('TEST', { FULL: { retry: 'soon', message: 'The disk is full.' } })
const accepted: Accepted = { incarnation: '0'.repeat(16), stream: 'vital', first: 0, count: 1 }

/** The part of an outbox that the pipeline writes to, in memory; `gate` holds appends back, `failures` refuses the next ones. */
class MemoryOutbox {
  readonly samples: Sample[] = []
  readonly streams: string[] = []
  readonly records: OutboxRecord[] = []
  gate: Promise<void> = Promise.resolve()
  failures = 0
  #alias = 16

  alias(): number {
    return this.#alias++
  }

  async append(stream: string, samples: SampleBuilder): Promise<Accepted> {
    await this.gate
    if (this.failures-- > 0) throw FULL()
    this.streams.push(stream)
    this.samples.push(...samplesOf(samples))
    return accepted
  }

  async appendRecords(_: string, records: readonly OutboxRecord[]): Promise<Accepted> {
    await this.gate
    this.records.push(...records)
    return accepted
  }
}

function point(name: string, priority: 'vital' | 'routine' = 'vital'): ResolvedPoint {
  return {
    name,
    title: { zh: name, en: name },
    sensorType: '0101',
    unit: 'ppm',
    scale: 1,
    offset: 0,
    resolution: 1,
    periodMs: 1000,
    isBoolean: false,
    priority,
    source: { kind: 'modbus', modbus: { area: 'holding', address: 0, type: 'float32' } },
  }
}

function stage(points: readonly ResolvedPoint[], options: Partial<PipelineOptions> = {}): { pipeline: Pipeline; outbox: MemoryOutbox; clock: { ms: number } } {
  const outbox = new MemoryOutbox()
  const clock = { ms: 1_000_000 }
  const pipeline = new Pipeline({ outbox, clock: { nowMs: () => clock.ms, monotonicMs: () => clock.ms }, log: silentLogger(), isClockTrusted: () => true, ...options })
  pipeline.setDevice({ id: 'gas-1', profile: 'gas-substation', points, time: { clock: 'gateway', maxSkewMs: 5_000 } })
  return { pipeline, outbox, clock }
}

function reading(key: number, value: number): Sample {
  return { key, timeMs: Number.NaN, value, quality: Q.good, reason: 0, flags: 0, gatewayDeltaMs: 0 }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('readings become samples of their stream, stamped by the gateway', async () => {
  const { pipeline, outbox } = stage([point('co'), point('humidity', 'routine')])
  pipeline.readings('gas-1', columnsOf([reading(0, 24.5), reading(1, 80)]))
  await settled()
  expect(outbox.streams).toEqual(['vital', 'routine'])
  expect(outbox.samples.map((s) => [s.key, s.timeMs, s.value])).toEqual([
    [16, 1_000_000, 24.5],
    [17, 1_000_000, 80],
  ])
})

test('the driver may use its columns again at once', async () => {
  const { pipeline, outbox } = stage([point('co')])
  const columns = new SampleBuilder()
  columns.push(0, Number.NaN, 1)
  pipeline.readings('gas-1', columns)
  columns.value[0] = 99
  await settled()
  expect(outbox.samples[0]?.value).toBe(1)
})

test('a device that is lost gives one bad sample per point and one event, however often it is said', async () => {
  const { pipeline, outbox } = stage([point('co'), point('o2')])
  pipeline.state('gas-1', { kind: 'lost', sinceMs: 0, reason: 'timeout', detail: 'no answer' })
  pipeline.state('gas-1', { kind: 'paused', untilMs: 0, reason: 'timeout', detail: 'no answer' })
  await settled()
  expect(outbox.samples.map((s) => [s.quality, s.value])).toEqual([
    [Q.commLost, Number.NaN],
    [Q.commLost, Number.NaN],
  ])
  expect(outbox.records).toMatchObject([{ schema: 'device.state/1', device: 'gas-1', body: { state: 'lost', reason: 'timeout' } }])
  expect(pipeline.stats().lostSinceMs.get('gas-1')).toBe(1_000_000)
})

test('a device that answers again says so once, and its next loss counts anew', async () => {
  const { pipeline, outbox } = stage([point('co')])
  pipeline.state('gas-1', { kind: 'lost', sinceMs: 0, reason: 'timeout', detail: '' })
  pipeline.state('gas-1', { kind: 'live', sinceMs: 0 })
  pipeline.readings('gas-1', columnsOf([reading(0, 1)]))
  pipeline.state('gas-1', { kind: 'lost', sinceMs: 0, reason: 'connection-lost', detail: '' })
  await settled()
  expect(outbox.records.map((r) => r.body['state'])).toEqual(['lost', 'live', 'lost'])
  expect(outbox.samples.map((s) => s.quality)).toEqual([Q.commLost, Q.good, Q.commLost])
})

test('drivers wait while too much is on its way to the disk, and go on afterwards', async () => {
  const { pipeline, outbox } = stage([point('co')], { maxPendingAppends: 2 })
  const { promise, resolve } = Promise.withResolvers<void>()
  outbox.gate = promise
  pipeline.readings('gas-1', columnsOf([reading(0, 1)]))
  pipeline.readings('gas-1', columnsOf([reading(0, 2)]))
  let isReady = false
  const ready = pipeline.ready().then(() => {
    isReady = true
  })
  await settled()
  expect(isReady).toBe(false)
  resolve()
  await ready
  expect(outbox.samples.map((s) => s.value)).toEqual([1, 2])
})

test('what a full disk refuses is offered again, with the time at which it was read', async () => {
  const { pipeline, outbox, clock } = stage([point('co')])
  outbox.failures = 1
  pipeline.readings('gas-1', columnsOf([reading(0, 7)]))
  clock.ms += 5_000
  await expect.poll(() => outbox.samples.length, { timeout: 5_000 }).toBe(1)
  expect(outbox.samples[0]).toMatchObject({ value: 7, timeMs: 1_000_000 })
})

test("readings of a device that was taken off the configuration are nobody's", async () => {
  const { pipeline, outbox } = stage([point('co')])
  pipeline.removeDevice('gas-1')
  pipeline.readings('gas-1', columnsOf([reading(0, 1)]))
  await settled()
  expect(outbox.samples).toEqual([])
})

const passage = (timeMs: number, body: Record<string, unknown> = { eventId: 'ab', card: 'A1' }): DeviceEvent => ({ schema: 'positioning.passage/1', timeMs, body })

test('an event becomes a record of its device, at its own time', async () => {
  const { pipeline, outbox } = stage([point('count')])
  pipeline.event('gas-1', passage(999_000))
  pipeline.event('nobody', passage(999_000))
  await settled()
  expect(outbox.records).toEqual([{ schema: 'positioning.passage/1', timeMs: 999_000, device: 'gas-1', body: { eventId: 'ab', card: 'A1' } }])
})

test("an event whose clock cannot be right, or that has no time, is of the gateway's time and says so; the device's is kept", async () => {
  const { pipeline, outbox } = stage([point('count')])
  pipeline.event('gas-1', passage(2_000_000, { card: 'A1', flaws: ['x: missing'] }))
  pipeline.event('gas-1', passage(Number.NaN))
  await settled()
  expect(outbox.records).toMatchObject([
    { timeMs: 1_000_000, body: { deviceTimeMs: 2_000_000, flaws: ['x: missing', expect.stringContaining('clock is not believed')] } },
    { timeMs: 1_000_000, body: { flaws: [expect.stringContaining('gives none')] } },
  ])
})

test('events of a device whose clock was checked keep their time however late they come', async () => {
  const { pipeline, outbox } = stage([point('count')])
  pipeline.setDevice({ id: 'gates', profile: 'personnel-positioning', points: [point('count')], time: { clock: 'device', maxSkewMs: 5_000 } })
  pipeline.event('gates', passage(400_000))
  await settled()
  expect(outbox.records).toEqual([expect.objectContaining({ timeMs: 400_000, body: { eventId: 'ab', card: 'A1' } })])
})

test('events are kept while the disk takes nothing, to a bound; what is beyond is counted and told', async () => {
  const { pipeline, outbox } = stage([point('count')])
  const { promise, resolve } = Promise.withResolvers<void>()
  outbox.gate = promise
  for (let i = 0; i < 10_003; i++) pipeline.event('gas-1', passage(1_000_000))
  resolve()
  await expect.poll(() => outbox.records.length).toBe(10_001)
  expect(outbox.records.filter(({ schema }) => schema === 'device.events/1')).toMatchObject([{ device: 'gas-1', body: { state: 'dropped', count: 3, fromMs: 1_000_000, toMs: 1_000_000 } }])
})
