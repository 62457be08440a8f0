import { join } from 'node:path'
import { isQuality, QUALITY_NAMES, reasonOf, systemClock } from '@orewatch/core'
import { openLogger } from '@orewatch/observability'
import type { RawReading, ReadingSink } from '../drivers/driver.ts'
import { createLine } from '../drivers/registry.ts'
import { gatewayErrors } from '../errors.ts'
import { measure } from '../pipeline/judge.ts'
import { loadSettings } from '../settings/load.ts'

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
    for (const reading of readings)
      process.stdout.write(
        `${row(
          reading,
          device.spec.points.find((p) => p.name === reading.point),
        )}\n`,
      )
    return readings.every((r) => r.quality === 0) ? 0 : 3
  } finally {
    await line.stop()
  }
}

function row(reading: RawReading, point: Parameters<typeof measure>[0] | undefined): string {
  const judged = point === undefined ? { value: reading.value, q: reading.quality, why: reading.reason } : measure(point, reading.value, reading.quality, reading.reason)
  const quality = isQuality(judged.q) ? `${judged.q} ${QUALITY_NAMES[judged.q].zh}/${QUALITY_NAMES[judged.q].en}` : String(judged.q)
  const value = Number.isNaN(judged.value) ? '—' : `${judged.value} ${point?.unit ?? ''}`
  const why = judged.why === 0 ? '' : ` (${reasonOf(judged.why)})`
  return `${reading.point.padEnd(28)} raw ${reading.raw.padEnd(20)} ${value.padEnd(18)} Q ${quality}${why}`
}
