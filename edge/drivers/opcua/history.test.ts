/*
 * The history of a real OPC UA server on a socket fills what an outage left out: exactly the samples that the server
 * kept, each once, without touching what is live; and a server whose history fails loses nothing live.
 */
import { Q, type Sample, SAMPLE_FLAGS } from '@orewatch/core'
import { type HistoryFault, historyTimes, type SimulatedHistory } from '@orewatch/firmware-adapters/simulation'
import { afterEach, expect, test } from 'vitest'
import type { LineDriver } from '../driver.ts'
import { contextOf, RecordingSink } from '../test/recording-sink.ts'
import type { OpcUaLineConfig } from './config.ts'
import { createOpcUaLine } from './index.ts'
import { deviceOf, fastConfig, openSimulatedPlace, type SimulatedPlace, WRITING_SERVICES } from './test/simulated-place.ts'

const HISTORY: SimulatedHistory = { stepMs: 10, pageRows: 40 }

let place: SimulatedPlace
let sink: RecordingSink
let line: LineDriver

afterEach(async () => {
  await line.stop()
  const asked = [...place.server.services.keys()]
  await place.close()
  expect(asked.filter((service) => WRITING_SERVICES.test(service))).toEqual([])
})

async function open(server: Parameters<typeof openSimulatedPlace>[0] = { history: HISTORY }, config: Partial<OpcUaLineConfig> = {}): Promise<void> {
  place = await openSimulatedPlace(server)
  sink = new RecordingSink()
  line = createOpcUaLine(fastConfig(place.server.endpointUrl, config), contextOf(sink), place.pkiDirectory)
  line.setDevice(deviceOf('plc', ['s=Ramp', 's=Constant']))
  line.start()
  await sink.untilGood('plc', 4)
}

const isHistory = ({ flags }: Sample): boolean => (flags & SAMPLE_FLAGS.backfilled) !== 0
const liveOf = (key: number): readonly Sample[] => sink.of('plc', key).filter((row) => !isHistory(row) && Number.isFinite(row.timeMs))
const historyOf = (key: number): readonly Sample[] => sink.of('plc', key).filter(isHistory)
const historyReads = (): number => place.server.services.get('HistoryReadRequest') ?? 0

/** Takes the server off the network for a while; returns a time at which nothing was read any more. */
async function cut(pauseMs: number): Promise<number> {
  await place.server.stop()
  const cutMs = Date.now()
  await sink.untilState('plc', 'lost')
  await new Promise((resolve) => {
    setTimeout(resolve, pauseMs)
  })
  await place.server.start()
  return cutMs
}

/** The last live time before the cut and the first after it, of a point. */
function edgesOf(key: number, cutMs: number): { readonly beforeMs: number; readonly afterMs: number } {
  const times = liveOf(key).map(({ timeMs }) => timeMs)
  return { beforeMs: Math.max(...times.filter((timeMs) => timeMs < cutMs)), afterMs: Math.min(...times.filter((timeMs) => timeMs > cutMs)) }
}

/** What the server keeps strictly between two times. */
function kept({ beforeMs, afterMs }: { readonly beforeMs: number; readonly afterMs: number }): number[] {
  return historyTimes(HISTORY, beforeMs + 1, afterMs - 1)
}

test('a cut of some seconds is filled with exactly what the server kept, in pages, in order, none doubled', async () => {
  await open()
  const cutMs = await cut(2_000)
  await sink.until(() => historyOf(0).length > 0 && historyOf(1).length > 0 && liveOf(0).some(({ timeMs }) => timeMs > cutMs))
  const wanted = [0, 1].map((key) => kept(edgesOf(key, cutMs)))
  await sink.until(() => [0, 1].every((key) => historyOf(key).length >= (wanted[key]?.length ?? 0)))
  expect(wanted[0]?.length).toBeGreaterThan(2 * (HISTORY.pageRows ?? 0))
  for (const key of [0, 1]) expect(historyOf(key).map(({ timeMs }) => timeMs)).toEqual(wanted[key])
  expect(historyOf(0).every(({ timeMs, value, quality }) => value === timeMs % 1_000_000 && quality === Q.good)).toBe(true)
  expect(historyOf(1).every(({ value }) => value === 42.5)).toBe(true)
})

test('a subscription that is rebuilt is filled up too', async () => {
  await open()
  const cutMs = Date.now()
  place.server.faults.dropSubscriptions()
  await sink.until(() => liveOf(0).some(({ timeMs }) => timeMs > cutMs + 300))
  await sink.until(() => historyOf(0).length > 0)
  const times = sink.of('plc', 0).map(({ timeMs }) => timeMs)
  expect(new Set(times).size).toBe(times.length)
})

test('a value that only holds is filled from its last reading on, not from its last change', async () => {
  await open()
  place.server.faults.freezeNode('s=Ramp')
  await sink.until(() => sink.of('plc', 0).filter(({ timeMs }) => Number.isNaN(timeMs)).length >= 4)
  const frozenMs = Math.max(...liveOf(0).map(({ timeMs }) => timeMs))
  await cut(500)
  await sink.until(() => historyOf(0).length > 0)
  // Four readings at 100 ms say that it held for three times as long at least; one of them the clock of a busy machine may take.
  expect(historyOf(0)[0]?.timeMs).toBeGreaterThan(frozenMs + 150)
})

