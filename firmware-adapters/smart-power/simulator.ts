import { type Clock, systemClock } from '@orewatch/core'
import { parseModbusFault, type RunOptions } from '../cli/arguments.ts'
import { cliErrors } from '../cli/errors.ts'
import type { Running } from '../cli/running.ts'
import { simulationErrors } from '../simulation/errors.ts'
import { makeBank, type RegisterBank, writeUint32 } from '../simulation/modbus-bank.ts'
import type { ModbusFraming } from '../simulation/modbus-frames.ts'
import { type ModbusServer, startModbusServer } from '../simulation/modbus-server.ts'
import { type LoopFault, type LoopFaultKind, type Meter, readingsAt } from './meter.ts'
import { MINE_LOOPS, type PowerLoop } from './model.ts'

/** A terminal on the line. */
export interface PowerUnit {
  readonly unit: number
  readonly loop: PowerLoop
  /** Reading of energy when 2026 began in Asia/Shanghai, kWh as the meter shows it. */
  readonly startKwh?: number
}

/** What to simulate and where. */
export interface SmartPowerOptions {
  /** The loops of `MINE_LOOPS` as units 1 to 6 when absent. */
  readonly units?: readonly PowerUnit[]
  readonly framing?: ModbusFraming
  /** 0 takes any free port. */
  readonly port?: number
  readonly host?: string
  readonly clock?: Clock
  readonly seed?: number
}

/** Running terminals. */
export interface SmartPower extends ModbusServer {
  readonly units: readonly PowerUnit[]
  /** Lets a fault of a loop begin now, for a time in ms or for ever; at most 64 of a unit are remembered. */
  readonly breakLoop: (unit: number, kind: LoopFaultKind, durationMs?: number) => void
}

/** The units of the demo: one terminal per loop. */
export const DEMO_POWER_UNITS: readonly PowerUnit[] = MINE_LOOPS.map((loop, i) => ({ unit: i + 1, loop, startKwh: 1000 * (i + 1) }))

const LOOP_FAULT_KINDS = ['phase-loss', 'terminal-off', 'ct-wrong', 'energy-back'] as const satisfies readonly LoopFaultKind[]
const MAP_REGISTERS = 27
const MAX_FAULTS = 64

/** Starts terminals that answer as profile.yaml describes them; rejects with a SIM_* error when the port is taken. */
export async function startSmartPower(options: SmartPowerOptions = {}): Promise<SmartPower> {
  const clock = options.clock ?? systemClock
  const units = options.units ?? DEMO_POWER_UNITS
  const faults = new Map<number, LoopFault[]>()
  const banks = new Map<number, RegisterBank>()
  for (const { unit, loop, startKwh = 0 } of units) {
    if (banks.has(unit)) throw simulationErrors.DUPLICATE_UNIT({ unit })
    const own: LoopFault[] = []
    faults.set(unit, own)
    banks.set(unit, bankOf({ loop, seed: (options.seed ?? 1) + unit, startKwh, faults: own }, clock))
  }
  const server = await startModbusServer({ ...options, clock, units: banks })
  const breakLoop = (unit: number, kind: LoopFaultKind, durationMs = Number.POSITIVE_INFINITY): void => {
    const own = faults.get(unit)
    if (own === undefined || own.length >= MAX_FAULTS) throw simulationErrors.UNKNOWN_UNIT({ unit, rightWouldBe: own === undefined ? 'a unit of `units`' : `at most ${MAX_FAULTS} faults a unit` })
    own.push({ kind, fromMs: clock.nowMs(), untilMs: clock.nowMs() + durationMs })
    if (kind === 'terminal-off') server.faults.inject({ fault: { kind: 'silence' }, unit, ...(Number.isFinite(durationMs) && { durationMs }) })
  }
  return { ...server, units, breakLoop }
}

function bankOf(meter: Meter, clock: Clock): RegisterBank {
  const bank = makeBank({ holding: MAP_REGISTERS })
  return {
    ...bank,
    identification: { vendor: 'Orewatch simulator', product: 'smart-power', revision: '1' },
    refresh: () => writeMap(bank.holding, meter, clock.nowMs()),
  }
}

