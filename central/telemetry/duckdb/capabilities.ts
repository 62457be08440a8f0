import type { StoreCapabilities } from '../store.ts'

/** What DuckDB can do as a telemetry store. */
export const capabilities = {
  hasTransactionalRanges: true,
  detectsConflicts: true,
  keepsMetadata: true,
  keepsFarTimes: true,
  acknowledgesDurably: true,
  removesSamples: true,
} as const satisfies StoreCapabilities
