import { ConfigError } from '@orewatch/core'
import type { DriverContext } from '../driver.ts'
import type { ProbeOptions, ProbeReport } from './probe.ts'
import { type ModbusLineConfig, transportProblems } from './config.ts'
import { ModbusLine, type ModbusLineDriver } from './line.ts'

export { ModbusLineConfig } from './config.ts'
export type { HoleFinding, LongestRead, ProbeFindings, ProbeOptions, ProbeReport } from './probe.ts'
export type { ModbusLineDriver, ModbusLineStats } from './line.ts'

/** A Modbus line of checked configuration; touches no network before `start`. */
export function createModbusLine(config: ModbusLineConfig, ctx: DriverContext): ModbusLineDriver {
  const problems = transportProblems(config)
  if (problems.length > 0) throw new ConfigError(problems)
  return new ModbusLine(config, ctx)
}

/** Measures what a device can do, by reading only; rejects with a coded error when it does not answer at all. Its code is loaded with the first call. */
export async function probeModbusDevice(options: ProbeOptions): Promise<ProbeReport> {
  const { probeUnit } = await import('./probe.ts')
  return await probeUnit(options)
}
