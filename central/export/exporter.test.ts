import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { columnsOf, type Sample, SampleBuilder } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDuckDbStore } from '../telemetry/duckdb/index.ts'
import type { TelemetryStore } from '../telemetry/store.ts'
import { EXPORT_FORMATS, type ExportOrder, type Exporter, type ExportFormat, type ExportSummary, openExporter } from './index.ts'

const T0 = Date.UTC(2026, 10, 1)
const DAY_MS = 86_400_000
const point = { id: 7, pointCode: '9901211000010101010001', name: '=回风巷,"CO"', unit: 'ppm' }
const odd: readonly Sample[] = [
  sample(-1, { value: -0 }),
  sample(0, { value: 1 / 3 }),
  sample(1, { value: Number.NaN, quality: 2, reason: 1 }),
  sample(2, { value: 5e-324, quality: 8, reason: 20, flags: 7, gatewayDeltaMs: -2_147_483_648 }),
  sample(3, { value: -1.7976931348623157e308, quality: 3, reason: 9, gatewayDeltaMs: 2_147_483_647 }),
  sample(4, { value: 999_999.999, flags: 2 }),
]

let directory: string
let store: TelemetryStore
let exporter: Exporter
let summaries: ExportSummary[]
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-export-'))
  store = await openDuckDbStore({ directory: join(directory, 'telemetry'), log: silentLogger(), memoryMb: 128, threads: 1, groupMs: 0 })
  exporter = openExporter({ store, directory: join(directory, 'exports') })
  summaries = []
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
})

function sample(at: number, rest: Partial<Sample> = {}): Sample {
  return { key: 7, timeMs: T0 + at, value: 20, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0, ...rest }
}

const order = (format: ExportFormat, change: Partial<ExportOrder> = {}): ExportOrder => ({ points: [point], fromMs: T0 - DAY_MS, toMs: T0 + DAY_MS, format, ...change })
const start = (asked: ExportOrder) => exporter.start(asked, async (summary) => void summaries.push(summary))

async function fileOf(asked: ExportOrder): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of start(asked)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** All rows of a file as any other program reads them: time, value, quality, reason, flags, delta. */
async function readBack(format: ExportFormat, bytes: Buffer): Promise<Omit<Sample, 'key'>[]> {
  const file = join(directory, `back.${format}`)
  writeFileSync(file, bytes)
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const columns = format === 'csv' ? '"UTC毫秒", "数值", "质量码", "原因码", "标志", "网关时差毫秒"' : 'time_ms, value, quality, reason_code, flags, gateway_delta_ms'
  const source = format === 'csv' ? `read_csv('${file}', types = {'UTC毫秒': 'BIGINT', '数值': 'DOUBLE'})` : `'${file}'`
  const rows = (await connection.runAndReadAll(`SELECT ${columns} FROM ${source}`)).getRows()
  connection.closeSync()
  return rows.map(([timeMs, value, quality, reason, flags, gatewayDeltaMs]) => ({
    timeMs: Number(timeMs),
    value: value === null ? Number.NaN : (value as number),
    quality: Number(quality),
    reason: Number(reason),
    flags: Number(flags),
    gatewayDeltaMs: Number(gatewayDeltaMs),
  }))
}

describe.each(EXPORT_FORMATS)('an export as %s', (format) => {
  test('holds exactly what is stored, bit for bit, over the end of a month and with bad quality', async () => {
    await store.write(columnsOf(odd), [])
    const bytes = await fileOf(order(format))
    // A backfilled good sample would show 7; the one with flags 7 has quality 8 and stays.
    expect(await readBack(format, bytes)).toEqual(odd.map(({ key: _key, ...rest }) => rest))
    expect(summaries).toEqual([{ outcome: 'complete', rows: 6, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }])
  })

  test('of more rows than a page has lacks none and doubles none', async () => {
    const builder = new SampleBuilder(45_000)
    for (let i = 0; i < 45_000; i++) builder.push(7, T0 + i * 100, i / 3)
    await store.write(builder, [])
    const rows = await readBack(format, await fileOf(order(format)))
    expect(rows.map(({ timeMs }) => timeMs)).toEqual(Array.from({ length: 45_000 }, (_, i) => T0 + i * 100))
    expect(rows.at(-1)?.value).toBe(44_999 / 3)
  })

  test('of an empty range is a file without rows', async () => {
    const bytes = await fileOf(order(format))
    expect([await readBack(format, bytes), summaries]).toMatchObject([[], [{ outcome: 'complete', rows: 0 }]])
  })

  test('whose reader goes away is told as aborted and leaves no file behind', async () => {
    await store.write(columnsOf(odd), [])
    const file = start(order(format))
    await file.next()
    await file.return()
    expect(summaries).toMatchObject([{ outcome: 'aborted' }])
    expect(existsSync(join(directory, 'exports')) ? readdirSync(join(directory, 'exports')) : []).toEqual([])
  })

  test('that the store interrupts fails and is told as failed', async () => {
    await store.close()
    await expect(fileOf(order(format))).rejects.toMatchObject({ code: 'TELEMETRY_CLOSED' })
    expect(summaries).toMatchObject([{ outcome: 'failed', rows: 0 }])
  })
})

test('a Parquet file has times that other programs know as times, and Chinese names', async () => {
  await store.write(columnsOf([sample(0)]), [])
  writeFileSync(join(directory, 'x.parquet'), await fileOf(order('parquet')))
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const [row] = (await connection.runAndReadAll(`SELECT typeof(time), epoch_ms(time)::DOUBLE, point_name, quality_name, reason FROM '${join(directory, 'x.parquet')}'`)).getRows()
  connection.closeSync()
  // The name stays as it is: no program runs a cell of Parquet.
  expect(row).toEqual(['TIMESTAMP WITH TIME ZONE', T0, '=回风巷,"CO"', '好', 'none'])
})

test('points follow each other, each in the order of time', async () => {
  await store.write(columnsOf([sample(5), sample(1), { ...sample(3), key: 8 }]), [])
  const text = (await fileOf(order('csv', { points: [point, { ...point, id: 8, pointCode: '9901211000010101010002' }] }))).toString()
  const rows = text
    .trim()
    .split('\r\n')
    .slice(1)
    .map((line) => [line.slice(20, 22), line.match(/,(\d{13}),/)?.[1]])
  expect(rows).toEqual([
    ['01', String(T0 + 1)],
    ['01', String(T0 + 5)],
    ['02', String(T0 + 3)],
  ])
})

test('a span too long is refused with what is allowed, for many points sooner', () => {
  expect(() => start(order('csv', { toMs: T0 + 400 * DAY_MS }))).toThrow(/EXPORT_SPAN_TOO_LONG|366/)
  expect(() => start(order('csv', { points: [point, point], toMs: T0 + 40 * DAY_MS }))).toThrow(/31/)
  expect(() => start(order('csv', { toMs: T0 - DAY_MS }))).toThrow(/before/)
})

test('a third export at once is refused, and taken when one has ended', async () => {
  const first = start(order('csv'))
  const second = start(order('csv'))
  expect(() => start(order('csv'))).toThrow(/try again/)
  await first.return()
  const third = start(order('csv'))
  await Promise.all([second.return(), third.return()])
})

test('an export that the audit log does not take is not complete', async () => {
  const file = exporter.start(order('csv'), async () => await Promise.reject(new TypeError('no audit')))
  await file.next()
  await expect(file.next()).rejects.toThrow('no audit')
})
