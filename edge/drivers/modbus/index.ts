import { ConfigError } from '@orewatch/core'
import type { DriverContext } from '../driver.ts'
import { type ModbusLineConfig, transportProblems } from './config.ts'
import { ModbusLine, type ModbusLineDriver } from './line.ts'

export { ModbusLineConfig } from './config.ts'
export type { ModbusLineDriver, ModbusLineStats } from './line.ts'

/** A Modbus line of checked configuration; touches no network before `start`. */
export function createModbusLine(config: ModbusLineConfig, ctx: DriverContext): ModbusLineDriver {
  const problems = transportProblems(config)
  if (problems.length > 0) throw new ConfigError(problems)
  return new ModbusLine(config, ctx)
}
