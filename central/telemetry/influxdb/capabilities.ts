import type { StoreCapabilities } from '../store.ts'

/** What InfluxDB 1.x can do: no transactions, and of two samples with one point and time the last written wins. */
export const capabilities = {
  hasTransactionalRanges: false,
  detectsConflicts: false,
  keepsMetadata: true,
  keepsFarTimes: true,
  acknowledgesDurably: true,
  removesSamples: true,
} as const satisfies StoreCapabilities
