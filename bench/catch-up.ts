/*
 * A day without a line: the backlog of ten gateways drains through the real outbox and uplink into a real central, while
 * their live readings go on. `--gateways 10 --points 200 --hours 24 --live 2000 --store duckdb|influxdb --broker aedes|mosquitto --profile <directory>`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchOptions, BenchResult } from './bench.ts'
import { type Child, startChild } from './parts/child.ts'
import { type BenchCounty, type BrokerKind, startBenchCounty } from './parts/county.ts'
import { benchErrors } from './parts/errors.ts'
import type { GatewaysOptions, GatewaysStatus } from './parts/gateways.ts'
import { oneOf } from './parts/one-of.ts'
import type { BacklogOptions } from './parts/outboxes.ts'
import { round } from './parts/percentiles.ts'
import { usageOf } from './parts/process-meter.ts'
import { countStored, makeStorePlace, type StoreKind, type StorePlace } from './parts/store-place.ts'

const PERIOD_MS = 10_000
const LOOK_MS = 1_000
const DRAIN_TIMEOUT_MS = 3_600_000

interface Setting {
  readonly gateways: number
  readonly points: number
  readonly hours: number
  readonly livePerSecond: number
  readonly store: StoreKind
  readonly broker: BrokerKind
  readonly profileDirectory: string | undefined
}

interface Memory {
  readonly centralMb: number
  readonly gatewaysMb: number
}

/** Prints how long the backlog took, what the live readings waited meanwhile, and whether the store holds exactly what was accepted. */
export async function run({ report, quick, flags }: BenchOptions): Promise<BenchResult> {
  const setting: Setting = {
    gateways: Number(flags['gateways'] ?? (quick ? 2 : 10)),
    points: Number(flags['points'] ?? (quick ? 50 : 200)),
    hours: Number(flags['hours'] ?? (quick ? 2 : 24)),
    livePerSecond: Number(flags['live'] ?? (quick ? 100 : 2_000)),
    store: oneOf(flags['store'] ?? 'duckdb', ['duckdb', 'influxdb']),
    broker: oneOf(flags['broker'] ?? 'aedes', ['aedes', 'mosquitto']),
    profileDirectory: flags['profile'],
  }
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-bench-catch-up-'))
  const place = await makeStorePlace(setting.store, directory)
  try {
    const { profileDirectory: _, ...named } = setting
    return { ...(await measure(directory, place, setting, report)), setting: named }
  } finally {
    await place.remove()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measure(directory: string, place: StorePlace, setting: Setting, report: (line: string) => void): Promise<BenchResult> {
  const toMs = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS
  const backlog: BacklogOptions = { directory, gateways: setting.gateways, points: setting.points, periodMs: PERIOD_MS, fromMs: toMs - setting.hours * 3_600_000, toMs }
  const { gateways, broker, profileDirectory } = setting
  const county = await startBenchCounty({ directory, gateways, place, broker, ...(profileDirectory !== undefined && { profileDirectory }) })
  const options: GatewaysOptions = { ...backlog, url: county.brokerUrl, passwordFile: county.passwordFile, livePeriodMs: (gateways * setting.points * 1_000) / setting.livePerSecond }
  let earlier: number
  let samples: number
  let figures: Awaited<ReturnType<typeof drain>>
  try {
    earlier = await introduce(options)
    const beganMs = performance.now()
    samples = await fill(backlog)
    report(`${samples} samples wait in ${gateways} outboxes, filled in ${round((performance.now() - beganMs) / 1_000)} s`)
    figures = await drain(county, place, options, report)
  } finally {
    await county.stop()
  }
  const accepted = earlier + samples + figures.liveSamples
  const stored = await countStored(place)
  report(`${stored} samples stored of ${accepted} accepted`)
  return { ok: stored === accepted, samples, ...figures, accepted, stored, lost: Math.max(0, accepted - stored), surplus: Math.max(0, stored - accepted) }
}

// Before their line fails the gateways are known: their points are in the register. Returns the samples sent.
async function introduce(options: GatewaysOptions): Promise<number> {
  const child = await startChild('bench/parts/gateways.ts', { args: [JSON.stringify(options)] })
  try {
    await child.ask('start', 30_000)
    await sleep(LOOK_MS)
    const { liveSamples } = (await child.ask('finish', 180_000)) as unknown as GatewaysStatus
    return liveSamples
  } finally {
    await child.stop()
  }
}

async function fill(backlog: BacklogOptions): Promise<number> {
  const filler = await startChild('bench/parts/fill-outboxes.ts', { args: [JSON.stringify(backlog)], readyTimeoutMs: 600_000 })
  await filler.stop()
  return filler.said['samples'] as number
}

async function drain(county: BenchCounty, place: StorePlace, options: GatewaysOptions, report: (line: string) => void) {
  const child = await startChild('bench/parts/gateways.ts', { args: [JSON.stringify(options)] })
  try {
    const ask = async (question: 'start' | 'status' | 'finish'): Promise<GatewaysStatus> => (await child.ask(question, 180_000)) as unknown as GatewaysStatus
    const cpu = cpuOf(county, place, child)
    const first = await ask('start')
    const beganMs = performance.now()
    const { memories, status } = await untilDrained(ask, () => memoryOf(county, child), first.backlog, report)
    const drainSeconds = round((performance.now() - beganMs) / 1_000)
    report(`drained in ${drainSeconds} s; live readings acknowledged after ${status.p50Ms} / ${status.p99Ms} ms`)
    const used = cpuOf(county, place, child)
    const share = (key: 'centralS' | 'gatewaysS' | 'storeS'): number => round(((used[key] - cpu[key]) / drainSeconds) * 100)
    const { liveSamples, resent } = await ask('finish')
    return {
      drainSeconds,
      backlogPerSecond: Math.round(first.backlog / drainSeconds),
      liveP50Ms: status.p50Ms,
      liveP99Ms: status.p99Ms,
      liveMaxMs: status.maxMs,
      liveSamples,
      resent,
      centralCpuPercent: share('centralS'),
      gatewaysCpuPercent: share('gatewaysS'),
      ...(place.serverPid !== undefined && { storeCpuPercent: share('storeS') }),
      ...spanOf(memories),
    }
  } finally {
    await child.stop()
  }
}

async function untilDrained(
  ask: (question: 'status') => Promise<GatewaysStatus>,
  memory: () => Memory,
  total: number,
  report: (line: string) => void,
): Promise<{ readonly memories: Memory[]; readonly status: GatewaysStatus }> {
  const memories: Memory[] = []
  const deadlineMs = performance.now() + DRAIN_TIMEOUT_MS
  for (let n = 1; ; n++) {
    await sleep(LOOK_MS)
    const status = await ask('status')
    // What fills once at the start (births, caches, the first windows) is no growth.
    if (status.backlog < total) memories.push(memory())
    if (status.backlog === 0) return { memories, status }
    if (performance.now() > deadlineMs) throw benchErrors.STUCK({ backlog: status.backlog })
    if (n % 10 === 0) report(`${status.backlog} of ${total} wait; live ${status.p50Ms} / ${status.p99Ms} ms; central ${memories.at(-1)?.centralMb} MB`)
  }
}

// Memory a tenth of the way in, at the end, and the most between.
function spanOf(memories: readonly Memory[]) {
  const start = memories[Math.floor(memories.length / 10)]
  const end = memories.at(-1)
  return {
    rssStartMb: start?.centralMb,
    rssEndMb: end?.centralMb,
    rssMaxMb: Math.max(...memories.map((m) => m.centralMb)),
    gatewaysRssStartMb: start?.gatewaysMb,
    gatewaysRssEndMb: end?.gatewaysMb,
    gatewaysRssMaxMb: Math.max(...memories.map((m) => m.gatewaysMb)),
    // Ten looks from the start to the end, to see whether it grows with what was stored.
    rssTraceMb: Array.from({ length: 10 }, (_, i) => memories[Math.floor((i * (memories.length - 1)) / 9)]?.centralMb),
  }
}

function memoryOf(county: BenchCounty, child: Child): Memory {
  return { centralMb: Math.round(usageOf(county.centralPid).rssMb), gatewaysMb: Math.round(usageOf(child.pid).rssMb) }
}

function cpuOf(county: BenchCounty, place: StorePlace, child: Child) {
  return { centralS: usageOf(county.centralPid).cpuS, gatewaysS: usageOf(child.pid).cpuS, storeS: place.serverPid === undefined ? 0 : usageOf(place.serverPid).cpuS }
}
