import { parseArgs } from 'node:util'
import { errorCode } from '@orewatch/core'
import { MODBUS_FAULT_KINDS, type FaultOrder, type ModbusFault } from '../simulation/modbus-faults.ts'
import { cliErrors } from './errors.ts'

/** A checked command line. */
export type Command = { readonly kind: 'help' } | { readonly kind: 'list' } | { readonly kind: 'run'; readonly family: string; readonly options: RunOptions }

/** How a simulator is run. */
export interface RunOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly seed: number
  readonly framing: 'tcp' | 'rtu-over-tcp'
  readonly mode: 'model' | 'pattern'
  /** Folder of the OPC UA keys; a temporary one when absent. */
  readonly pkiDir: string | undefined
  /** File with one `name:password` per line, for OPC UA. */
  readonly usersFile: string | undefined
  readonly faults: readonly string[]
  /** Port of health, readiness and metrics on loopback; none when absent. */
  readonly probesPort: number | undefined
  readonly events: readonly ('blast' | 'fan-trip')[]
}

/** Faults of the OPC UA simulator that the command line knows. */
export const OPCUA_FAULT_KINDS = ['close-sessions', 'keep-subscriptions', 'drop-subscriptions', 'mute-subscriptions', 'restart', 'bad-status'] as const

/** A fault of the OPC UA simulator, to be repeated every so many seconds. */
export interface OpcUaFaultOrder {
  readonly kind: (typeof OPCUA_FAULT_KINDS)[number]
  readonly everyMs: number
  /** Node of bad-status. */
  readonly node: string | undefined
}

/** What to type. */
export const HELP = `orewatch-sim: simulated field devices on real sockets

  orewatch-sim list                 families and their profiles
  orewatch-sim run <family>         runs one until Ctrl-C

  --host 127.0.0.1     address to listen on; others only with --listen-anywhere
  --port 0             port; 0 takes any free one
  --probes <port>      /healthz, /readyz and /metrics on 127.0.0.1; 0 takes any free port
  --seed 1             another seed is another mine
  --mode model         model: physics; pattern: values computable from point and time
  --event blast        happens at the start: blast, fan-trip (may be repeated)
  --framing tcp        Modbus: tcp or rtu-over-tcp
  --pki-dir <folder>   OPC UA: where keys and certificates are kept; a temporary folder otherwise
  --users-file <file>  OPC UA: lines name:password; without it anonymous sessions are let in
  --fault <fault>      may be repeated
      Modbus: kind[:number][@unit][*requests], kinds ${MODBUS_FAULT_KINDS.join(', ')}
              late:3000  drip:50  exception:2@1  silence@2*10
      instruments: kind:slot, such as broken-wire:1, open-loop:2, blocked-gauge:1, float-solution:3; the README of a family names them
      OPC UA: kind[/seconds], repeated every so many seconds (30), kinds ${OPCUA_FAULT_KINDS.slice(0, -1).join(', ')}
              bad-status:s=Mine.Fan1.Run/60
      people and slopes: over-capacity/60, lost-card, sos (seconds after the start); phase-jump:1, low-coherence:2, acceleration:2 (zone)
`

/** Reads a command line; throws SIM_CLI_* errors that say what would be right. */
export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = readOptions(argv)
  const [word, family, ...rest] = positionals
  if (values.help || word === undefined || word === 'help') return { kind: 'help' }
  if (word === 'list') return { kind: 'list' }
  if (word !== 'run') throw cliErrors.UNKNOWN_COMMAND({ found: word })
  if (family === undefined) throw cliErrors.UNKNOWN_FAMILY({ found: 'none', rightWouldBe: 'orewatch-sim run <family>; orewatch-sim list names them' })
  if (rest.length > 0) throw cliErrors.BAD_OPTION({ found: rest.join(' '), rightWouldBe: 'one family; options begin with --' })
  return { kind: 'run', family, options: runOptions(values) }
}

