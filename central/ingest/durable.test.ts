/* Ingest on the parts that it really runs on: PostgreSQL, DuckDB and the embedded broker. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@orewatch/observability'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openQuarantine } from '../quarantine/index.ts'
import { openCompletenessEvents, openRangeStore, openRecordStore, openSecurityEvents } from '../records/index.ts'
import { openRegistry } from '../registry/index.ts'
import type { Relational } from '../relational/index.ts'
import { openTestRelational } from '../relational/testing.ts'
import { openDuckDbStore } from '../telemetry/duckdb/index.ts'
import type { TelemetryStore } from '../telemetry/store.ts'
import { type Ingest, openIngest } from './ingest.ts'
import { openMqttSource } from './mqtt-source.ts'
import { openBroker, PASSWORD, type TestBroker, until } from './test/rig.ts'
import { WireGateway } from './test/wire-gateway.ts'

const NOW = Date.now() - 60_000
const log = silentLogger()
let relational: Relational
let directory: string
let broker: TestBroker

beforeAll(async () => {
  relational = await openTestRelational()
  directory = mkdtempSync(join(tmpdir(), 'orewatch-durable-'))
  broker = await openBroker('aedes')
  await openRegistry(relational).importFixtures(
    'divisions: [{ code: "990101", name: 甲县 }]\nmines: [{ subjectCode: "990101100001", name: 示例铁矿 }]\ngateways: [{ group: "990101", node: g1, subject: "990101100001" }]\n',
    'county.yaml',
  )
})
afterAll(async () => {
  await broker.stop()
  await relational.close()
  rmSync(directory, { recursive: true, force: true })
})

async function open(): Promise<{ readonly ingest: Ingest; readonly store: TelemetryStore; readonly close: () => Promise<void> }> {
  const store = await openDuckDbStore({ directory, log })
  const source = openMqttSource({ url: broker.url, userName: 'central', password: PASSWORD, hostId: 'central', groups: 'all', log })
  const ingest = openIngest({
    source,
    store,
    log,
    registry: openRegistry(relational),
    quarantine: await openQuarantine(relational),
    records: openRecordStore(relational),
    ranges: openRangeStore(relational),
    security: openSecurityEvents(relational),
    completeness: openCompletenessEvents(relational),
  })
  ingest.start()
  await until(() => ingest.brokerHealth().ok)
  return {
    ingest,
    store,
    close: async () => {
      await ingest.stop()
      await store.close()
    },
  }
}

test('what was confirmed is known and shown after central was started again, and what is sent again is stored once', async () => {
  const first = await open()
  const gateway = await WireGateway.connect({
    url: broker.url,
    group: '990101',
    node: 'g1',
    password: PASSWORD,
    points: [
      { alias: 10, device: 'gas-1', name: 'co', pointCode: '9901011000010101010001' },
      { alias: 11, device: 'gas-1', name: 'nobody-knows' },
    ],
  })
  gateway.birth()
  await until(() => gateway.answers.length === 1)
  gateway.data('gas-1', 0, [
    [10, NOW, 24.5],
    [11, NOW, 7],
    [10, NOW + 1_000, 25],
  ])
  gateway.records('alarm', 0, [{ schema: 'gas.limit/1', timeMs: NOW, device: 'gas-1', body: { level: 2 } }])
  await until(() => gateway.hasConfirmed(0, 3) && gateway.hasConfirmed(0, 1, 'alarm'))
  await first.close()

  const second = await open()
  gateway.birth()
  await until(() => gateway.answers.length === 2)
  expect(Object.fromEntries(gateway.answers[1]?.streams ?? [])).toEqual({ vital: [{ first: 0, count: 3 }], alarm: [{ first: 0, count: 1 }] })
  gateway.confirmed.clear()
  gateway.data('gas-1', 0, [
    [10, NOW, 24.5],
    [11, NOW, 7],
    [10, NOW + 1_000, 25],
  ])
  await until(() => gateway.hasConfirmed(0, 3))
  expect(await second.store.count()).toBe(2)
  expect(await (await openQuarantine(relational)).count()).toBe(1)
  const point = await openRegistry(relational).pointByCode('9901011000010101010001')
  await until(() => second.ingest.latest(point?.id ?? 0) !== undefined)
  expect(second.ingest.latest(point?.id ?? 0)).toMatchObject({ timeMs: NOW + 1_000, value: 25 })
  await gateway.stop()
  await second.close()
})