function writeMap(registers: Uint16Array, meter: Meter, nowMs: number): void {
  const seen = readingsAt(meter, nowMs)
  const word = (address: number, value: number, scale: number): void => {
    registers[address] = Math.round(value / scale) & 0xffff
  }
  const pair = (address: number, value: number, scale: number): void => writeUint32(registers, address, Math.round(value / scale), 'ABCD')
  for (const [i, volts] of seen.volts.entries()) word(i, volts, 0.1)
  for (const [i, amperes] of seen.amperes.entries()) pair(3 + 2 * i, amperes, 0.001)
  pair(9, seen.activeKw, 0.0001)
  pair(11, seen.reactiveKvar, 0.0001)
  pair(13, seen.apparentKva, 0.0001)
  word(15, seen.powerFactor, 0.001)
  word(16, seen.frequencyHz, 0.01)
  registers[17] = 0
  // A meter shows what it has counted in full; rounded up it would show 1 000 000.00 before it begins again.
  writeUint32(registers, 18, Math.floor(seen.energyKwh * 100), 'ABCD')
  pair(20, seen.demandKw, 0.0001)
  word(22, seen.thdVoltage, 0.1)
  word(23, seen.thdCurrent, 0.1)
  word(24, seen.temperatureC, 0.1)
  word(25, seen.leakageMa, 1)
  registers[26] = seen.isClosed ? 1 : 0
}

/** Runs the simulator for `orewatch-sim run smart-power`; besides the faults of the line it takes `phase-loss`, `terminal-off`, `ct-wrong` and `energy-back`. */
export async function runSimulator(options: RunOptions): Promise<Running> {
  if (options.mode !== 'model' || options.events.length > 0)
    throw cliErrors.BAD_OPTION({ found: '--mode or --event', rightWouldBe: 'smart-power has its model only, and no events; its faults are --fault' })
  const loopFaults = options.faults.flatMap((text) => parseLoopFault(text) ?? [])
  const orders = options.faults.filter((text) => parseLoopFault(text) === undefined).map(parseModbusFault)
  const simulator = await startSmartPower({ host: options.host, port: options.port, framing: options.framing, seed: options.seed })
  for (const order of orders) simulator.faults.inject(order)
  for (const { kind, unit, durationMs } of loopFaults) for (const target of unit === undefined ? simulator.units.map((each) => each.unit) : [unit]) simulator.breakLoop(target, kind, durationMs)
  return {
    address: `tcp://${options.host}:${simulator.port}`,
    lines: [
      `smart-power listens on ${options.host}:${simulator.port} (Modbus ${options.framing})`,
      ...simulator.units.map(({ unit, loop }) => `  unit ${unit}: ${loop.name}, ctRatio ${loop.ctRatio}, ptRatio ${loop.ptRatio}`),
      ...options.faults.map((fault) => `  fault: ${fault}`),
    ],
    close: simulator.close,
    counters: () => {
      const { requests, answers, writes } = simulator.stats
      return { requests, answers, refused_writes: writes }
    },
  }
}

/** Reads `kind[:seconds][@unit]` of a fault of a loop; undefined for anything else. */
function parseLoopFault(text: string): { kind: LoopFaultKind; unit: number | undefined; durationMs: number | undefined } | undefined {
  const groups = /^(?<kind>[a-z-]+)(?::(?<seconds>\d+))?(?:@(?<unit>\d+))?$/.exec(text)?.groups
  const kind = LOOP_FAULT_KINDS.find((known) => known === groups?.['kind'])
  if (groups === undefined || kind === undefined) return undefined
  const number = (name: string): number | undefined => (groups[name] === undefined ? undefined : Number(groups[name]))
  const seconds = number('seconds')
  return { kind, unit: number('unit'), durationMs: seconds === undefined ? undefined : 1000 * seconds }
}
