import type { DriverContext } from '../driver.ts'
import type { ModbusLineConfig } from './config.ts'
import { ModbusLine, type ModbusLineDriver } from './line.ts'

export { ModbusLineConfig } from './config.ts'
export type { ModbusLineDriver, ModbusLineStats } from './line.ts'

/** A Modbus line of checked configuration; touches no network before `start`. */
export function createModbusLine(config: ModbusLineConfig, ctx: DriverContext): ModbusLineDriver {
  return new ModbusLine(config, ctx)
}
