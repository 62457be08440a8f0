#!/usr/bin/env node
/* Kills programs and cuts links at random times, then demands every accepted sample of central, once and unchanged. */
import { mkdirSync, mkdtempSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { silentLogger } from '@orewatch/observability'
import { removeEmbedded } from '../../central/relational/index.ts'
import { openRelationalOf } from '../../central/server/all-in-one.ts'
import { loadCentralSettings } from '../../central/settings/index.ts'
import { openTelemetryStore } from '../../central/telemetry/registry.ts'
import { type ChaosCounty, startCounty } from './county.ts'
import { Dice } from '../dice.ts'
import { chaosErrors } from './errors.ts'
import { type Blow, planBlows, type Target } from './plan.ts'
import { judge, type Verdict } from './verdict.ts'

const DRAIN_TIMEOUT_MS = 180_000

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    store: { type: 'string', default: 'duckdb' },
    broker: { type: 'string', default: 'aedes' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const kills = Number(values.kills)
const seed = Number(values.seed)
const { store, broker } = values
if (!Number.isInteger(kills) || kills < 0 || !Number.isInteger(seed) || !isStore(store) || !isBroker(broker)) {
  process.stderr.write(`${chaosErrors.USAGE().message}\n`)
  process.exit(2)
}
const report = (line: string): void => void writeSync(2, `${line}\n`)
const directory = mkdtempSync(join(tmpdir(), 'orewatch-chaos-'))
mkdirSync(directory, { recursive: true })
const startedMs = Date.now()
let code = 1
try {
  const verdict = await run()
  const { lost, duplicated, wrong, quarantined, recordsLost, recordsWrong, examples, ...figures } = verdict
  const isOk = lost + duplicated + wrong + quarantined + recordsLost + recordsWrong === 0 && verdict.accepted > 0
  for (const example of examples) report(example)
  const result = { seed, kills, ...figures, lost, duplicated, wrong, quarantined, recordsLost, recordsWrong, store, broker, seconds: Math.round((Date.now() - startedMs) / 1000), ok: isOk }
  process.stdout.write(`${values.json ? JSON.stringify(result) : JSON.stringify(result, undefined, 2)}\n`)
  code = isOk ? 0 : 1
} catch (err) {
  report(err instanceof Error ? (err.stack ?? err.message) : String(err))
  process.stdout.write(`${JSON.stringify({ seed, kills, ok: false, error: err instanceof Error ? err.message : String(err) })}\n`)
} finally {
  if (values.keep || code !== 0) report(`files are kept in ${directory}`)
  else {
    // As root the database lies outside the directory.
    removeEmbedded(join(directory, 'central/relational'))
    rmSync(directory, { recursive: true, force: true })
  }
}
process.exit(code)

async function run(): Promise<Verdict> {
  const targets: Target[] = store === 'influxdb' ? ['gateway', 'broker', 'central', 'influxdb'] : ['gateway', 'broker', 'central']
  if (!isStore(store) || !isBroker(broker)) throw chaosErrors.USAGE()
  const county = await startCounty({ directory, store, broker })
  try {
    await sleep(2_000)
    for (const [i, blow] of planBlows(kills, targets, new Dice(seed)).entries()) {
      report(`${i + 1}/${kills}: kill ${blow.target}${blow.cutMs > 0 ? ` during the backlog of ${blow.cutMs} ms` : ''}; ${county.truth.accepted} accepted`)
      await strike(county, blow)
    }
    report('devices go silent; waiting until central has everything')
    await county.devices.close()
    await drain(county)
    for (const name of ['gateway', 'central'] as const) await county.programs.get(name)?.stop()
    return await compare(county)
  } finally {
    await county.close()
  }
}

async function strike(county: ChaosCounty, { target, cutMs, waitMs, downMs, centralCutMs, calmMs }: Blow): Promise<void> {
  if (cutMs > 0) {
    county.gatewayLink.cut()
    await sleep(cutMs)
    county.gatewayLink.mend()
  }
  await sleep(waitMs)
  const program = county.programs.get(target)
  await program?.kill9()
  await sleep(downMs)
  await program?.start()
  if (centralCutMs > 0) {
    county.centralLink.cut()
    await sleep(centralCutMs)
    county.centralLink.mend()
  }
  await sleep(calmMs)
}

async function drain(county: ChaosCounty): Promise<void> {
  const deadline = Date.now() + DRAIN_TIMEOUT_MS
  let pending = Number.POSITIVE_INFINITY
  let emptyTimes = 0
  // Lost devices are events of their own: empty must be seen more than once.
  while (emptyTimes < 4) {
    if (Date.now() > deadline) throw chaosErrors.NOT_DRAINED({ pending, directory })
    await sleep(500)
    const text = await (await fetch(`http://127.0.0.1:${county.probePort()}/metrics`)).text()
    pending = Number(/^edge_outbox_pending_records (?<n>\d+)/m.exec(text)?.groups?.['n'] ?? Number.NaN)
    emptyTimes = pending === 0 ? emptyTimes + 1 : 0
  }
}

async function compare(county: ChaosCounty): Promise<Verdict> {
  const settings = loadCentralSettings(county.centralFile)
  const relational = await openRelationalOf(settings, silentLogger())
  const telemetry = await openTelemetryStore(settings.store, silentLogger())
  try {
    return await judge(county.truth, telemetry, relational)
  } finally {
    await telemetry.close()
    await relational.close()
  }
}

function isStore(text: string): text is 'duckdb' | 'influxdb' {
  return text === 'duckdb' || text === 'influxdb'
}

function isBroker(text: string): text is 'aedes' | 'mosquitto' {
  return text === 'aedes' || text === 'mosquitto'
}
