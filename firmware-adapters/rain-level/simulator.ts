import { type Clock, systemClock } from '@orewatch/core'
import type { RunOptions } from '../cli/arguments.ts'
import { runInstruments } from '../cli/run-instruments.ts'
import type { Running } from '../cli/running.ts'
import { BROKEN_LOOP_MICROAMPS, type InstrumentRegister, loopMicroamps, makeInstrumentBank } from '../simulation/instrument-bank.ts'
import { InstrumentFaults } from '../simulation/instrument-faults.ts'
import type { ModbusFraming } from '../simulation/modbus-frames.ts'
import { type ModbusServer, startModbusServer } from '../simulation/modbus-server.ts'
import { makeStorm, type Storm, weatherAt } from '../simulation/storm.ts'
import { ditchLevelAt, tipsAt } from './model.ts'

/** A fault of one instrument: a cut loop shows 3.5 mA, the counter of a blocked gauge stands still. */
export const RAIN_FAULT_KINDS = ['open-loop', 'blocked-gauge'] as const
/** Kind of such a fault. */
export type RainFaultKind = (typeof RAIN_FAULT_KINDS)[number]

/** Water level in the flood ditch at 4 and 20 mA, m. */
export const DEMO_LEVEL = { lo: 0, hi: 5 } as const

/** What to simulate and where. */
export interface RainLevelOptions {
  /** Modbus unit identifier; 1 when absent. */
  readonly unit?: number
  readonly framing?: ModbusFraming
  /** 0 takes any free port. */
  readonly port?: number
  readonly host?: string
  readonly clock?: Clock
  readonly seed?: number
  /** Shared with other simulators so that their values agree; otherwise one begins when the simulator starts. */
  readonly storm?: Storm
  /** pattern: float32 values (the weather) are computable from point and time. */
  readonly mode?: 'model' | 'pattern'
}

/** A running simulator. */
export interface RainLevel extends ModbusServer {
  readonly storm: Storm
  /** The n-th of these has pattern index n. */
  readonly registers: readonly InstrumentRegister[]
  readonly instrumentFaults: InstrumentFaults<RainFaultKind>
}

/** Starts a station with one rain gauge, one level gauge and the weather; rejects with a SIM_* error when the port is taken. */
export async function startRainLevel(options: RainLevelOptions = {}): Promise<RainLevel> {
  const clock = options.clock ?? systemClock
  const storm = options.storm ?? makeStorm({ seed: options.seed ?? 1, startMs: clock.nowMs() })
  const instrumentFaults = new InstrumentFaults<RainFaultKind>(clock, { 'open-loop': 1, 'blocked-gauge': 1 })
  const registers = registersOf(storm, instrumentFaults)
  const bank = makeInstrumentBank({ product: 'rain-level', registers, size: 48, clock, mode: options.mode ?? 'model' })
  const server = await startModbusServer({ ...options, clock, units: new Map([[options.unit ?? 1, bank]]) })
  return { ...server, storm, registers, instrumentFaults }
}

function registersOf(storm: Storm, faults: InstrumentFaults<RainFaultKind>): InstrumentRegister[] {
  let counted: number | undefined
  const count = (timeMs: number): number => {
    if (counted === undefined || !faults.has('blocked-gauge', 1)) counted = tipsAt(storm, timeMs)
    return counted
  }
  const { lo, hi } = DEMO_LEVEL
  const level = (timeMs: number): number => (faults.has('open-loop', 1) ? BROKEN_LOOP_MICROAMPS : loopMicroamps(ditchLevelAt(storm, timeMs), lo, hi))
  return [
    { address: 0, type: 'uint32', value: count },
    { address: 10, type: 'uint16', value: level },
    { address: 40, type: 'float32', value: (timeMs) => weatherAt(storm, timeMs).windMps },
    { address: 42, type: 'float32', value: (timeMs) => weatherAt(storm, timeMs).windDeg },
    { address: 44, type: 'float32', value: (timeMs) => weatherAt(storm, timeMs).airC },
    { address: 46, type: 'float32', value: (timeMs) => weatherAt(storm, timeMs).airHpa },
  ]
}

/** Runs the simulator for `orewatch-sim run rain-level`. */
export async function runSimulator(options: RunOptions): Promise<Running> {
  return await runInstruments(options, {
    family: 'rain-level',
    faultKinds: RAIN_FAULT_KINDS,
    about: ['rain gauge 1: tips of 0.2 mm', `level 1: 0301, 4 mA = ${DEMO_LEVEL.lo} m, 20 mA = ${DEMO_LEVEL.hi} m`, 'three days of rain begin now'],
    start: () => startRainLevel({ host: options.host, port: options.port, framing: options.framing, seed: options.seed, mode: options.mode }),
  })
}
