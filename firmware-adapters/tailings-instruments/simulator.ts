/*
 * A data logger with the instruments of a tailings pond on a real socket, as profile.yaml describes it: three
 * piezometers, three current loops, markers of displacement, one section of beach. Faults of the line are those of the
 * Modbus server; faults of single instruments are begun here.
 */
import { type Clock, systemClock } from '@orewatch/core'
import type { RunOptions } from '../cli/arguments.ts'
import { runInstruments } from '../cli/run-instruments.ts'
import type { Running } from '../cli/running.ts'
import { BROKEN_LOOP_MICROAMPS, type InstrumentRegister, loopMicroamps, makeInstrumentBank } from '../simulation/instrument-bank.ts'
import { InstrumentFaults } from '../simulation/instrument-faults.ts'
import type { ModbusFraming } from '../simulation/modbus-frames.ts'
import { type ModbusServer, startModbusServer } from '../simulation/modbus-server.ts'
import { makeStorm, type Storm } from '../simulation/storm.ts'
import * as model from './model.ts'

/** A fault of one instrument: a piezometer with a broken wire shows 0 Hz, a cut loop 3.5 mA. */
export const TAILINGS_FAULT_KINDS = ['broken-wire', 'open-loop'] as const
/** Kind of such a fault. */
export type TailingsFaultKind = (typeof TAILINGS_FAULT_KINDS)[number]

/** What to simulate and where. */
export interface TailingsInstrumentsOptions {
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
  /** pattern: float32 values are computable from point and time. */
  readonly mode?: 'model' | 'pattern'
}

/** A running simulator. */
export interface TailingsInstruments extends ModbusServer {
  readonly storm: Storm
  /** The n-th of these has pattern index n. */
  readonly registers: readonly InstrumentRegister[]
  readonly instrumentFaults: InstrumentFaults<TailingsFaultKind>
}

/** Ends of the three loops: pond level (slot 1, m), seepage (slot 2, L/s), turbidity (slot 3, NTU) at 4 and 20 mA. */
export const DEMO_LOOPS = [
  { sensorType: '0802', lo: 340, hi: 360 },
  { sensorType: '0807', lo: 0, hi: 50 },
  { sensorType: '0808', lo: 0, hi: 1000 },
] as const

/** Starts the simulator; rejects with a SIM_* error when the port is taken. */
export async function startTailingsInstruments(options: TailingsInstrumentsOptions = {}): Promise<TailingsInstruments> {
  const clock = options.clock ?? systemClock
  const storm = options.storm ?? makeStorm({ seed: options.seed ?? 1, startMs: clock.nowMs() })
  const instrumentFaults = new InstrumentFaults<TailingsFaultKind>(clock, { 'broken-wire': model.DEMO_PIEZOMETERS.length, 'open-loop': DEMO_LOOPS.length })
  const registers = [...piezometerRegisters(storm, instrumentFaults), ...loopRegisters(storm, instrumentFaults), ...damRegisters(storm)]
  const bank = makeInstrumentBank({ product: 'tailings-instruments', registers, size: 416, clock, mode: options.mode ?? 'model' })
  const server = await startModbusServer({ ...options, clock, units: new Map([[options.unit ?? 1, bank]]) })
  return { ...server, storm, registers, instrumentFaults }
}

function piezometerRegisters(storm: Storm, faults: InstrumentFaults<TailingsFaultKind>): InstrumentRegister[] {
  return model.DEMO_PIEZOMETERS.flatMap((piezometer, i): InstrumentRegister[] => {
    const slot = i + 1
    return [
      { address: 4 * i, type: 'float32', value: (timeMs) => (faults.has('broken-wire', slot) ? 0 : model.wireFrequencyAt(storm, piezometer, slot, timeMs)) },
      { address: 4 * i + 2, type: 'int16', value: (timeMs) => 10 * model.wireTemperatureAt(storm, slot, timeMs) },
    ]
  })
}

function loopRegisters(storm: Storm, faults: InstrumentFaults<TailingsFaultKind>): InstrumentRegister[] {
  const values = [model.pondLevelAt, model.seepageAt, model.turbidityAt]
  return DEMO_LOOPS.map(({ lo, hi }, i) => ({
    address: 200 + i,
    type: 'uint16',
    value: (timeMs) => (faults.has('open-loop', i + 1) ? BROKEN_LOOP_MICROAMPS : loopMicroamps(values[i]?.(storm, timeMs) ?? lo, lo, hi)),
  }))
}

function damRegisters(storm: Storm): InstrumentRegister[] {
  const markers = [1, 2, 3].flatMap((slot): InstrumentRegister[] => [
    { address: 300 + 2 * (slot - 1), type: 'float32', value: (timeMs) => model.surfaceDisplacementAt(storm, slot, timeMs) },
    { address: 340 + 2 * (slot - 1), type: 'float32', value: (timeMs) => model.internalDisplacementAt(storm, slot, timeMs) },
  ])
  return [...markers, { address: 400, type: 'float32', value: () => model.CREST_M }, { address: 402, type: 'float32', value: () => model.BEACH_SLOPE_PERCENT }]
}

/** Runs the simulator for `orewatch-sim run tailings-instruments`. */
export async function runSimulator(options: RunOptions): Promise<Running> {
  const sheets = model.DEMO_PIEZOMETERS.map(({ f0, G, K, T0, surfaceElevation, sensorElevation }, i) => `piezometer ${i + 1}: ${JSON.stringify({ f0, G, K, T0, surfaceElevation, sensorElevation })}`)
  const loops = DEMO_LOOPS.map(({ sensorType, lo, hi }, i) => `loop ${i + 1}: ${sensorType}, 4 mA = ${lo}, 20 mA = ${hi}`)
  return await runInstruments(options, {
    family: 'tailings-instruments',
    faultKinds: TAILINGS_FAULT_KINDS,
    about: [...sheets, ...loops, `beach 1: crest ${model.CREST_M} m, slope ${model.BEACH_SLOPE_PERCENT} %, floodRise ${model.FLOOD_RISE_M} m`, 'three days of rain begin now'],
    start: () => startTailingsInstruments({ host: options.host, port: options.port, framing: options.framing, seed: options.seed, mode: options.mode }),
  })
}
