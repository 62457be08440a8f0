/*
 * The drivers there are, in one list: the configuration of a line, the checks, the registry's tests and the reference
 * all follow it. `npm run new -- driver <name>` adds an entry.
 */
import { ConfigError } from '@orewatch/core'
import { type Static, type TOptional, type TSchema, Type } from 'typebox'
import type { DriverContext, LineDriver } from './driver.ts'
import { ModbusLineConfig } from './modbus/config.ts'
import { OpcUaLineConfig } from './opcua/config.ts'

/** What the drivers may need of the gateway besides their context. */
export interface DriverPlaces {
  /** Folder of the gateway's OPC UA certificate and the trusted servers. */
  readonly pkiDirectory: string
}

/** A driver: its configuration, the profiles that it can read, and how a line is made; only then is its code loaded. */
export interface DriverEntry<S extends TSchema> {
  readonly config: S
  /** Protocol of the profiles whose points the driver understands. */
  readonly profiles: 'modbus' | 'opcua'
  create(config: Static<S>, ctx: DriverContext, places: DriverPlaces): Promise<LineDriver>
}

/** The drivers, by their id: the name of their folder and of their key in a line's configuration. */
export const DRIVERS = {
  modbus: driver({ config: ModbusLineConfig, profiles: 'modbus', create: async (config, ctx) => (await import('./modbus/index.ts')).createModbusLine(config, ctx) }),
  opcua: driver({ config: OpcUaLineConfig, profiles: 'opcua', create: async (config, ctx, places) => (await import('./opcua/index.ts')).createOpcUaLine(config, ctx, places.pkiDirectory) }),
  // npm run new adds a driver above this line.
} as const

/** Id of a driver. */
export type DriverId = keyof typeof DRIVERS
/** The ids of all drivers. */
export const DRIVER_IDS = Object.keys(DRIVERS) as readonly DriverId[]

type DriverConfig<K extends DriverId> = (typeof DRIVERS)[K]['config']
/** A line's configuration: exactly one protocol. */
export type LineChoice = { readonly [K in DriverId]?: Static<DriverConfig<K>> | undefined }
/** The schema of a line's protocol keys, one per driver. */
export const LINE_CHOICES = Object.fromEntries(DRIVER_IDS.map((id) => [id, Type.Optional(DRIVERS[id].config)])) as unknown as { [K in DriverId]: TOptional<DriverConfig<K>> }

/** The drivers that a line names; one, where the line is right. */
export function driversOf(choice: LineChoice): readonly DriverId[] {
  return DRIVER_IDS.filter((id) => choice[id] !== undefined)
}

/** Creates the line of a configuration; only the driver that it names is loaded. */
export async function createLine(choice: LineChoice, ctx: DriverContext, places: DriverPlaces): Promise<LineDriver> {
  const [id, ...others] = driversOf(choice)
  if (id === undefined || others.length > 0) throw new ConfigError([`a line must name exactly one of ${DRIVER_IDS.join(', ')}`])
  // The entry of an id takes the configuration of the same id, which the type of a union cannot say.
  const entry: { create(config: unknown, ctx: DriverContext, places: DriverPlaces): Promise<LineDriver> } = DRIVERS[id]
  return await entry.create(choice[id], ctx, places)
}

function driver<S extends TSchema>(entry: DriverEntry<S>): DriverEntry<S> {
  return entry
}
