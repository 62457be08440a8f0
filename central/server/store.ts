import type { Logger } from '@orewatch/observability'
import type { StoreConfig } from '../settings/index.ts'
import type { TelemetryStore } from '../telemetry/store.ts'

type OpenStore = (log: Logger) => Promise<TelemetryStore>

/**
 * Loads the code of the store of a configuration, which tells whether its packages are installed, and nothing of the
 * others: a central on InfluxDB never maps DuckDB's 60 MB. The result opens it.
 */
export async function loadStore(config: StoreConfig): Promise<OpenStore> {
  if (config.kind === 'influxdb') {
    const { openInfluxStore } = await import('../telemetry/influxdb/index.ts')
    const { kind: _, ...options } = config
    return async (log) => await openInfluxStore({ ...options, log })
  }
  const { openDuckDbStore } = await import('../telemetry/duckdb/index.ts')
  const { kind: _, ...options } = config
  return async (log) => await openDuckDbStore({ ...options, log })
}
