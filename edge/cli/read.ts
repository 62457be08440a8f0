import { join } from 'node:path'
import { isQuality, Q, QUALITY_NAMES, reasonOf, type Sample, SampleBuilder, samplesOf, systemClock } from '@orewatch/core'
import type { ResolvedPoint } from '@orewatch/firmware-adapters'
import { openLogger } from '@orewatch/observability'
import type { RawReading, ReadingSink } from '../drivers/driver.ts'
import { createLine } from '../drivers/registry.ts'
import { gatewayErrors } from '../errors.ts'
import { judgeOf } from '../pipeline/derive.ts'
import { type DeviceSetting, loadSettings } from '../settings/load.ts'

const TIMEOUT_MS = 20_000
const nowhere: ReadingSink = { readings: () => {}, state: () => {}, event: () => {} }

/** Reads a device once, beside a running gateway or without one, and prints raw and scaled values. Resolves to the exit code. */
export async function readDevice(file: string, id: string): Promise<number> {
  const settings = loadSettings(file)
  const device = settings.devices.get(id)
  const lineConfig = device && settings.lines.get(device.line)
  if (device === undefined || lineConfig === undefined) throw gatewayErrors.UNKNOWN_DEVICE({ device: id, known: [...settings.devices.keys()].join(', ') })
  const log = openLogger({ program: 'edge', level: process.env['OREWATCH_LOG'] ?? 'silent' })
  const line = await createLine(lineConfig, { clock: systemClock, log, sink: nowhere, ready: () => Promise.resolve() }, { pkiDirectory: join(settings.dataDirectory, 'pki') })
  line.setDevice(device.spec)
  line.start()
  try {
    const readings = await line.readOnce(id, AbortSignal.timeout(TIMEOUT_MS))
    const samples = judged(device, readings)
    for (const [i, point] of device.points.entries()) process.stdout.write(`${row(point, readings[i]?.raw, samples.get(i))}\n`)
    return device.points.every((_, i) => samples.get(i)?.quality === Q.good) ? 0 : 3
  } finally {
    await line.stop()
  }
}

/** What the gateway would make of the readings: the newest sample of each point by its index, computed points and gates included. */
function judged({ points, time }: DeviceSetting, readings: readonly RawReading[]): Map<number, Sample> {
  const columns = new SampleBuilder(Math.max(1, readings.length))
  for (const [i, { value, quality, reason }] of readings.entries()) columns.push(i, Number.NaN, value, quality, reason)
  const out = new SampleBuilder()
  const keys = Uint32Array.from(points, (_, i) => i)
  judgeOf(points, { ...time, clock: 'gateway' }).judge(columns, { nowMs: systemClock.nowMs(), isTrusted: true }, keys, () => out)
  return new Map(samplesOf(out).map((sample) => [sample.key, sample]))
}

function row({ name, unit }: ResolvedPoint, raw: string | undefined, sample: Sample | undefined): string {
  const { value = Number.NaN, quality: q = Q.suspect, reason = 0 } = sample ?? {}
  const quality = isQuality(q) ? `${q} ${QUALITY_NAMES[q].zh}/${QUALITY_NAMES[q].en}` : String(q)
  const why = reason === 0 ? '' : ` (${reasonOf(reason)})`
  return `${name.padEnd(28)} ${raw === undefined ? 'computed'.padEnd(24) : `raw ${raw.padEnd(20)}`} ${(Number.isNaN(value) ? '—' : `${value} ${unit}`).padEnd(18)} Q ${quality}${why}`
}
