/* The stores that a configuration may name; each is imported only when it is. */
import type { Logger } from '@orewatch/observability'
import { type Static, Type } from 'typebox'
import { DuckDbConfig } from './duckdb/config.ts'
import { InfluxConfig } from './influxdb/config.ts'
import type { TelemetryStore } from './store.ts'

/** Which store central writes to, and its settings. */
export const TelemetryConfig = Type.Union([DuckDbConfig, InfluxConfig], { description: 'The telemetry store.' })

/** Which store central writes to, and its settings. */
export type TelemetryConfig = Static<typeof TelemetryConfig>

/** Opens the store that a checked configuration names. */
export async function openTelemetryStore(config: TelemetryConfig, log: Logger): Promise<TelemetryStore> {
  if (config.kind === 'duckdb') {
    const { openDuckDbStore } = await import('./duckdb/index.ts')
    return await openDuckDbStore({ ...config, log })
  }
  const { openInfluxStore } = await import('./influxdb/index.ts')
  return await openInfluxStore({ ...config, log })
}
