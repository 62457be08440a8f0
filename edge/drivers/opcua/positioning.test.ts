/*
 * A gateway's driver on the simulated personnel positioning system, a change of shift in seconds: every passage is recorded, and the
 * counts that are read are what went in less what came out.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '@orewatch/core'
import { loadProfile, type ResolvedPoint, resolveEvents, resolvePoints } from '@orewatch/firmware-adapters'
import { makePositioning, orderPositioning, type PersonnelPositioning, startPersonnelPositioning } from '@orewatch/firmware-adapters/simulation'
import { afterEach, expect, test } from 'vitest'
import type { LineDriver } from '../driver.ts'
import { contextOf, RecordingSink } from '../test/recording-sink.ts'
import { createOpcUaLine } from './index.ts'
import { fastConfig } from './test/simulated-place.ts'

interface Message {
  readonly title: string
  readonly schema: string
  readonly type: string
  readonly fields: Readonly<Record<string, string | number>>
  readonly body: Readonly<Record<string, unknown>>
}

const vectors = new URL('../../../firmware-adapters/personnel-positioning/vectors/messages.json', import.meta.url)
const { messages } = JSON.parse(readFileSync(vectors, 'utf8')) as { messages: readonly Message[] }
const profile = loadProfile('personnel-positioning')
const points = resolvePoints(profile).map((point) => ({ ...point, periodMs: 100, source: quick(point.source) }))
// 06:30 in Shanghai: nobody passes a gate before the night shift comes up at 07:20.
const START_MS = Date.UTC(2026, 2, 4, 22, 30)
const HOUR_MS = 3_600_000

let dir = ''
let simulator: PersonnelPositioning
let sink: RecordingSink
let line: LineDriver

afterEach(async () => {
  await line.stop()
  await simulator.close()
  await rm(dir, { recursive: true, force: true })
})

// The profile samples counts once a second, which is half an hour in this hurry.
function quick(source: ResolvedPoint['source']): ResolvedPoint['source'] {
  return source.kind === 'opcua' ? { kind: 'opcua', opcua: { ...source.opcua, samplingMs: 50 } } : source
}

/** A clock that stands at START_MS until it is let go, and then goes so many times faster. */
class HurriedClock implements Clock {
  #fromMs: number | undefined
  #times = 0

  go(times: number): void {
    this.#fromMs = systemClock.nowMs()
    this.#times = times
  }

  nowMs(): number {
    return START_MS + (this.#fromMs === undefined ? 0 : (systemClock.nowMs() - this.#fromMs) * this.#times)
  }

  monotonicMs(): number {
    return systemClock.monotonicMs()
  }
}

async function open(): Promise<HurriedClock> {
  const clock = new HurriedClock()
  dir = await mkdtemp(join(tmpdir(), 'orewatch-positioning-'))
  const positioning = makePositioning(1)
  orderPositioning(positioning, 'sos', START_MS + HOUR_MS)
  simulator = await startPersonnelPositioning({ pkiDir: join(dir, 'server'), clock, positioning })
  sink = new RecordingSink()
  line = createOpcUaLine(fastConfig(simulator.endpointUrl), contextOf(sink), join(dir, 'gateway'))
  line.setDevice({ id: 'positioning', points, events: resolveEvents(profile) })
  line.start()
  await sink.untilGood('positioning', 2)
  // The kind that is subscribed to last: when one of it comes, all do.
  const probe = setInterval(() => simulator.raise({ type: 's=OverTimeEventType', timeMs: START_MS, fields: { Card: 'A99999', EnterTime: START_MS } }), 100)
  await sink.until(() => sink.events.length > 0)
  clearInterval(probe)
  return clock
}

const passages = () => sink.events.filter(({ schema }) => schema === 'positioning.passage/1')

test('while one shift comes up and the next goes down, every count that is read is what went in less what came out', async () => {
  const clock = await open()
  clock.go(1_800)
  // 08:45: all are down. Events come in order, so one of later than that says that all passages are here.
  const doneMs = START_MS + 2.25 * HOUR_MS
  await sink.until(() => sink.of('positioning', 0).some(({ timeMs }) => timeMs > doneMs) && sink.events.some(({ schema, timeMs }) => schema === 'positioning.area-change/1' && timeMs > doneMs))
  const [first, ...later] = sink.of('positioning', 0).filter(({ timeMs }) => timeMs <= doneMs)
  const through = (dir: string, toMs: number): number => passages().filter(({ body, timeMs }) => body['dir'] === dir && timeMs <= toMs).length
  const wrong = later.filter(({ timeMs, value }) => value !== (first?.value ?? Number.NaN) + through('IN', timeMs) - through('OUT', timeMs))
  expect(first?.timeMs).toBe(START_MS)
  expect(later.length).toBeGreaterThan(20)
  expect([through('OUT', Number.POSITIVE_INFINITY) > 70, through('IN', Number.POSITIVE_INFINITY) > 70, wrong]).toEqual([true, true, []])
  expect(sink.events.filter(({ body }) => body['flaws'] !== undefined)).toEqual([])
  expect(sink.events.find(({ schema }) => schema === 'positioning.sos/1')).toMatchObject({ timeMs: START_MS + HOUR_MS, body: { sos: 1, state: '在井', station: expect.stringMatching(/^B-/) } })
})

test.each(messages)('the published message «$title» arrives as it stands', async ({ schema, type, fields, body }) => {
  await open()
  simulator.raise({ type, timeMs: START_MS, fields })
  await sink.until(() => sink.events.some((event) => event.schema === schema))
  expect(sink.events.find((event) => event.schema === schema)).toMatchObject({ device: 'positioning', timeMs: START_MS, body })
})
