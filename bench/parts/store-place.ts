/* The store of a benchmark: a directory for DuckDB, or a real influxd of its own; filled, counted, removed. */
import { join } from 'node:path'
import { SampleBuilder } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { type InfluxServer, isInfluxdAvailable, startInfluxd } from '@orewatch/testkit'
import { openTelemetryStore, type TelemetryConfig } from '../../central/telemetry/registry.ts'
import type { TelemetryStore } from '../../central/telemetry/store.ts'
import { benchErrors } from './errors.ts'
import { valueOf } from './names.ts'

/** Kinds of store that can be measured. */
export type StoreKind = 'duckdb' | 'influxdb'

/** Settings of a store that can be measured. */
export type MeasuredConfig = Extract<TelemetryConfig, { kind: StoreKind }>

/** Where samples go in a benchmark. */
export interface StorePlace {
  readonly kind: StoreKind
  readonly config: MeasuredConfig
  /** The server's process, where the store is one. */
  readonly serverPid: number | undefined
  /** Requests to write and points written so far, as the server counts them. */
  serverWrites(): Promise<{ readonly requests: number; readonly points: number } | undefined>
  /** Opens the store; nobody else may have it open. */
  open(): Promise<TelemetryStore>
  remove(): Promise<void>
}

/** How far before its start the rows of `prefill` end, ms. */
export const PREFILLED_UNTIL_MS = 3_600_000

const PREFILL_ROWS = 50_000
const PREFILL_WRITES = 4
const PERIOD_MS = 10_000

/** Makes an empty store of a kind below a directory. */
export async function makeStorePlace(kind: StoreKind, directory: string): Promise<StorePlace> {
  if (kind === 'duckdb') {
    const config: MeasuredConfig = { kind, directory: join(directory, 'telemetry'), memoryMb: 512, threads: 2, groupMs: 10, queryTimeoutMs: 600_000, maxPendingRows: 1_000_000 }
    return { kind, config, serverPid: undefined, serverWrites: async () => undefined, open: () => openTelemetryStore(config, silentLogger()), remove: async () => undefined }
  }
  if (!isInfluxdAvailable()) throw benchErrors.MISSING_SERVICE({ service: 'influxdb' })
  const server = await startInfluxd({ directory: join(directory, 'influxd') })
  const config: MeasuredConfig = { kind, url: server.url, database: 'orewatch', connections: 2, compression: 'none', timeoutMs: 300_000, groupMs: 10, maxPendingRows: 1_000_000 }
  return { kind, config, serverPid: server.pid, serverWrites: () => countWrites(server), open: () => openTelemetryStore(config, silentLogger()), remove: () => server.stop() }
}

/** Fills a store with rows of points 1…`points`, one every ten seconds up to an hour ago. */
export async function prefill(place: StorePlace, rows: number, points: number, report: (line: string) => void): Promise<void> {
  const store = await place.open()
  // InfluxDB takes several times of one series together many times faster; DuckDB gets them in the order of time, as they would come.
  const block = place.kind === 'influxdb' ? 25 : 1
  const steps = Math.ceil(rows / points / block) * block
  const startMs = Math.floor(Date.now() / 1_000) * 1_000 - PREFILLED_UNTIL_MS - steps * PERIOD_MS
  const beganMs = performance.now()
  let next = 0
  let told = 0
  const lane = async (): Promise<void> => {
    const batch = new SampleBuilder(PREFILL_ROWS)
    while (next < rows) {
      batch.clear()
      const to = Math.min(rows, next + PREFILL_ROWS)
      for (; next < to; next++) {
        const inBlock = next % (points * block)
        const point = Math.floor(inBlock / block)
        const timeMs = startMs + ((next - inBlock) / points + (inBlock % block)) * PERIOD_MS
        batch.push(1 + point, timeMs, valueOf(point, timeMs))
      }
      await store.write(batch, [])
      if (next - told < 10_000_000) continue
      told = next
      report(`${place.kind}: ${told / 1e6} million rows filled in after ${Math.round((performance.now() - beganMs) / 1_000)} s`)
    }
  }
  await Promise.all(Array.from({ length: PREFILL_WRITES }, lane))
  await store.close()
}

/** How many samples the store holds. */
export async function countStored(place: StorePlace): Promise<number> {
  const store = await place.open()
  try {
    return await store.count()
  } finally {
    await store.close()
  }
}

async function countWrites(server: InfluxServer): Promise<{ requests: number; points: number }> {
  const vars = (await (await fetch(`${server.url}/debug/vars`, { signal: AbortSignal.timeout(10_000) })).json()) as Record<string, { name?: string; values?: Record<string, number> }>
  const http = Object.values(vars).find((entry) => entry.name === 'httpd')?.values
  return { requests: http?.['writeReq'] ?? 0, points: http?.['pointsWrittenOK'] ?? 0 }
}
