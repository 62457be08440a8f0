import { type Clock, systemClock } from '@orewatch/core'
import type { WordOrder } from '../profile.ts'
import { makeBank, type RegisterBank, writeFloat32 } from './modbus-bank.ts'
import type { ModbusFraming } from './modbus-frames.ts'
import { type ModbusServer, startModbusServer } from './modbus-server.ts'
import { patternValue } from './pattern.ts'

/** A plain device for benches and chaos: units 1…N, each with float32 pattern values from holding and input register 0 on. */
export interface ModbusSimulatorOptions {
  readonly units: number
  readonly registersPerUnit: number
  readonly framing?: ModbusFraming
  readonly wordOrder?: WordOrder
  readonly port?: number
  readonly host?: string
  readonly clock?: Clock
}

/** Starts the plain device. Registers 2i and 2i + 1 of unit u hold `patternValue((u − 1) × floor(registersPerUnit / 2) + i, now)`. */
export async function startModbusSimulator(options: ModbusSimulatorOptions): Promise<ModbusServer> {
  const clock = options.clock ?? systemClock
  const valuesPerUnit = options.registersPerUnit >> 1
  const units = new Map<number, RegisterBank>()
  for (let unit = 1; unit <= options.units; unit++) units.set(unit, patternBank((unit - 1) * valuesPerUnit, options, clock))
  return await startModbusServer({ ...options, units })
}

function patternBank(firstIndex: number, options: ModbusSimulatorOptions, clock: Clock): RegisterBank {
  const bank = makeBank({ holding: options.registersPerUnit, input: options.registersPerUnit })
  const order = options.wordOrder ?? 'ABCD'
  return {
    ...bank,
    refresh(area, address, count) {
      if (area !== 'holding' && area !== 'input') return
      const nowMs = clock.nowMs()
      const last = Math.min(bank[area].length >> 1, (address + count + 1) >> 1)
      for (let i = address >> 1; i < last; i++) writeFloat32(bank[area], 2 * i, patternValue(firstIndex + i, nowMs), order)
    },
  }
}
