import { type Clock, systemClock } from '@orewatch/core'
import type { RunOptions } from '../cli/arguments.ts'
import { runInstruments } from '../cli/run-instruments.ts'
import type { Running } from '../cli/running.ts'
import { makeSlope } from '../simulation/creep.ts'
import { type InstrumentRegister, makeInstrumentBank } from '../simulation/instrument-bank.ts'
import { InstrumentFaults } from '../simulation/instrument-faults.ts'
import type { ModbusFraming } from '../simulation/modbus-frames.ts'
import { type ModbusServer, startModbusServer } from '../simulation/modbus-server.ts'
import { type GnssResult, type MonitoringPoint, resultAt } from './model.ts'

/** A fault of one point: its receiver finds no fixed solution. */
export const GNSS_FAULT_KINDS = ['float-solution'] as const
/** Kind of such a fault. */
export type GnssFaultKind = (typeof GNSS_FAULT_KINDS)[number]

/** What to simulate and where. */
export interface GnssOptions {
  /** Modbus unit identifier; 1 when absent. */
  readonly unit?: number
  readonly framing?: ModbusFraming
  /** 0 takes any free port. */
  readonly port?: number
  readonly host?: string
  readonly clock?: Clock
  readonly seed?: number
  /** Monitoring points from slot 1 on; those of `demoPoints` when absent. */
  readonly points?: readonly MonitoringPoint[]
  /** pattern: float32 values are computable from point and time, and every solution is a fix. */
  readonly mode?: 'model' | 'pattern'
}

/** A running simulator. */
export interface GnssSimulator extends ModbusServer {
  readonly points: readonly MonitoringPoint[]
  /** The n-th of these has pattern index n. */
  readonly registers: readonly InstrumentRegister[]
  readonly instrumentFaults: InstrumentFaults<GnssFaultKind>
}

const BLOCK_REGISTERS = 12

/** Four points of a pit slope: firm rock, slow creep, and two on a body that accelerates from now on and falls after two days. */
export function demoPoints(startMs: number): readonly MonitoringPoint[] {
  const creeping = makeSlope({ onsetMs: startMs, failureMs: Number.POSITIVE_INFINITY, creepMmPerH: 0.05 })
  const failing = makeSlope({ onsetMs: startMs, failureMs: startMs + FAILS_AFTER_MS, creepMmPerH: 2 })
  return [
    { slope: undefined, azimuthDeg: 0, dipDeg: 0 },
    { slope: creeping, azimuthDeg: 120, dipDeg: 25 },
    { slope: failing, azimuthDeg: 135, dipDeg: 30 },
    { slope: failing, azimuthDeg: 140, dipDeg: 38 },
  ]
}

const FAILS_AFTER_MS = 48 * 3_600_000

/** Starts the simulator; rejects with a SIM_* error when the port is taken. */
export async function startGnss(options: GnssOptions = {}): Promise<GnssSimulator> {
  const clock = options.clock ?? systemClock
  const points = options.points ?? demoPoints(clock.nowMs())
  const mode = options.mode ?? 'model'
  const instrumentFaults = new InstrumentFaults<GnssFaultKind>(clock, { 'float-solution': points.length })
  const registers = points.flatMap((point, i) =>
    registersOf(BLOCK_REGISTERS * i, (timeMs) => {
      const result = resultAt(point, { seed: options.seed ?? 1, slot: i + 1, timeMs })
      if (instrumentFaults.has('float-solution', i + 1)) return { ...result, sigmaH: 25, sigmaV: 45, solution: 2 }
      return mode === 'pattern' ? { ...result, solution: 1 } : result
    }),
  )
  const bank = makeInstrumentBank({ product: 'gnss', registers, size: BLOCK_REGISTERS * points.length, clock, mode })
  const server = await startModbusServer({ ...options, clock, units: new Map([[options.unit ?? 1, bank]]) })
  return { ...server, points, registers, instrumentFaults }
}

function registersOf(base: number, result: (timeMs: number) => GnssResult): InstrumentRegister[] {
  return [
    { address: base, type: 'float32', value: (timeMs) => result(timeMs).north },
    { address: base + 2, type: 'float32', value: (timeMs) => result(timeMs).east },
    { address: base + 4, type: 'float32', value: (timeMs) => result(timeMs).height },
    { address: base + 6, type: 'float32', value: (timeMs) => result(timeMs).sigmaH },
    { address: base + 8, type: 'float32', value: (timeMs) => result(timeMs).sigmaV },
    { address: base + 10, type: 'uint16', value: (timeMs) => result(timeMs).solution },
  ]
}

/** Runs the simulator for `orewatch-sim run gnss`. */
export async function runSimulator(options: RunOptions): Promise<Running> {
  return await runInstruments(options, {
    family: 'gnss',
    faultKinds: GNSS_FAULT_KINDS,
    about: ['point 1 firm, point 2 creeping, points 3 and 4 accelerate from now on and fall after 48 hours', 'one result in fifty is a float solution'],
    start: () => startGnss({ host: options.host, port: options.port, framing: options.framing, seed: options.seed, mode: options.mode }),
  })
}
