/*
 * A gas and environment substation on a real socket: blocks of ten holding registers per sensor as profile.yaml and
 * profile-scaled.yaml describe them, fed by the model or by a pattern. Faults of the line are those of the Modbus server;
 * faults of a sensor are set here.
 */
import { type Clock, SENSOR_TYPES, systemClock } from '@orewatch/core'
import type { WordOrder } from '../profile.ts'
import { simulationErrors } from '../simulation/errors.ts'
import { type Mine, type MineEvent, makeMine, orderEvent } from '../simulation/mine-air.ts'
import { makeBank, type RegisterBank, writeFloat32, writeUint32 } from '../simulation/modbus-bank.ts'
import type { ModbusFraming } from '../simulation/modbus-frames.ts'
import { type ModbusServer, startModbusServer } from '../simulation/modbus-server.ts'
import { patternBit, patternValue } from '../simulation/pattern.ts'
import { alarmLimitOf, alarmSideOf, gasValueAt, type SensorPlace } from './model.ts'

/** A sensor wired to a simulated substation; without slot the next free one. */
export interface GasSensor {
  readonly sensorType: string
  readonly slot?: number
  readonly place?: SensorPlace
}

/** One substation on the line. */
export interface GasUnit {
  readonly unit: number
  readonly sensors: readonly GasSensor[]
  readonly wordOrder?: WordOrder
  /** float32 as in profile gas-substation, or 16-bit integers as in gas-substation/scaled. */
  readonly format?: 'float32' | 'scaled'
}

/** What to simulate and where. */
export interface GasSubstationOptions {
  readonly units?: readonly GasUnit[]
  readonly framing?: ModbusFraming
  readonly port?: number
  readonly host?: string
  readonly clock?: Clock
  readonly seed?: number
  /** Shared with other simulators so that their values agree; its seed counts instead of `seed`. */
  readonly mine?: Mine
  /** model: physics; pattern: values computable from point index and time (float32 only). */
  readonly mode?: 'model' | 'pattern'
}

/** How a sensor stands; the status word and, in the scaled format, the fault code say it. */
export type SensorState = 'normal' | 'calibrating' | 'over-range' | 'fault' | 'comm-break' | 'power-fault'

/** A simulated point: where it is and which index its pattern has. */
export interface GasSimulatedPoint {
  readonly unit: number
  readonly slot: number
  readonly sensorType: string
  readonly patternIndex: number
}

/** A running substation simulator. */
export interface GasSubstation extends ModbusServer {
  readonly points: readonly GasSimulatedPoint[]
  /** Sets a sensor's state, for a time in ms or until it is set again. */
  readonly setSensorState: (unit: number, slot: number, state: SensorState, durationMs?: number) => void
  /** Lets a blast or a fan trip happen now. */
  readonly trigger: (event: MineEvent) => void
}

/** Starts the simulator; rejects with a SIM_* error when the port is taken or the wiring is impossible. */
export async function startGasSubstation(options: GasSubstationOptions = {}): Promise<GasSubstation> {
  const clock = options.clock ?? systemClock
  const mine = options.mine ?? makeMine({ seed: options.seed ?? 1 })
  const slots = layOut(options.units ?? DEMO_UNITS, options.mode ?? 'model')
  const banks = new Map<number, RegisterBank>()
  for (const unit of options.units ?? DEMO_UNITS) {
    if (banks.has(unit.unit)) throw simulationErrors.DUPLICATE_UNIT({ unit: unit.unit })
    banks.set(
      unit.unit,
      bankOf(
        slots.filter((slot) => slot.unit.unit === unit.unit),
        { clock, mine, mode: options.mode ?? 'model' },
      ),
    )
  }
  const server = await startModbusServer({ ...options, clock, units: banks })
  const setSensorState = (unit: number, slot: number, state: SensorState, durationMs = Number.POSITIVE_INFINITY): void => {
    const wired = slots.find((candidate) => candidate.unit.unit === unit && candidate.slot === slot)
    if (wired === undefined) throw simulationErrors.UNKNOWN_UNIT({ unit, slot, rightWouldBe: 'a unit and slot of `points`' })
    wired.state = state
    wired.stateUntilMs = clock.monotonicMs() + durationMs
  }
  const points = slots.map(({ unit, slot, sensor, patternIndex }) => ({ unit: unit.unit, slot, sensorType: sensor.sensorType, patternIndex }))
  return { ...server, points, setSensorState, trigger: (event) => orderEvent(mine, event, clock.nowMs()) }
}

/** Two substations of an underground iron mine: a heading with its return, and the shaft bottom. */
export const DEMO_UNITS: readonly GasUnit[] = [
  {
    unit: 1,
    sensors: [
      { sensorType: '0101', place: 'return' },
      { sensorType: '0101', place: 'face' },
      { sensorType: '0102', place: 'face' },
      { sensorType: '0103', place: 'return' },
      { sensorType: '0104', place: 'return' },
      { sensorType: '0105', place: 'face' },
      { sensorType: '0106', place: 'face' },
      { sensorType: '0111', place: 'face' },
      { sensorType: '0201', place: 'return' },
    ],
  },
  {
    unit: 2,
    wordOrder: 'CDAB',
    sensors: [
      { sensorType: '0101', place: 'intake' },
      { sensorType: '0105', place: 'intake' },
      { sensorType: '0107', place: 'return' },
      { sensorType: '0110', place: 'return' },
      { sensorType: '0112', place: 'return' },
      { sensorType: '0201', place: 'intake' },
      { sensorType: '0205', place: 'intake' },
    ],
  },
]

