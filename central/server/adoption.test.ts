import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { columnsOf, Q, samplesOf } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openQuarantine, type Quarantine, type QuarantinedSample } from '../quarantine/index.ts'
import { openRegistry, type Registry } from '../registry/index.ts'
import type { Relational } from '../relational/index.ts'
import { openTestRelational } from '../relational/testing.ts'
import { openDuckDbStore } from '../telemetry/duckdb/index.ts'
import type { TelemetryStore } from '../telemetry/store.ts'
import { adopt, type AdoptionParts, resumeAdoptions } from './adoption.ts'

const CODE = '9901211000010101110001'
const START_MS = 1_800_000_000_000

let directory: string
let relational: Relational
let registry: Registry
let quarantine: Quarantine
let store: TelemetryStore
let parts: AdoptionParts
let refreshed: string[]

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-adoption-'))
  relational = await openTestRelational()
  registry = openRegistry(relational)
  await registry.importFixtures(
    'divisions: [{ code: "990121", name: 甲县 }]\nmines: [{ subjectCode: "990121100001", name: 一号 }]\ngateways: [{ group: "990121", node: gw-u1, subject: "990121100001" }]',
    'test.yaml',
  )
  quarantine = await openQuarantine(relational)
  store = await openDuckDbStore({ directory, memoryMb: 256, threads: 1, groupMs: 0, log: silentLogger() })
  refreshed = []
  parts = { registry, quarantine, store, ingest: { refresh: (group, node) => void refreshed.push(`${group}/${node}`) } }
})
afterEach(async () => {
  await store.close()
  await relational.close()
  rmSync(directory, { recursive: true, force: true })
})

const refused = (i: number, change: Partial<QuarantinedSample> = {}): QuarantinedSample => ({
  gatewayKey: '990121/gw-u1',
  device: 'gas-1',
  metric: 'temperature',
  reason: 'unknown-point',
  detail: 'no such point',
  timeMs: START_MS + i * 1_000,
  value: 20 + i,
  quality: Q.good,
  receivedMs: START_MS + i * 1_000,
  ...change,
})
const groupOf = async (reason: string) => (await quarantine.groups({ scope: { divisionPrefix: '' }, limit: 10 })).rows.find((group) => group.reason === reason)
const order = async () => ({ group: (await groupOf('unknown-point'))?.id ?? 0, pointCode: CODE, name: '采场温度' })

test('all that was kept is stored, and the quarantine is empty', async () => {
  await quarantine.append(
    Array.from({ length: 12 }, (_, i) => refused(i)),
    [],
  )
  const { stored, conflicts, point } = await adopt(parts, await order())
  const { samples } = await store.range(point.id, START_MS, START_MS + 60_000, 100)
  expect([stored, conflicts, samplesOf(samples).map((sample) => sample.value), await quarantine.count()]).toEqual([12, 0, Array.from({ length: 12 }, (_, i) => 20 + i), 0])
})

test('ingest is told to look the gateway up again', async () => {
  await quarantine.append([refused(0)], [])
  await adopt(parts, await order())
  expect(refreshed).toEqual(['990121/gw-u1'])
})

test('what contradicts the store stays in the quarantine as a conflict', async () => {
  await quarantine.append([refused(0), refused(1)], [])
  const point = await registry.adopt({ gateway: 1, device: 'gas-1', metric: 'temperature', pointCode: CODE })
  await store.write(columnsOf([{ key: point.id, timeMs: START_MS, value: 99, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 }]), [])
  const result = await adopt(parts, await order())
  const conflict = await groupOf('conflict')
  expect([result.stored, result.conflicts, conflict?.kept, conflict?.lastValue]).toEqual([1, 1, 1, '20'])
})

test('an adoption that the store interrupts loses nothing and goes on later', async () => {
  await quarantine.append([refused(0), refused(1)], [])
  const paused: AdoptionParts = { ...parts, store: { write: async () => await Promise.reject(new TypeError('disk is full')) } }
  await expect(adopt(paused, await order())).rejects.toThrow('disk is full')
  expect(await quarantine.count()).toBe(2)
  await resumeAdoptions(parts, silentLogger())
  expect([await quarantine.count(), await store.count()]).toEqual([0, 2])
})

test('samples that came in while the decision was made are taken in later', async () => {
  await quarantine.append([refused(0)], [])
  await adopt(parts, await order())
  await quarantine.append([refused(1)], [])
  await resumeAdoptions(parts, silentLogger())
  expect([await quarantine.count(), await store.count()]).toEqual([0, 2])
})

test('a source that does not exist is refused', async () => {
  await expect(adopt(parts, { group: 77, pointCode: CODE, name: 'x' })).rejects.toMatchObject({ code: 'QUARANTINE_UNKNOWN_GROUP' })
})

test('a source of a gateway that nobody registered is refused until it is', async () => {
  await quarantine.append([refused(0, { gatewayKey: '990121/stranger', reason: 'unknown-gateway' })], [])
  const stranger = await groupOf('unknown-gateway')
  await expect(adopt(parts, { group: stranger?.id ?? 0, pointCode: CODE, name: 'x' })).rejects.toMatchObject({ code: 'REGISTRY_UNKNOWN_GATEWAY' })
})

test('a code of another mine is refused, and nothing moves', async () => {
  await quarantine.append([refused(0)], [])
  await expect(adopt(parts, { ...(await order()), pointCode: '9901291000010101110001' })).rejects.toMatchObject({ code: 'REGISTRY_BAD_POINT_CODE' })
  expect(await quarantine.count()).toBe(1)
})
