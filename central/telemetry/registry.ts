/* The stores that a configuration may name; each is imported only when it is. */
import type { Logger } from '@orewatch/observability'
import { type Static, Type } from 'typebox'
import { DuckDbConfig } from './duckdb/config.ts'
import { InfluxConfig } from './influxdb/config.ts'
import type { TelemetryStore } from './store.ts'
import { VictoriaConfig } from './victoriametrics/config.ts'

/** Which store central writes to, and its settings. */
export const TelemetryConfig = Type.Union([DuckDbConfig, InfluxConfig, VictoriaConfig], { description: 'The telemetry store.' })

/** Which store central writes to, and its settings. */
export type TelemetryConfig = Static<typeof TelemetryConfig>

/** Opens the store that a checked configuration names; one that acknowledges what a kill can take away is told as an error. */
export async function openTelemetryStore(config: TelemetryConfig, log: Logger): Promise<TelemetryStore> {
  const store = await openKind(config, log)
  if (!store.capabilities.acknowledgesDurably) {
    log.error(
      { store: store.name },
      'this store acknowledges samples that are only in memory: a kill or power cut of its server loses the last of them, and gateways have forgotten them by then; set durability to snapshot',
    )
  }
  return store
}

async function openKind(config: TelemetryConfig, log: Logger): Promise<TelemetryStore> {
  if (config.kind === 'duckdb') {
    const { openDuckDbStore } = await import('./duckdb/index.ts')
    return await openDuckDbStore({ ...config, log })
  }
  if (config.kind === 'victoriametrics') {
    const { openVictoriaStore } = await import('./victoriametrics/index.ts')
    return await openVictoriaStore({ ...config, log })
  }
  const { openInfluxStore } = await import('./influxdb/index.ts')
  return await openInfluxStore({ ...config, log })
}
