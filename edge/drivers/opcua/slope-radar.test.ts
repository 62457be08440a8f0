/*
 * A slope radar through driver and judge, live and out of its history: what is incoherent or marked comes out suspect, scan by scan.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, Q, reasonOf, type Sample, SAMPLE_FLAGS, SampleBuilder, type SampleColumns, systemClock } from '@orewatch/core'
import { loadProfile, type ResolvedPoint, resolvePoints } from '@orewatch/firmware-adapters'
import { makeRadar, type SlopeRadar, startSlopeRadar } from '@orewatch/firmware-adapters/simulation'
import { type StatusCodes } from 'node-opcua-client'
import { afterEach, expect, test } from 'vitest'
import { judgeOf } from '../../pipeline/derive.ts'
import type { LineDriver } from '../driver.ts'
import { contextOf, RecordingSink } from '../test/recording-sink.ts'
import { createOpcUaLine } from './index.ts'
import { fastConfig, NAMESPACE, openSimulatedPlace } from './test/simulated-place.ts'

interface ZoneVector {
  readonly title: string
  readonly coherence: number
  readonly status: string
  readonly quality: number
}

const { zones } = JSON.parse(readFileSync(new URL('../../../firmware-adapters/slope-radar/vectors/zones.json', import.meta.url), 'utf8')) as { zones: readonly ZoneVector[] }
const STATUS_NAMES: Readonly<Record<string, keyof typeof StatusCodes>> = { '0x00000000': 'Good', '0x40000000': 'Uncertain' }

const START_MS = Date.UTC(2026, 2, 5, 8)
const SCAN_MS = 300_000
const profile = loadProfile('slope-radar')
const wiring = ['displacement', 'coherence'].map((template) => ({ template, slot: 1 }))
const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A clock that a test sets, for scans of minutes that pass at once. */
class SetClock implements Clock {
  ms = START_MS

  nowMs(): number {
    return this.ms
  }

  monotonicMs(): number {
    return systemClock.monotonicMs()
  }
}

/** What comes out behind the judge. */
class JudgingSink extends RecordingSink {
  readonly #judge: ReturnType<typeof judgeOf>
  readonly #keys: Uint32Array
  readonly #clock: Clock

  constructor(points: readonly ResolvedPoint[], clock: Clock) {
    super()
    this.#judge = judgeOf(points, { clock: 'device', maxSkewMs: SCAN_MS })
    this.#keys = Uint32Array.from(points, (_, index) => index)
    this.#clock = clock
  }

  override readings(device: string, columns: SampleColumns): void {
    const out = new SampleBuilder()
    // A second after the scan, so that a value which only still holds is never taken for that of a new scan.
    this.#judge.judge(columns, { nowMs: this.#clock.nowMs() + 1_000, isTrusted: true }, this.#keys, () => out)
    super.readings(device, out)
  }
}

// The profile's periods are minutes; what they mean is not what is tested here.
function quick(points: readonly ResolvedPoint[]): ResolvedPoint[] {
  return points.map((point) => ({ ...point, periodMs: 100, source: point.source.kind === 'opcua' ? { kind: 'opcua', opcua: { ...point.source.opcua, samplingMs: 50 } } : point.source }))
}

function watch(endpointUrl: string, pkiDirectory: string, points: readonly ResolvedPoint[], clock: Clock): { readonly sink: JudgingSink; readonly line: LineDriver } {
  const sink = new JudgingSink(points, clock)
  // The server's own clock is the real one, and history is judged by how that differs from the driver's.
  const line = createOpcUaLine(fastConfig(endpointUrl), contextOf(sink), pkiDirectory)
  line.setDevice({ id: 'radar', points })
  line.start()
  closing.push(() => line.stop())
  return { sink, line }
}

