import { defineErrors } from '@orewatch/core'

/** Failures of the DuckDB store. */
export const duckdbErrors = defineErrors('DUCKDB', {
  DISK_FULL: { retry: 'soon', message: 'The disk of the telemetry store is full; make room and writing goes on by itself.' },
  WRITE_FAILED: { retry: 'soon', message: 'A batch could not be committed; nothing of it is assumed stored.' },
  FILE_REFUSED: {
    retry: 'never',
    message: 'A file of the telemetry store cannot be used. Move it (and its .wal) out of the directory to start without its month, or restore it from a backup.',
  },
  LOCKED: { retry: 'later', message: 'Another program has the telemetry store open; one program owns the directory at a time.' },
  DIRECTORY_UNUSABLE: { retry: 'later', message: 'The directory of the telemetry store cannot be created or written; it must belong to the user that runs central.' },
  QUERY_FAILED: { retry: 'soon', message: 'A query on the telemetry store failed.' },
  QUERY_TIMEOUT: { retry: 'later', message: 'A query on the telemetry store took too long and was stopped; ask for a shorter span.' },
  WORKER_GONE: { retry: 'later', message: 'The thread of the telemetry store has ended; central must be restarted.' },
})
