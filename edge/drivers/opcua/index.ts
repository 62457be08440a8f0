import { ConfigError } from '@orewatch/core'
import type { DriverContext, LineDriver } from '../driver.ts'
import type { OpcUaLineConfig } from './config.ts'
import { OpcUaLine } from './line.ts'

export { OpcUaLineConfig } from './config.ts'
export type { OpcUaLineStats } from './line.ts'

/**
 * An OPC UA line of checked configuration; touches no network and loads no library before `start`.
 * `pkiDirectory` holds the gateway's certificate and the trusted servers where the configuration names no folder.
 */
export function createOpcUaLine(config: OpcUaLineConfig, ctx: DriverContext, pkiDirectory?: string): LineDriver {
  const directory = config.pkiDirectory ?? pkiDirectory
  if (directory === undefined) throw new ConfigError([`line to ${config.endpoint}: pkiDirectory is missing; name a folder for the gateway's certificate and the trusted servers`])
  return new OpcUaLine(config, ctx, directory)
}
