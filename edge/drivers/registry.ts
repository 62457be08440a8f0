import { ConfigError } from '@orewatch/core'
import type { DriverContext, LineDriver } from './driver.ts'
import type { ModbusLineConfig } from './modbus/config.ts'
import type { OpcUaLineConfig } from './opcua/config.ts'

/** A line's configuration: exactly one protocol. */
export interface LineChoice {
  readonly modbus?: ModbusLineConfig | undefined
  readonly opcua?: OpcUaLineConfig | undefined
}

/** What the drivers may need of the gateway besides their context. */
export interface DriverPlaces {
  /** Folder of the gateway's OPC UA certificate and the trusted servers. */
  readonly pkiDirectory: string
}

/** The drivers there are. */
export const DRIVER_IDS = ['modbus', 'opcua'] as const
/** Id of a driver: the name of its folder and of its key in a line's configuration. */
export type DriverId = (typeof DRIVER_IDS)[number]

/** Creates the line of a configuration; only the driver that it names is loaded. */
export async function createLine(choice: LineChoice, ctx: DriverContext, places: DriverPlaces): Promise<LineDriver> {
  if (choice.modbus !== undefined && choice.opcua === undefined) {
    const { createModbusLine } = await import('./modbus/index.ts')
    return createModbusLine(choice.modbus, ctx)
  }
  if (choice.opcua !== undefined && choice.modbus === undefined) {
    const { createOpcUaLine } = await import('./opcua/index.ts')
    return createOpcUaLine(choice.opcua, ctx, places.pkiDirectory)
  }
  throw new ConfigError([`a line must name exactly one of ${DRIVER_IDS.join(', ')}`])
}
