/* What was measured of a device, in words and as YAML to copy. Pure. */
import type { ModbusQuirks, WordOrder } from '@orewatch/firmware-adapters'
import type { HoleFinding, LongestRead, ProbeFindings, ProbeReport } from '../drivers/modbus/index.ts'

/** What should be written into profile and gateway.yaml; only what was measured. */
export interface Proposal {
  readonly quirks: Partial<ModbusQuirks>
  readonly options: { readonly wordOrder?: WordOrder }
}

/** What was known of the device before. */
export interface ProbedDevice {
  readonly id: string
  /** Byte orders of its points as they are configured. */
  readonly configured: readonly WordOrder[]
  readonly quirks?: ModbusQuirks
}

/** The proposal that follows from a report. A map that ends says nothing about the device's own limit, so nothing is proposed then. */
export function proposalOf({ findings }: ProbeReport): Proposal {
  const { registers, bits, holes, gap, pipelining, order } = findings
  return {
    quirks: {
      ...(registers !== undefined && registers.bound !== 'map' && { maxRegistersPerRead: registers.count }),
      ...(bits !== undefined && bits.bound !== 'map' && { maxBitsPerRead: bits.count }),
      ...(holes?.verdict === 'refused' && { maxHoleRegisters: 0 }),
      ...(gap?.pauseMs !== undefined && { minGapMs: gap.pauseMs }),
      ...(pipelining !== undefined && { maxInFlight: pipelining.works ? pipelining.depth : 1 }),
    },
    options: { ...(order?.order !== undefined && { wordOrder: order.order }) },
  }
}

/** The report for a person, ending with the proposal as YAML. */
export function reportText(report: ProbeReport, device: ProbedDevice): string {
  const { findings, requests, answerMs, stopped } = report
  const lines = [
    `${device.id}: ${requests} requests${answerMs === undefined ? '' : `, answers after ${round(answerMs.median)} ms, at most ${round(answerMs.longest)} ms`}`,
    ...(stopped === undefined ? [] : [STOPPED[stopped]]),
    ...measuredLines(findings, device),
    '',
    ...yamlLines(proposalOf(report)),
  ]
  return `${lines.join('\n')}\n`
}

const STOPPED = {
  silence: 'THE DEVICE FELL SILENT: what follows was measured before',
  cancelled: 'cancelled: what follows was measured before',
  budget: 'the bound of requests is reached: what follows was measured before',
} as const

function measuredLines(findings: ProbeFindings, device: ProbedDevice): string[] {
  const { registers, bits, holes, order, gap, pipelining } = findings
  return [
    row('longest read', longestText('registers', registers)),
    ...(bits === undefined ? [] : [row('longest read', longestText('bits', bits))]),
    row('holes', holesText(holes)),
    row('byte order', orderText(order, device)),
    row('smallest pause', gapText(gap)),
    row(
      'several at once',
      pipelining === undefined
        ? NOT_MEASURED
        : pipelining.depth < 2
          ? 'not tried: the line allows one'
          : pipelining.works
            ? `${pipelining.depth} answered rightly`
            : `not all of ${pipelining.depth} answered: one at a time`,
    ),
  ]
}

const NOT_MEASURED = 'not measured'

const BOUNDS = { device: 'the device refuses longer ones', map: 'its map ends or has a hole there, so its own limit stays unknown', protocol: 'the protocol allows no more' } as const

function longestText(what: string, read: LongestRead | undefined): string {
  return read === undefined ? NOT_MEASURED : `${read.count} ${what} from ${read.area} ${read.address}: ${BOUNDS[read.bound]}`
}

function holesText(holes: HoleFinding | undefined): string {
  if (holes === undefined) return NOT_MEASURED
  if (holes.verdict === 'undecided') return 'undecided: no hole between the configured points could be tried'
  return [...(holes.served.length > 0 ? [`served (${holes.served.join(', ')} registers)`] : []), ...(holes.refused.length > 0 ? [`refused (${holes.refused.join(', ')} registers)`] : [])].join(', ')
}

function orderText(order: ProbeFindings['order'], { configured }: ProbedDevice): string {
  if (order === undefined) return NOT_MEASURED
  if (order.order === undefined)
    return order.points === 0 ? 'undecided: no point of several registers tells them apart now' : `undecided between ${order.candidates.join(', ')}, by ${order.points} points`
  const isAsConfigured = configured.length === 1 && configured[0] === order.order
  return `${order.order}, by ${order.points} points${isAsConfigured ? ', as configured' : ` (configured: ${configured.join(', ')})`}`
}

function gapText(gap: ProbeFindings['gap']): string {
  if (gap === undefined) return NOT_MEASURED
  if (gap.pauseMs === undefined) return `answers are lost even with ${gap.lostAtMs} ms between requests: look at the line first`
  if (gap.pauseMs === 0) return '0 ms: none is needed'
  return gap.lostAtMs === undefined ? `${gap.pauseMs} ms as configured: none lost, shorter was not tried` : `${gap.pauseMs} ms; with ${gap.lostAtMs} ms answers are lost`
}

function yamlLines({ quirks, options }: Proposal): string[] {
  const block = (title: string, comment: string, entries: readonly [string, unknown][]): string[] =>
    entries.length === 0 ? [] : [`${title}: # ${comment}`, ...entries.map(([key, value]) => `  ${key}: ${String(value)}`)]
  const lines = [...block('quirks', 'in the profile', Object.entries(quirks)), ...block('options', 'at the device in gateway.yaml', Object.entries(options))]
  return lines.length === 0 ? ['# nothing to propose'] : lines
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(16)}${text}`
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
