/* Who a gateway is, against the real central: a disk put back from an image, and two gateways with one identity. No browser. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@orewatch/observability'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeEmbedded } from '../../central/relational/index.ts'
import { openBeside } from '../../central/server/cli/database.ts'
import { openTelemetryStore } from '../../central/telemetry/registry.ts'
import { loadCentralSettings } from '../../central/settings/index.ts'
import { type ChaosCounty, startCounty } from '../chaos/county.ts'
import { OwnProgram } from '../chaos/programs.ts'
import { judge } from '../chaos/verdict.ts'
import { metricOf, PATIENCE } from './stage.ts'

let directory: string
let county: ChaosCounty

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-identity-'))
  county = await startCounty({ directory, store: 'duckdb', broker: 'aedes' })
}, 120_000)

afterEach(async () => {
  await county.close()
  removeEmbedded(join(directory, 'central/relational'))
  rmSync(directory, { recursive: true, force: true })
}, 60_000)

const outboxOf = (name: string): string => join(directory, name, 'outbox')
const pending = (): Promise<number> => metricOf(`http://127.0.0.1:${county.probePort()}`, 'edge_outbox_pending_records')

/** Rows of a query on central's database, while central runs. */
async function rowsOf(sql: string): Promise<Record<string, unknown>[]> {
  const database = await openBeside(loadCentralSettings(county.centralFile))
  try {
    return (await database.pool.query<Record<string, unknown>>(sql)).rows
  } finally {
    await database.close()
  }
}

const kindsOf = async (table: string): Promise<unknown[]> => (await rowsOf(`select distinct kind from ${table}`)).map(({ kind }) => kind)

test('a gateway whose disk was put back from an image begins a new incarnation, tells the gap, and nothing is lost or doubled', { timeout: 180_000 }, async () => {
  const gateway = county.programs.get('gateway')
  await expect.poll(() => county.truth.accepted, PATIENCE).toBeGreaterThan(5_000)
  await gateway?.kill9()
  cpSync(outboxOf('gateway'), join(directory, 'image'), { recursive: true })
  await gateway?.start()
  const atImage = county.truth.accepted
  await expect.poll(() => county.truth.accepted, PATIENCE).toBeGreaterThan(atImage + 5_000)
  await expect.poll(() => metricOf(`http://127.0.0.1:${county.probePort()}`, 'edge_uplink_open'), PATIENCE).toBe(1)
  await gateway?.kill9()
  rmSync(outboxOf('gateway'), { recursive: true })
  cpSync(join(directory, 'image'), outboxOf('gateway'), { recursive: true })
  // What the lost disk had accepted and central had not confirmed is gone with it; the demand is on what comes after.
  const before = new Map([...county.truth.samples].map(([point, times]) => [point, Math.max(...times.keys())]))
  await gateway?.start()
  const restored = county.truth.accepted
  await expect.poll(() => county.truth.accepted, PATIENCE).toBeGreaterThan(restored + 5_000)
  await county.devices.close()
  await expect.poll(pending, PATIENCE).toBe(0)

  expect(await kindsOf('security_event')).toContain('restored-image')
  expect(await kindsOf('completeness_event')).toContain('new-incarnation')
  const [gap] = await rowsOf("select incarnation as young, body->>'incarnation' as old, body->>'reason' as reason from gateway_record where schema = 'outbox.gap/1'")
  expect(gap).toMatchObject({ reason: 'restored-image', old: expect.not.stringMatching(String(gap?.['young'])) })
  for (const name of ['gateway', 'central'] as const) await county.programs.get(name)?.stop()
  for (const [point, times] of county.truth.samples) for (const timeMs of times.keys()) if (timeMs <= (before.get(point) ?? 0)) times.delete(timeMs)
  expect(await compared()).toMatchObject({ lost: 0, duplicated: 0, wrong: 0, quarantined: 0 })
})

test('two gateways with the same credentials are a security event, and the first one’s samples still arrive', { timeout: 180_000 }, async () => {
  const first = join(directory, 'gateway.yaml')
  const second = join(directory, 'second.yaml')
  // Its own disk and no harness; everything else, the password too, is the first one's.
  writeFileSync(
    second,
    readFileSync(first, 'utf8')
      .replace('dataDirectory: gateway', 'dataDirectory: second')
      .replace(/^outbox: .*\n/m, ''),
    { mode: 0o600 },
  )
  const intruder = new OwnProgram({ name: 'second', script: 'edge/cli/main.ts', args: ['run', '--config', second], directory })
  await intruder.start()
  await expect.poll(() => kindsOf('security_event'), PATIENCE).toContain('duplicate-identity')
  await intruder.kill9()
  const accepted = county.truth.accepted
  await expect.poll(() => county.truth.accepted, PATIENCE).toBeGreaterThan(accepted + 2_000)
  await county.devices.close()
  await expect.poll(pending, PATIENCE).toBe(0)
  for (const name of ['gateway', 'central'] as const) await county.programs.get(name)?.stop()
  expect((await compared()).lost).toBe(0)
})

async function compared(): Promise<{ lost: number; duplicated: number; wrong: number; quarantined: number }> {
  const settings = loadCentralSettings(county.centralFile)
  const relational = await openBeside(settings)
  const store = await openTelemetryStore(settings.store, silentLogger())
  try {
    const verdict = await judge(county.truth, store, relational)
    // The image gives positions out again that the lost disk had given: under a new incarnation, which the harness sees as reuse.
    return { ...verdict, wrong: verdict.wrong - county.truth.faults.reused }
  } finally {
    await store.close()
    await relational.close()
  }
}