/** Reads `kind[:number][@unit][*requests]`. */
export function parseModbusFault(text: string): FaultOrder {
  const groups = /^(?<kind>[a-z-]+)(?::(?<number>\d+))?(?:@(?<unit>\d+))?(?:\*(?<requests>\d+))?$/.exec(text)?.groups
  const kind = MODBUS_FAULT_KINDS.find((known) => known === groups?.['kind'])
  if (groups === undefined || kind === undefined) throw cliErrors.BAD_FAULT({ found: text, rightWouldBe: `kind[:number][@unit][*requests], kind one of ${MODBUS_FAULT_KINDS.join(', ')}` })
  const number = groups['number'] === undefined ? undefined : Number(groups['number'])
  return {
    fault: modbusFault(kind, number, text),
    ...(groups['unit'] === undefined ? {} : { unit: Number(groups['unit']) }),
    ...(groups['requests'] === undefined ? {} : { requests: Number(groups['requests']) }),
  }
}

/** Reads `kind[:node][/seconds]`. */
export function parseOpcUaFault(text: string): OpcUaFaultOrder {
  const groups = /^(?<kind>[a-z-]+)(?::(?<node>[^/]+))?(?:\/(?<seconds>\d+))?$/.exec(text)?.groups
  const kind = OPCUA_FAULT_KINDS.find((known) => known === groups?.['kind'])
  if (groups === undefined || kind === undefined) throw cliErrors.BAD_FAULT({ found: text, rightWouldBe: `kind[/seconds], kind one of ${OPCUA_FAULT_KINDS.join(', ')}` })
  if (kind === 'bad-status' && groups['node'] === undefined) throw cliErrors.BAD_FAULT({ found: text, rightWouldBe: 'bad-status:s=Mine.Fan1.Run' })
  return { kind, everyMs: 1000 * Math.max(1, Number(groups['seconds'] ?? 30)), node: groups['node'] }
}

function modbusFault(kind: ModbusFault['kind'], number: number | undefined, text: string): ModbusFault {
  switch (kind) {
    case 'late':
      return { kind, delayMs: number ?? 3000 }
    case 'drip':
      return { kind, byteEveryMs: number ?? 100 }
    case 'exception':
      if (number === undefined || ![1, 2, 3, 4, 5, 6, 10, 11].includes(number)) throw cliErrors.BAD_FAULT({ found: text, rightWouldBe: 'exception:<code>, code 1–6, 10 or 11' })
      return { kind, code: number }
    default:
      return { kind }
  }
}

type Values = ReturnType<typeof readOptions>['values']

function readOptions(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        host: { type: 'string', default: '127.0.0.1' },
        'listen-anywhere': { type: 'boolean', default: false },
        port: { type: 'string', default: '0' },
        seed: { type: 'string', default: '1' },
        framing: { type: 'string', default: 'tcp' },
        mode: { type: 'string', default: 'model' },
        'pki-dir': { type: 'string' },
        'users-file': { type: 'string' },
        fault: { type: 'string', multiple: true, default: [] },
        probes: { type: 'string' },
        event: { type: 'string', multiple: true, default: [] },
      },
    })
  } catch (cause) {
    throw cliErrors.BAD_OPTION({ cause: cause instanceof Error ? cause.message : errorCode(cause), rightWouldBe: 'orewatch-sim --help lists the options' }, cause)
  }
}

function runOptions(values: Values): RunOptions {
  const { host, framing, mode } = values
  if (!values['listen-anywhere'] && !LOOPBACK.has(host)) throw cliErrors.NOT_LOOPBACK({ host })
  if (framing !== 'tcp' && framing !== 'rtu-over-tcp') throw cliErrors.BAD_OPTION({ option: '--framing', found: framing, rightWouldBe: 'tcp or rtu-over-tcp' })
  if (mode !== 'model' && mode !== 'pattern') throw cliErrors.BAD_OPTION({ option: '--mode', found: mode, rightWouldBe: 'model or pattern' })
  return {
    host,
    framing,
    mode,
    port: wholeNumber('--port', values.port, 65_535),
    probesPort: values.probes === undefined ? undefined : wholeNumber('--probes', values.probes, 65_535),
    seed: wholeNumber('--seed', values.seed, 2 ** 31 - 1),
    pkiDir: values['pki-dir'],
    usersFile: values['users-file'],
    faults: values.fault,
    events: values.event.map(eventOf),
  }
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

function wholeNumber(option: string, text: string, max: number): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number > max) throw cliErrors.BAD_OPTION({ option, found: text, rightWouldBe: `a whole number from 0 to ${max}` })
  return number
}

function eventOf(text: string): 'blast' | 'fan-trip' {
  if (text === 'blast' || text === 'fan-trip') return text
  throw cliErrors.BAD_OPTION({ option: '--event', found: text, rightWouldBe: 'blast or fan-trip' })
}
