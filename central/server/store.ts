import type { Logger } from '@orewatch/observability'
import type { StoreConfig } from '../settings/index.ts'
import type { TelemetryStore } from '../telemetry/store.ts'

type OpenStore = (config: StoreConfig, log: Logger) => Promise<TelemetryStore>

// Loaded when used: a central on InfluxDB never maps DuckDB's 60 MB.
const STORES: Readonly<Record<StoreConfig['kind'], () => Promise<OpenStore>>> = {
  duckdb: async () => {
    const { openDuckDbStore } = await import('../telemetry/duckdb/index.ts')
    return async ({ kind: _, ...options }, log) => await openDuckDbStore({ ...options, log })
  },
}

/** Loads the code of a kind of store, which tells whether its packages are installed. */
export async function storeModule(kind: StoreConfig['kind']): Promise<OpenStore> {
  return await STORES[kind]()
}

/** Opens the store of a configuration. */
export async function openStore(config: StoreConfig, log: Logger): Promise<TelemetryStore> {
  return await (await storeModule(config.kind))(config, log)
}
