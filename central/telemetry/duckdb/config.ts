import { type Static, Type } from 'typebox'

/** Settings of the DuckDB store. */
export const DuckDbConfig = Type.Object(
  {
    kind: Type.Literal('duckdb'),
    directory: Type.String({ description: 'Directory of the store: one file a month. Created when absent; owned by one program at a time.', minLength: 1 }),
    memoryMb: Type.Integer({ description: 'Memory that DuckDB may use, in MB; more goes to temporary files in the directory.', default: 512, minimum: 64, maximum: 1_048_576 }),
    threads: Type.Integer({ description: 'Threads of DuckDB.', default: 2, minimum: 1, maximum: 256 }),
    groupMs: Type.Integer({ description: 'Longest wait for more batches to share one commit, in ms.', default: 10, minimum: 0, maximum: 50 }),
    queryTimeoutMs: Type.Integer({ description: 'Longest time of one query, in ms; then it is stopped.', default: 30_000, minimum: 100, maximum: 600_000 }),
    maxPendingRows: Type.Integer({ description: 'Samples that may wait in memory for their commit; beyond it batches are refused and come again.', default: 1_000_000, minimum: 10_000 }),
  },
  { additionalProperties: false },
)

/** Settings of the DuckDB store. */
export type DuckDbConfig = Static<typeof DuckDbConfig>
