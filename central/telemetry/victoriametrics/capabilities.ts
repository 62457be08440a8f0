import type { StoreCapabilities } from '../store.ts'

/** What one node of VictoriaMetrics can do when it is asked for a snapshot before each acknowledgement. */
export const capabilities = {
  hasTransactionalRanges: false,
  detectsConflicts: true,
  keepsMetadata: true,
  keepsFarTimes: false,
  acknowledgesDurably: true,
  removesSamples: false,
} as const satisfies StoreCapabilities

/** What is left of it without snapshots: the last seconds of acknowledged samples die with the server. */
export const hastyCapabilities = { ...capabilities, acknowledgesDurably: false } as const satisfies StoreCapabilities
