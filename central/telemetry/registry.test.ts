import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkValue, loadYaml } from '@orewatch/config'
import { type Logger, silentLogger } from '@orewatch/observability'
import { expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { openTelemetryStore, TelemetryConfig } from './registry.ts'

const exampleOf = (store: string): string => fileURLToPath(new URL(`./${store}/example.yaml`, import.meta.url))

test('the examples are right, and defaults are filled in', () => {
  expect(loadYaml(exampleOf('duckdb'), TelemetryConfig).value).toMatchObject({ kind: 'duckdb', memoryMb: 512, threads: 2, groupMs: 10 })
  expect(loadYaml(exampleOf('influxdb'), TelemetryConfig).value).toMatchObject({ kind: 'influxdb', connections: 2, compression: 'none' })
  expect(loadYaml(exampleOf('victoriametrics'), TelemetryConfig).value).toMatchObject({ kind: 'victoriametrics', durability: 'snapshot', groupMs: 100 })
})

test('the store that the configuration names is opened', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-registry-'))
  const config = checkValue({ kind: 'duckdb', directory }, TelemetryConfig, () => 'telemetry')
  const store = await openTelemetryStore(config, silentLogger())
  expect(store.name).toBe('duckdb')
  await store.close()
  rmSync(directory, { recursive: true })
  for (const kind of ['influxdb', 'victoriametrics']) {
    const remote = await openTelemetryStore(
      checkValue({ kind, url: 'http://127.0.0.1:9' }, TelemetryConfig, () => 'telemetry'),
      silentLogger(),
    )
    expect(remote.name).toBe(kind)
    await remote.close()
  }
})

test('an unknown store is refused', () => {
  expect(() => checkValue({ kind: 'duck', directory: 'x' }, TelemetryConfig, () => 'central.yaml:3')).toThrow('central.yaml:3')
})

test.for(['duckdb', 'influxdb', 'victoriametrics'])('the README of %s names every setting', (store) => {
  const readme = readFileSync(fileURLToPath(new URL(`./${store}/README.md`, import.meta.url)), 'utf8')
  const variants = (TelemetryConfig as unknown as { anyOf: { properties: Record<string, { const?: string }> }[] }).anyOf
  const keys = Object.keys(variants.find((variant) => variant.properties['kind']?.const === store)?.properties ?? {})
  expect(keys.length).toBeGreaterThan(5)
  expect(keys.filter((key) => !readme.includes(`| \`${key}\` |`))).toEqual([])
})

test.for([
  ['snapshot', 0],
  ['none', 1],
] as const)('a store whose acknowledgements do not survive a kill is an error in the log at start (durability %s)', async ([durability, errors]) => {
  const said: string[] = []
  const log = { ...silentLogger(), error: (_facts: object, message: string) => void said.push(message) } as unknown as Logger
  const config = checkValue({ kind: 'victoriametrics', url: 'http://127.0.0.1:9', durability }, TelemetryConfig, () => 'telemetry')
  await (await openTelemetryStore(config, log)).close()
  expect(said.filter((message) => message.includes('only in memory'))).toHaveLength(errors)
})
