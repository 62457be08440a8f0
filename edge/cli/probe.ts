import { systemClock } from '@orewatch/core'
import type { ModbusQuirks, ResolvedPoint, WordOrder } from '@orewatch/firmware-adapters'
import type { ProbeReport } from '../drivers/modbus/index.ts'
import { gatewayErrors } from '../errors.ts'
import { measure } from '../pipeline/judge.ts'
import { loadSettings } from '../settings/load.ts'
import { proposalOf, reportText } from './probe-text.ts'

/** How the outcome is printed. */
export type ProbeOutput = 'text' | 'json'

const EXIT_CODES = { silence: 3, budget: 3, cancelled: 130 } as const

/**
 * Measures what a Modbus device can do and prints it with a proposal for its profile. Ctrl-C ends it with what it has.
 * Resolves to the exit code: 0 measured, 3 not through, 130 cancelled.
 */
export async function probeDevice(file: string, id: string, output: ProbeOutput): Promise<number> {
  const settings = loadSettings(file)
  const device = settings.devices.get(id)
  const config = device && settings.lines.get(device.line)?.modbus
  if (device === undefined) throw gatewayErrors.UNKNOWN_DEVICE({ device: id, known: [...settings.devices.keys()].join(', ') })
  if (config === undefined) throw gatewayErrors.NO_PROBE({ device: id, line: device.line })
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const { probeModbusDevice } = await import('../drivers/modbus/index.ts')
    const report = await probeModbusDevice({
      config,
      device: device.spec,
      signal: stopping.signal,
      clock: systemClock,
      isPlausible: (point, raw) => isPlausible(device.spec.points[point], raw),
    })
    process.stdout.write(print(report, output, { id, configured: ordersOf(device.spec.points), ...(device.spec.quirks && { quirks: device.spec.quirks }) }))
    return report.stopped === undefined ? 0 : EXIT_CODES[report.stopped]
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/**
 * Whether a raw value is good for its class, and not so near to 0 that a sensor could not tell it from 0: wrong byte orders
 * mostly give numbers far beyond the range or next to nothing.
 */
export function isPlausible(point: ResolvedPoint | undefined, raw: number): boolean {
  if (point === undefined) return false
  const { value, q } = measure(point, raw, 0, 0)
  return q === 0 && (value === 0 || Math.abs(value) >= point.resolution / 1000)
}

function ordersOf(points: readonly ResolvedPoint[]): readonly WordOrder[] {
  return [...new Set(points.flatMap(({ source }) => (source.kind === 'modbus' && source.modbus.wordOrder !== undefined ? [source.modbus.wordOrder] : [])))]
}

interface Probed {
  readonly id: string
  readonly configured: readonly WordOrder[]
  readonly quirks?: ModbusQuirks
}

function print(report: ProbeReport, output: ProbeOutput, probed: Probed): string {
  if (output === 'text') return reportText(report, probed)
  return `${JSON.stringify({ device: probed.id, ...report, proposal: proposalOf(report) }, undefined, 2)}\n`
}