const MAX_SLOTS = 64
const BLOCK_REGISTERS = 10

interface WiredSlot {
  readonly unit: GasUnit
  readonly sensor: GasSensor
  readonly slot: number
  readonly patternIndex: number
  state: SensorState
  stateUntilMs: number
}

function layOut(units: readonly GasUnit[], mode: 'model' | 'pattern'): WiredSlot[] {
  const slots: WiredSlot[] = []
  for (const unit of units) {
    if (mode === 'pattern' && unit.format === 'scaled') throw simulationErrors.BAD_FAULT({ unit: unit.unit, rightWouldBe: 'pattern values need format float32' })
    let next = 1
    for (const sensor of unit.sensors) {
      const slot = sensor.slot ?? next
      next = slot + 1
      if (slot < 1 || slot > MAX_SLOTS) throw simulationErrors.TOO_MANY_SENSORS({ unit: unit.unit, slot, slots: MAX_SLOTS })
      slots.push({ unit, sensor, slot, patternIndex: slots.length, state: 'normal', stateUntilMs: Number.POSITIVE_INFINITY })
    }
  }
  return slots
}

interface Feed {
  readonly clock: Clock
  readonly mine: Mine
  readonly mode: 'model' | 'pattern'
}

function bankOf(slots: readonly WiredSlot[], feed: Feed): RegisterBank {
  const bank = makeBank({ holding: MAX_SLOTS * BLOCK_REGISTERS })
  const bySlot = new Map(slots.map((slot) => [slot.slot, slot]))
  return {
    ...bank,
    identification: { vendor: 'Orewatch simulator', product: 'gas-substation', revision: '1' },
    refresh(area, address, count) {
      if (area !== 'holding') return
      const nowMs = feed.clock.nowMs()
      const last = Math.floor((address + count - 1) / BLOCK_REGISTERS)
      for (let block = Math.floor(address / BLOCK_REGISTERS); block <= last; block++) {
        const slot = bySlot.get(block + 1)
        if (slot !== undefined) writeBlock(bank.holding, block * BLOCK_REGISTERS, slot, { ...feed, nowMs })
      }
    },
  }
}

function writeBlock(registers: Uint16Array, at: number, wired: WiredSlot, feed: Feed & { nowMs: number }): void {
  const { sensor, unit } = wired
  const state = wired.stateUntilMs > feed.clock.monotonicMs() ? wired.state : 'normal'
  const order = unit.wordOrder ?? 'ABCD'
  const value = valueOf(wired, feed)
  registers[at] = Number(sensor.sensorType)
  registers[at + 1] = statusWordOf(state, sensor.sensorType, value)
  if (unit.format === 'scaled') registers[at + 2] = scaledRegister(state, sensor.sensorType, value)
  // With a broken line this device shows 0: a trap for a gateway that looks at the value only.
  else writeFloat32(registers, at + 2, state === 'comm-break' ? 0 : value, order)
  writeFloat32(registers, at + 4, alarmLimitOf(sensor.sensorType), order)
  registers[at + 6] = state === 'calibrating' ? 1 : 0
  writeUint32(registers, at + 7, Math.floor(feed.nowMs / 1000), 'ABCD')
}

function valueOf({ sensor, patternIndex }: WiredSlot, { mode, mine, nowMs }: Feed & { nowMs: number }): number {
  if (mode === 'model') return gasValueAt(mine, sensor.sensorType, sensor.place ?? 'return', patternIndex, nowMs)
  return SENSOR_TYPES[sensor.sensorType]?.unit === 'bool' ? Number(patternBit(patternIndex, nowMs)) : patternValue(patternIndex, nowMs)
}

// E.1.1: b0 normal, b1 calibration, b2 over range, b3 fault, b4 communication break, b5 power, b6 alarm high, b7 alarm low.
const STATE_BITS: Readonly<Record<SensorState, number>> = {
  normal: 1 << 0,
  calibrating: 1 << 1,
  'over-range': 1 << 2,
  fault: 1 << 3,
  'comm-break': 1 << 4,
  'power-fault': 1 << 5,
}

function statusWordOf(state: SensorState, sensorType: string, value: number): number {
  const side = alarmSideOf(sensorType, value)
  return STATE_BITS[state] | (side === 'high' ? 1 << 6 : 0) | (side === 'low' ? 1 << 7 : 0)
}

const SCALES: Readonly<Record<string, number>> = { '0106': 0.01, '0107': 0.01, '0109': 1, '0202': 1, '0203': 1, '0204': 1, '0205': 1 }

function scaledRegister(state: SensorState, sensorType: string, value: number): number {
  if (state === 'comm-break') return -999 & 0xffff
  if (state === 'fault') return 9999
  if (state === 'power-fault') return 0xffff
  return Math.round(value / (SCALES[sensorType] ?? 0.1)) & 0xffff
}
