/*
 * Central from the broker's socket to the acknowledgement: how many points a second it makes durable, on a store that is
 * not empty, with the load generator on the same two cores; beside it what the store takes without ingest.
 * `--seconds 120 --rows 50000000 --store duckdb|influxdb|both --broker aedes|mosquitto --gateways 10 --devices 10 --profile <directory>`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isInfluxdAvailable } from '@orewatch/testkit'
import type { BenchOptions, BenchResult } from './bench.ts'
import { type Child, startChild } from './parts/child.ts'
import { type BenchCounty, type BrokerKind, startBenchCounty } from './parts/county.ts'
import type { LoadOptions, LoadQuestion } from './parts/load.ts'
import { oneOf } from './parts/one-of.ts'
import { round } from './parts/percentiles.ts'
import { metricOf, usageOf } from './parts/process-meter.ts'
import type { RawOptions } from './parts/raw-writer.ts'
import { countStored, makeStorePlace, prefill, PREFILLED_UNTIL_MS, type StoreKind, type StorePlace } from './parts/store-place.ts'

const POINTS_PER_MESSAGE = 300
// Load of the paced run, as a share of what was sustained: where the time to the acknowledgement is not just the length of a full queue.
const PACED_SHARE = 0.7
// Rows a write of the raw run before central, whose own are not known yet: about what both stores are given in one.
const FIRST_RAW_ROWS = 10_000
// Times that no gateway uses: one would contradict the other.
const AHEAD_MS = 600_000
const REGISTER_TIMEOUT_MS = 600_000

interface Setting {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rawSeconds: number
  readonly pacedSeconds: number
  readonly rows: number
  readonly gateways: number
  readonly devices: number
  readonly windowBytes: number
  readonly broker: BrokerKind
  readonly profileDirectory: string | undefined
}

interface RawFigures {
  readonly rows: number
  readonly pointsPerSecond: number
  readonly cpuMicrosPerPoint: number
}

/** Prints for each store what was sustained, its CPU, the time to the acknowledgement, and what the store takes raw. */
export async function run({ report, quick, flags }: BenchOptions): Promise<BenchResult> {
  const setting: Setting = {
    seconds: Number(flags['seconds'] ?? (quick ? 2 : 120)),
    warmUpSeconds: quick ? 0.5 : 5,
    rawSeconds: Number(flags['raw-seconds'] ?? (quick ? 1 : 30)),
    pacedSeconds: Number(flags['paced-seconds'] ?? (quick ? 1 : 30)),
    rows: Number(flags['rows'] ?? (quick ? 100_000 : 50_000_000)),
    gateways: Number(flags['gateways'] ?? (quick ? 2 : 10)),
    devices: Number(flags['devices'] ?? (quick ? 1 : 10)),
    windowBytes: Number(flags['window-bytes'] ?? 1024 ** 2),
    broker: oneOf(flags['broker'] ?? 'aedes', ['aedes', 'mosquitto']),
    profileDirectory: flags['profile'],
  }
  const store = oneOf(flags['store'] ?? 'both', ['duckdb', 'influxdb', 'both'])
  const kinds: readonly StoreKind[] = store === 'both' ? ['duckdb', 'influxdb'] : [store]
  const figures: Record<string, BenchResult> = {}
  const skipped: string[] = []
  for (const kind of kinds) {
    if (kind === 'influxdb' && store === 'both' && !isInfluxdAvailable()) skipped.push('influxdb: not installed, npm run services installs it')
    else figures[kind] = await measureStore(kind, setting, (line) => report(`${kind}: ${line}`))
  }
  const { seconds, rows, gateways, devices, windowBytes, broker } = setting
  return {
    ok: Object.values(figures).every((f) => f.ok),
    ...figures,
    ...(skipped.length > 0 && { skipped }),
    setting: { seconds, rows, gateways, devices, pointsPerMessage: POINTS_PER_MESSAGE, windowBytes, broker },
  }
}

