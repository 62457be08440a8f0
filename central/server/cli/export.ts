/* `orewatch export`: the samples of a point or a mine as one file, read from the store itself. */
import { createWriteStream, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { errorCode, SENSOR_TYPES } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { EXPORT_FORMATS, type ExportedPoint, type ExportFormat, openExporter, type ExportSummary } from '../../export/index.ts'
import { openAudit } from '../../kernel/access/index.ts'
import { openRegistry, type PointRow, type Registry } from '../../registry/index.ts'
import { loadCentralSettings } from '../../settings/index.ts'
import { openTelemetryStore } from '../../telemetry/registry.ts'
import type { TelemetryStore } from '../../telemetry/store.ts'
import { serverErrors } from '../errors.ts'
import type { Command, Print } from './arguments.ts'
import { openBeside } from './database.ts'

const PAGE = 1_000

/** Writes the file and a line in the audit log. Rejects with SERVER_USAGE, SERVER_STORE_IN_USE or EXPORT_*. */
export async function exportToFile({ options }: Command, print: Print): Promise<void> {
  const { mine, point, from, to, format = 'csv', out, config } = options
  if ((mine === undefined) === (point === undefined)) throw serverErrors.USAGE({ problem: 'one of --mine and --point' })
  if (out === undefined) throw serverErrors.USAGE({ missing: '--out' })
  if (!EXPORT_FORMATS.includes(format as ExportFormat)) throw serverErrors.USAGE({ problem: `--format ${format}`, expected: EXPORT_FORMATS.join(' or ') })
  const span = { fromMs: parseTime('--from', from), toMs: parseTime('--to', to) }
  const settings = loadCentralSettings(config)
  const relational = await openBeside(settings)
  try {
    const points = await pointsOf(openRegistry(relational), mine, point)
    const store = await openStoreAlone(() => openTelemetryStore(settings.store, silentLogger()))
    try {
      const summary = await writeFile(store, resolve(out), { points, ...span, format: format as ExportFormat }, async ({ outcome, ...given }) => {
        await openAudit(relational).append({
          address: 'command line',
          action: 'point.export',
          object: mine ?? point ?? '',
          result: outcome === 'complete' ? 'ok' : 'failed',
          detail: { format, ...span, outcome, points: points.length, ...given },
        })
      })
      print(`${out}: ${summary.rows} samples of ${points.length} points, ${summary.bytes} bytes`)
      print(`sha256 ${summary.sha256}`)
    } finally {
      await store.close()
    }
  } finally {
    await relational.close()
  }
}

/** UTC ms of a date, or of a date with time; without a zone it is Beijing time. */
export function parseTime(option: string, text: string | undefined): number {
  if (text === undefined) throw serverErrors.USAGE({ missing: option })
  const match = /^(?<date>\d{4}-\d{2}-\d{2})(?:T(?<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?(?<zone>Z|[+-]\d{2}:\d{2})?$/.exec(text)
  const { date = '', time = '00:00', zone = '+08:00' } = match?.groups ?? {}
  const timeMs = Date.parse(`${date}T${time}${zone}`)
  // A day that the month does not have would silently become one of the next.
  const isReal = !Number.isNaN(timeMs) && new Date(`${date}T00:00Z`).toISOString().startsWith(date)
  if (!isReal) throw serverErrors.USAGE({ problem: `${option} ${text}`, expected: '2026-11-05 or 2026-11-05T08:00 (Beijing time) or 2026-11-05T00:00Z' })
  return timeMs
}

async function pointsOf(registry: Registry, mine: string | undefined, code: string | undefined): Promise<ExportedPoint[]> {
  if (code !== undefined) {
    const point = await registry.pointByCode(code)
    if (point === undefined) throw serverErrors.USAGE({ unknown: `point ${code}` })
    return [exported(point)]
  }
  const points: ExportedPoint[] = []
  for (let after: string | undefined, isLast = false; !isLast; ) {
    const page = await registry.points({ scope: { divisionPrefix: '' }, subjectCode: mine as string, limit: PAGE, ...(after !== undefined && { after }) })
    points.push(...page.rows.map(exported))
    after = page.next
    isLast = after === undefined
  }
  if (points.length === 0) throw serverErrors.USAGE({ unknown: `mine ${mine}, or it has no points` })
  return points
}

function exported({ id, pointCode, title, sensorType, metric, unit }: PointRow): ExportedPoint {
  return { id, pointCode, unit, name: title ?? SENSOR_TYPES[sensorType]?.zh ?? metric }
}

/** Opens a store for a command; one that a running central owns is told with what to do. */
export async function openStoreAlone(open: () => Promise<TelemetryStore>): Promise<TelemetryStore> {
  try {
    return await open()
  } catch (err) {
    throw errorCode(err) === 'DUCKDB_LOCKED' ? serverErrors.STORE_IN_USE({}, err) : err
  }
}

async function writeFile(
  store: TelemetryStore,
  out: string,
  order: { readonly points: readonly ExportedPoint[]; readonly fromMs: number; readonly toMs: number; readonly format: ExportFormat },
  onEnd: (summary: ExportSummary) => Promise<void>,
): Promise<ExportSummary> {
  const exporter = openExporter({ store, directory: join(dirname(out), `.orewatch-export-${process.pid}`) })
  const part = `${out}.part`
  let told: ExportSummary | undefined
  const file = exporter.start(order, async (summary) => {
    told = summary
    await onEnd(summary)
  })
  try {
    await pipeline(Readable.from(file, { objectMode: false }), createWriteStream(part, { mode: 0o600 }))
    // Under its name only when it is whole.
    renameSync(part, out)
  } finally {
    rmSync(part, { force: true })
    rmSync(join(dirname(out), `.orewatch-export-${process.pid}`), { recursive: true, force: true })
  }
  return told as ExportSummary
}