async function openRadar(): Promise<{ readonly radar: SlopeRadar; readonly clock: SetClock; readonly sink: JudgingSink }> {
  const dir = await mkdtemp(join(tmpdir(), 'orewatch-radar-'))
  closing.push(() => rm(dir, { recursive: true, force: true }))
  const clock = new SetClock()
  const radar = await startSlopeRadar({ pkiDir: join(dir, 'server'), clock, radar: makeRadar({ onsetMs: START_MS }) })
  closing.push(() => radar.close())
  const { sink } = watch(radar.endpointUrl, join(dir, 'gateway'), quick(resolvePoints(profile, { points: wiring })), clock)
  await sink.until(() => displacementAt(sink, START_MS) !== undefined)
  return { radar, clock, sink }
}

/** The sample of a scan: the displacement of zone 1. */
function displacementAt(sink: RecordingSink, timeMs: number): Sample | undefined {
  return sink.of('radar', 0).find((row) => row.timeMs === timeMs)
}

async function nextScan(clock: SetClock, sink: JudgingSink): Promise<Sample> {
  clock.ms += SCAN_MS
  await sink.until(() => displacementAt(sink, clock.ms) !== undefined)
  return displacementAt(sink, clock.ms) as Sample
}

test.each(zones)('a zone that is $title has quality $quality', async ({ coherence, status, quality }) => {
  const marked = STATUS_NAMES[status] ?? 'Bad'
  const place = await openSimulatedPlace({
    nodes: [
      { identifier: 's=Radar.Zone1.Displacement', kind: 'double', value: () => 12.5, status: () => marked },
      { identifier: 's=Radar.Zone1.Coherence', kind: 'double', value: () => coherence },
    ],
  })
  closing.push(() => place.close())
  const points = quick(resolvePoints(profile, { options: { namespaceUri: NAMESPACE }, points: wiring }))
  const { sink } = watch(place.server.endpointUrl, place.pkiDirectory, points, systemClock)
  await sink.until(() => sink.of('radar', 0).length > 0 && sink.of('radar', 1).length > 0)
  // What came before the first coherence was read vouches for nothing and is suspect anyway.
  await sink.until(() => (sink.of('radar', 0).at(-1)?.quality ?? -1) === quality)
  expect(sink.of('radar', 0).at(-1)?.value).toBe(12.5)
  expect(sink.of('radar', 1).every((row) => row.quality === Q.good)).toBe(true)
})

test('a phase jump comes out suspect until the radar has found it, and the jump is never a good value', async () => {
  const { radar, clock, sink } = await openRadar()
  const before = (await nextScan(clock, sink)).value
  clock.ms += SCAN_MS
  radar.order('phase-jump', 1)
  const jumped: Sample[] = []
  for (let i = 0; i < 5; i++) jumped.push(await nextScan(clock, sink))
  expect(jumped.map(({ quality, reason }) => [quality, reasonOf(reason)])).toEqual([
    [Q.suspect, 'status-code'],
    [Q.suspect, 'status-code'],
    [Q.suspect, 'status-code'],
    [Q.good, 'none'],
    [Q.good, 'none'],
  ])
  const good = sink.of('radar', 0).filter(({ quality }) => quality === Q.good)
  expect(good.filter(({ value }) => Math.abs(value - before) > 4)).toEqual([])
})

test('scans that an outage left out come from the history, each judged by the coherence of its own scan', async () => {
  const { radar, clock, sink } = await openRadar()
  await nextScan(clock, sink)
  await radar.stop()
  await sink.untilState('radar', 'lost')
  const lastMs = clock.ms
  clock.ms += 2 * SCAN_MS
  radar.order('low-coherence', 1)
  // The simulator keeps an hour.
  clock.ms += 9 * SCAN_MS
  await radar.start()
  const missed = Array.from({ length: 10 }, (_, i) => lastMs + (i + 1) * SCAN_MS)
  await sink.until(() => missed.every((timeMs) => displacementAt(sink, timeMs) !== undefined))
  const filled = sink.of('radar', 0).filter(({ flags }) => (flags & SAMPLE_FLAGS.backfilled) !== 0)
  expect(filled.map(({ timeMs }) => timeMs)).toEqual(missed)
  // Half an hour of bad sight is six scans, from the second one on.
  expect(filled.map(({ quality, reason }) => [quality, reasonOf(reason)])).toEqual(missed.map((_, i) => (i >= 1 && i < 7 ? [Q.suspect, 'gate'] : [Q.good, 'none'])))
})