async function measureStore(kind: StoreKind, setting: Setting, report: (line: string) => void): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-bench-ingest-'))
  const place = await makeStorePlace(kind, directory)
  try {
    const points = setting.gateways * setting.devices * POINTS_PER_MESSAGE
    const beganMs = performance.now()
    const beganAtMs = Date.now()
    await prefill(place, setting.rows, points, report)
    const prefillSeconds = round((performance.now() - beganMs) / 1_000)
    report(`${setting.rows} rows of ${points} points filled in within ${prefillSeconds} s`)
    const before = await measureRaw({ store: place.config, points, fromMs: beganAtMs - PREFILLED_UNTIL_MS, rowsPerWrite: FIRST_RAW_ROWS, seconds: setting.rawSeconds })
    report(`raw before: ${before.pointsPerSecond} points/s`)
    const { rowsPerWrite, sent, ...figures } = await measureCentral(directory, place, setting, report)
    const stored = await countStored(place)
    const expected = setting.rows + before.rows + sent
    report(`${stored} rows stored of ${expected}; raw with ${rowsPerWrite} rows a write`)
    const after = await measureRaw({ store: place.config, points, fromMs: Date.now() + AHEAD_MS, rowsPerWrite, seconds: setting.rawSeconds })
    // A store that still tidies up after the run before is slower: the better of the two is the honest rival.
    const raw = before.pointsPerSecond > after.pointsPerSecond ? before : after
    return {
      ok: stored === expected && figures.pointsPerSecond > 0,
      ...figures,
      rawPointsPerSecond: raw.pointsPerSecond,
      ratioToRaw: round(figures.pointsPerSecond / raw.pointsPerSecond),
      rawBeforePointsPerSecond: before.pointsPerSecond,
      rawAfterPointsPerSecond: after.pointsPerSecond,
      rawCpuMicrosPerPoint: round(raw.cpuMicrosPerPoint),
      rowsPerWrite,
      prefillSeconds,
      sent,
      stored,
      expected,
    }
  } finally {
    await place.remove()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measureCentral(directory: string, place: StorePlace, setting: Setting, report: (line: string) => void) {
  const { gateways, devices, windowBytes, profileDirectory, broker } = setting
  const county = await startBenchCounty({ directory, gateways, place, broker, ...(profileDirectory !== undefined && { profileDirectory }) })
  try {
    const options: LoadOptions = { url: county.brokerUrl, passwordFile: county.passwordFile, gateways, devices, pointsPerDevice: POINTS_PER_MESSAGE, windowBytes }
    const load = await startChild('bench/parts/load.ts', { args: [JSON.stringify(options)], readyTimeoutMs: REGISTER_TIMEOUT_MS })
    try {
      report(`${gateways * devices * POINTS_PER_MESSAGE} points are registered; sending as fast as the windows let`)
      const full = await measurePhase(load, county, place, 0, setting.warmUpSeconds, setting.seconds)
      report(`${full.pointsPerSecond} points/s, ${full.cpuMicrosPerPoint} µs each, acknowledged after ${full.ackP50Ms} / ${full.ackP99Ms} ms`)
      const offered = Math.round(full.pointsPerSecond * PACED_SHARE)
      const paced = await measurePhase(load, county, place, offered, setting.warmUpSeconds, setting.pacedSeconds)
      report(`${offered} points/s offered: ${paced.pointsPerSecond} points/s, acknowledged after ${paced.ackP50Ms} / ${paced.ackP99Ms} ms`)
      const { sent, resent } = (await load.ask({ kind: 'drain' } satisfies LoadQuestion, 150_000)) as { sent: number; resent: number }
      return { ...full, paced: { offered, ...paced }, sent, resent }
    } finally {
      await load.stop()
    }
  } finally {
    await county.stop()
  }
}

async function measurePhase(load: Child, county: BenchCounty, place: StorePlace, pointsPerSecond: number, warmUpSeconds: number, seconds: number) {
  await load.ask({ kind: 'begin', pointsPerSecond } satisfies LoadQuestion, 30_000)
  await sleep(warmUpSeconds * 1_000)
  const before = await reading(county, place)
  const said = (await load.ask({ kind: 'measure', seconds } satisfies LoadQuestion, seconds * 1_000 + 60_000)) as { points: number; seconds: number; cpuS: number; p50Ms: number; p99Ms: number }
  const after = await reading(county, place)
  const micros = (key: 'centralS' | 'storeS' | 'brokerS'): number => round(((after[key] - before[key]) * 1e6) / Math.max(1, said.points))
  const requests = after.requests - before.requests
  return {
    pointsPerSecond: Math.round(said.points / said.seconds),
    cpuMicrosPerPoint: micros('centralS'),
    ...(place.serverPid !== undefined && { storeCpuMicrosPerPoint: micros('storeS') }),
    ...(county.brokerPid !== undefined && { brokerCpuMicrosPerPoint: micros('brokerS') }),
    loadCpuMicrosPerPoint: round((said.cpuS * 1e6) / Math.max(1, said.points)),
    ackP50Ms: said.p50Ms,
    ackP99Ms: said.p99Ms,
    rssStartMb: Math.round(before.rssMb),
    rssEndMb: Math.round(after.rssMb),
    rowsPerWrite: Math.max(POINTS_PER_MESSAGE, Math.round((after.rows - before.rows) / Math.max(1, requests))),
  }
}

// Rows and writes as the server counts them; where the store is no server, as ingest does.
async function reading(county: BenchCounty, place: StorePlace) {
  const server = await place.serverWrites()
  const text = await county.metrics()
  const central = usageOf(county.centralPid)
  return {
    centralS: central.cpuS,
    rssMb: central.rssMb,
    storeS: place.serverPid === undefined ? 0 : usageOf(place.serverPid).cpuS,
    brokerS: county.brokerPid === undefined ? 0 : usageOf(county.brokerPid).cpuS,
    rows: server?.points ?? metricOf(text, 'ingest_samples_stored_total'),
    requests: server?.requests ?? metricOf(text, 'ingest_writes_total'),
  }
}

async function measureRaw(options: RawOptions): Promise<RawFigures> {
  const child = await startChild('bench/parts/raw-writer.ts', { args: [JSON.stringify(options)], readyTimeoutMs: options.seconds * 1_000 + 60_000 })
  await child.stop()
  return child.said as unknown as RawFigures
}
