/* Every benchmark runs and says what its interface promises; its figures are nobody's business here. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isInfluxdAvailable } from '@orewatch/testkit'
import { expect, test } from 'vitest'

const run = promisify(execFile)

async function quick(name: string, ...flags: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'main.ts'), name, '--quick', '--json', ...flags], { maxBuffer: 16 * 1024 ** 2 })
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>
}

const INGEST_KEYS = ['pointsPerSecond', 'cpuMicrosPerPoint', 'ackP50Ms', 'ackP99Ms', 'rawPointsPerSecond', 'ratioToRaw']
const NUMBERS = expect.any(Number) as unknown

function numbers(...keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, NUMBERS]))
}

test('codec compares decoding and encoding with sparkplug-payload', async () => {
  expect(await quick('codec')).toMatchObject({ ok: true, ...numbers('decodeRatio', 'encodeRatio') })
}, 120_000)

test('alarm-rules tells samples per second, and raises what it must and nothing else', async () => {
  expect(await quick('alarm-rules')).toMatchObject({ ok: true, ...numbers('samplesPerSecond', 'nanosPerSample', 'defaultSamplesPerSecond') })
}, 120_000)

test('outbox compares with node:sqlite and tells memory with samples waiting', async () => {
  expect(await quick('outbox')).toMatchObject({ ok: true, ...numbers('samplesPerSecond', 'p99DurableMs', 'rssMiB', 'ratioToSqlite') })
}, 120_000)

test('edge tells values per second, CPU and memory', async () => {
  expect(await quick('edge')).toMatchObject({
    ok: true,
    ...numbers('valuesPerSecond', 'cpuPercent'),
    modbus2000: numbers('rssMb', 'cpuPercent'),
    opcua2000: numbers('rssMb', 'cpuPercent'),
  })
}, 120_000)

test('ingest stores exactly what was sent to DuckDB', async () => {
  expect(await quick('ingest', '--store', 'duckdb')).toMatchObject({ ok: true, duckdb: { ok: true, ...numbers(...INGEST_KEYS) } })
}, 120_000)

test.skipIf(!isInfluxdAvailable())(
  'ingest stores exactly what was sent to InfluxDB (needs influxdb: npm run services)',
  async () => {
    expect(await quick('ingest', '--store', 'influxdb')).toMatchObject({ ok: true, influxdb: { ok: true, ...numbers(...INGEST_KEYS, 'storeCpuMicrosPerPoint') } })
  },
  120_000,
)

test('catch-up loses nothing of the backlog and of the live readings beside it', async () => {
  const keys = numbers('samples', 'drainSeconds', 'backlogPerSecond', 'liveP50Ms', 'liveP99Ms', 'rssStartMb', 'rssEndMb')
  expect(await quick('catch-up')).toMatchObject({ ok: true, lost: 0, surplus: 0, ...keys })
}, 120_000)