test('history does not make a device live, and rows carry the difference of the clocks', async () => {
  await open()
  await cut(300)
  await sink.until(() => historyOf(0).length > 0)
  expect(sink.kinds('plc')).toEqual(['starting', 'live', 'lost', 'live'])
  expect(historyOf(0).every(({ gatewayDeltaMs }) => Math.abs(gatewayDeltaMs) < 1_000)).toBe(true)
})

test('a server without history is not asked for it', async () => {
  await open({})
  await cut(300)
  await sink.untilGood('plc', 6)
  expect([historyReads(), historyOf(0).length]).toEqual([0, 0])
})

test('with historyMaxMs 0 no history is read', async () => {
  await open({ history: HISTORY }, { historyMaxMs: 0 })
  await cut(300)
  await sink.untilGood('plc', 6)
  expect(historyReads()).toBe(0)
})

test('of a long outage only the last historyMaxMs are read', async () => {
  await open({ history: HISTORY }, { historyMaxMs: 1_000 })
  const cutMs = await cut(2_000)
  await sink.until(() => liveOf(0).some(({ timeMs }) => timeMs > cutMs))
  const { afterMs } = edgesOf(0, cutMs)
  const wanted = historyTimes(HISTORY, afterMs - 1_000 + 1, afterMs - 1)
  await sink.until(() => historyOf(0).length >= wanted.length)
  expect(historyOf(0).map(({ timeMs }) => timeMs)).toEqual(wanted)
})

const FAULTS: readonly (readonly [string, HistoryFault])[] = [
  ['refuses', { kind: 'refused', status: 'BadHistoryOperationUnsupported' }],
  ['denies access', { kind: 'refused', status: 'BadUserAccessDenied' }],
  ['never answers in time', { kind: 'slow', delayMs: 5_000 }],
]

test.each(FAULTS)('a server whose history %s loses nothing live', async (_, fault) => {
  await open()
  place.server.faults.history = fault
  await cut(200)
  await sink.untilState('plc', 'live')
  await sink.until(() => historyReads() > 0)
  const before = { ramp: liveOf(0).length, states: sink.kinds('plc').length }
  await sink.until(() => liveOf(0).length >= before.ramp + 15)
  expect([historyOf(0).length, sink.kinds('plc').length]).toEqual([0, before.states])
})

test('an answer that comes for a device which was described anew meanwhile is not taken for the new one', async () => {
  await open()
  place.server.faults.history = { kind: 'slow', delayMs: 600 }
  await cut(300)
  await sink.until(() => historyReads() > 0)
  line.setDevice(deviceOf('plc', ['s=Constant', 's=Ramp']))
  sink.clear()
  // The answers come a moment later; by then the new device has given a second of samples.
  await sink.until(() => sink.of('plc', 0).length >= 12)
  expect([historyOf(0), historyOf(1)]).toEqual([[], []])
})

test('a history that is slow once is asked again and filled', async () => {
  await open()
  place.server.faults.history = { kind: 'slow', delayMs: 3_000 }
  const cutMs = await cut(500)
  await sink.until(() => historyReads() > 0)
  place.server.faults.history = undefined
  await sink.until(() => historyOf(0).length > 0 && liveOf(0).some(({ timeMs }) => timeMs > cutMs))
  const wanted = kept(edgesOf(0, cutMs))
  await sink.until(() => historyOf(0).length >= wanted.length)
  expect(historyOf(0).map(({ timeMs }) => timeMs)).toEqual(wanted)
})

test('rows without time, outside of the gap, twice and in the wrong order do no harm, and bad ones are handed on as bad', async () => {
  await open({ history: { stepMs: 10, pageRows: 1_000 } })
  place.server.faults.history = { kind: 'bad-rows' }
  const cutMs = await cut(500)
  await sink.until(() => historyOf(0).length > 0 && liveOf(0).some(({ timeMs }) => timeMs > cutMs))
  const wanted = kept(edgesOf(0, cutMs))
  await sink.until(() => historyOf(0).length >= wanted.length)
  expect(historyOf(0).map(({ timeMs }) => timeMs)).toEqual(wanted)
  for (const { timeMs, quality, value } of historyOf(0)) expect([quality, value]).toEqual(timeMs % 4 === 0 ? [Q.sensorFault, Number.NaN] : [Q.good, timeMs % 1_000_000])
})

test('an outage in the middle of a backfill loses nothing of it', async () => {
  await open({ history: { stepMs: 2, pageRows: 20 } })
  const cutMs = await cut(500)
  await sink.until(() => historyOf(0).length > 0)
  sink.stateLog.length = 0
  const again = await cut(200)
  await sink.until(() => liveOf(0).some(({ timeMs }) => timeMs > again))
  const edges = edgesOf(0, cutMs)
  const wanted = historyTimes({ stepMs: 2 }, edges.beforeMs + 1, edges.afterMs - 1)
  const filled = (): number[] =>
    historyOf(0)
      .map(({ timeMs }) => timeMs)
      .filter((timeMs) => timeMs < edges.afterMs)
  await sink.until(() => filled().length >= wanted.length)
  expect(filled()).toEqual(wanted)
})
