/* The pipeline on a real outbox: what happens between a reading and its acceptance when the disk or the clock misbehaves. */
import { type Clock, columnsOf, reasonOf, SAMPLE_FLAGS, type Sample } from '@orewatch/core'
import type { ResolvedPoint } from '@orewatch/firmware-adapters'
import { silentLogger } from '@orewatch/observability'
import { expect, test } from 'vitest'
import { FaultFiles } from '../outbox/test/fault-files.ts'
import { OutboxSite } from '../outbox/test/outbox-site.ts'
import { ClockWatch } from './clock-watch.ts'
import { Pipeline } from './pipeline.ts'

const START_MS = 1_800_000_000_000
const point: ResolvedPoint = {
  name: 'co',
  title: { zh: '一氧化碳', en: 'CO' },
  sensorType: '0101',
  unit: 'ppm',
  scale: 1,
  offset: 0,
  rangeLo: 0,
  rangeHi: 500,
  resolution: 1,
  periodMs: 1_000,
  isBoolean: false,
  priority: 'vital',
  source: { kind: 'modbus', modbus: { area: 'holding', address: 0, type: 'float32' } },
}

class HandClock implements Clock {
  wallMs = START_MS
  steadyMs = 0
  nowMs = (): number => this.wallMs
  monotonicMs = (): number => this.steadyMs
  pass(ms: number): void {
    this.wallMs += ms
    this.steadyMs += ms
  }
}

const reading = (value: number): Sample => ({ key: 0, timeMs: Number.NaN, value, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 })

function pipelineOn(site: OutboxSite, clock: Clock, maxPendingAppends = 256): Pipeline {
  const pipeline = new Pipeline({ outbox: site.outbox, clock, log: silentLogger(), isClockTrusted: () => true, maxPendingAppends })
  pipeline.setDevice({ id: 'gas-1', profile: 'gas-substation', points: [point], time: { clock: 'gateway', maxSkewMs: 5_000 } })
  return pipeline
}

/** Whether a driver would have to wait now. */
async function holdsBack(pipeline: Pipeline): Promise<boolean> {
  return await Promise.race([pipeline.ready().then(() => false), new Promise<boolean>((resolve) => setImmediate(() => resolve(true)))])
}

test('on a full disk drivers are made to wait, and what was read before is accepted when there is room', async () => {
  const files = new FaultFiles()
  await using site = await OutboxSite.make({ files, retryIntervalMs: 20 })
  const clock = new HandClock()
  const pipeline = pipelineOn(site, clock, 8)
  files.fault = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
  for (let i = 0; i < 8; i++) {
    expect(await holdsBack(pipeline)).toBe(false)
    pipeline.readings('gas-1', columnsOf([reading(i)]))
    clock.pass(1_000)
  }
  expect(await holdsBack(pipeline)).toBe(true)
  expect(pipeline.stats()).toMatchObject({ accepted: 0, pendingAppends: 8 })
  await expect.poll(() => site.outbox.status().failure).toMatch(/free space/)
  files.fault = () => undefined
  await pipeline.ready()
  await expect.poll(() => pipeline.stats().accepted).toBe(8)
  const { samples } = await site.readAll('vital')
  expect(samples.map(({ timeMs, value }) => [timeMs, value])).toEqual(Array.from({ length: 8 }, (_, i) => [START_MS + i * 1_000, i]))
  pipeline.close()
})

test('an outbox that refuses for lack of memory is asked again, and nothing is left out or doubled', async () => {
  const files = new FaultFiles()
  await using site = await OutboxSite.make({ files, retryIntervalMs: 20, maxQueuedBytes: 64 })
  const clock = new HandClock()
  const pipeline = pipelineOn(site, clock)
  files.fault = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
  pipeline.readings('gas-1', columnsOf([reading(0)]))
  await expect.poll(() => site.outbox.status().failure).toBeDefined()
  for (let i = 1; i < 6; i++) {
    clock.pass(1_000)
    pipeline.readings('gas-1', columnsOf([reading(i)]))
  }
  files.fault = () => undefined
  await expect.poll(() => pipeline.stats().accepted, { timeout: 10_000 }).toBe(6)
  expect((await site.readAll('vital')).samples.map(({ value }) => value).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5])
  pipeline.close()
})

test.each([
  { stepMs: -10_000, what: 'a little: times go on increasing, and the samples say so' },
  { stepMs: -1_800_000, what: 'far: the new time counts at once' },
])('a clock that is set back by $stepMs ms is $what; nothing is refused and the step is an event', async ({ stepMs }) => {
  await using site = await OutboxSite.make()
  const clock = new HandClock()
  const pipeline = pipelineOn(site, clock)
  const watch = new ClockWatch({ clock, maxOffsetMs: 1_000, onStep: (step) => pipeline.record('event', { schema: 'clock.step/1', timeMs: step.atMs, body: { stepMs: step.stepMs } }) })
  for (let i = 0; i < 20; i++) {
    if (i === 10) clock.wallMs += stepMs
    watch.check()
    pipeline.readings('gas-1', columnsOf([reading(i)]))
    clock.pass(1_000)
  }
  await expect.poll(() => pipeline.stats().accepted).toBe(20)
  const { samples, positions } = await site.readAll('vital')
  expect(samples.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(positions).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(new Set(samples.map(({ timeMs }) => timeMs)).size).toBe(20)
  const isFar = stepMs < -60_000
  expect(samples[10]?.timeMs).toBe(isFar ? START_MS + 10_000 + stepMs : START_MS + 9_001)
  expect(((samples[10]?.flags ?? 0) & SAMPLE_FLAGS.timeAdjusted) !== 0).toBe(!isFar)
  expect((await site.readAll('event')).records).toMatchObject([{ schema: 'clock.step/1', body: { stepMs } }])
  pipeline.close()
})

test('a device that is lost gives one sample with the cause and one event, however often it is said', async () => {
  await using site = await OutboxSite.make()
  const clock = new HandClock()
  const pipeline = pipelineOn(site, clock)
  for (let i = 0; i < 3; i++) pipeline.state('gas-1', { kind: 'lost', sinceMs: clock.nowMs(), reason: 'timeout', detail: 'no answer' })
  clock.pass(5_000)
  pipeline.state('gas-1', { kind: 'live', sinceMs: clock.nowMs() })
  pipeline.readings('gas-1', columnsOf([reading(3)]))
  await expect.poll(() => pipeline.stats().accepted).toBe(2)
  const { samples } = await site.readAll('vital')
  expect(samples.map(({ quality, reason }) => [quality, reasonOf(reason)])).toEqual([
    [2, 'timeout'],
    [0, 'none'],
  ])
  expect((await site.readAll('event')).records.map(({ body }) => body['state'])).toEqual(['lost', 'live'])
  pipeline.close()
})
