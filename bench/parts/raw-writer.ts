/*
 * What a store takes without ingest: the same points in the same batches, built in the loop and written by the shortest
 * way. Arguments: one JSON of RawOptions; says its figures and ends.
 */
import { SampleBuilder, systemClock } from '@orewatch/core'
import { MonthFiles } from '../../central/telemetry/duckdb/month-files.ts'
import { appendSamples } from '../../central/telemetry/duckdb/rows.ts'
import { postLines } from '../../central/telemetry/influxdb/http.ts'
import { encodeLine, MAX_LINE_BYTES } from '../../central/telemetry/influxdb/row-codec.ts'
import type { MeasuredConfig } from './store-place.ts'
import { valueOf } from './names.ts'

/** What the raw writer is told on its command line, as JSON. */
export interface RawOptions {
  readonly store: MeasuredConfig
  readonly points: number
  /** UTC ms of the first rows; later ones count up from there. */
  readonly fromMs: number
  readonly rowsPerWrite: number
  readonly seconds: number
}

const POINTS_AT_ONCE = 300
const options = JSON.parse(process.argv[2] ?? '{}') as RawOptions
const { store, points, rowsPerWrite, seconds } = options
let timeMs = options.fromMs
let at = 0
let rows = 0
const startMs = performance.now()
const cpu = process.cpuUsage()
const isOver = (): boolean => performance.now() - startMs >= seconds * 1_000

if (store.kind === 'influxdb') await Promise.all(Array.from({ length: store.connections }, () => writeLines(store)))
else await appendRows(store)
const elapsedS = (performance.now() - startMs) / 1_000
const { user, system } = process.cpuUsage(cpu)
process.send?.({ rows, pointsPerSecond: Math.round(rows / elapsedS), cpuMicrosPerPoint: (user + system) / rows })
process.once('disconnect', () => process.exit(0))

// Devices of 300 points one after the other, all at one time until each has had its turn.
function fill(batch: SampleBuilder): void {
  batch.clear()
  while (batch.count < rowsPerWrite) {
    const count = Math.min(POINTS_AT_ONCE, points - at, rowsPerWrite - batch.count)
    for (let i = 0; i < count; i++) batch.push(1 + at + i, timeMs, valueOf(at + i, timeMs))
    at += count
    if (at < points) continue
    at = 0
    timeMs++
  }
}

async function writeLines(config: Extract<MeasuredConfig, { kind: 'influxdb' }>): Promise<void> {
  const endpoint = { url: config.url, database: config.database, timeoutMs: config.timeoutMs }
  const batch = new SampleBuilder(rowsPerWrite)
  const body = Buffer.allocUnsafeSlow(rowsPerWrite * MAX_LINE_BYTES)
  while (!isOver()) {
    fill(batch)
    let end = 0
    for (let row = 0; row < batch.count; row++) end = encodeLine(body, end, batch, row)
    await postLines(endpoint, body.subarray(0, end), 'identity')
    rows += batch.count
  }
}

async function appendRows(config: Extract<MeasuredConfig, { kind: 'duckdb' }>): Promise<void> {
  const files = await MonthFiles.open(config)
  const { catalog } = await files.ensure(systemClock.nowMs())
  const batch = new SampleBuilder(rowsPerWrite)
  while (!isOver()) {
    fill(batch)
    await files.writer.run('BEGIN')
    await appendSamples(files.writer, catalog, 'samples', batch)
    await files.writer.run('COMMIT')
    rows += batch.count
  }
  files.close()
}
