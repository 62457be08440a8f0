import { defineErrors } from '@orewatch/core'

/** What can go wrong with a benchmark itself. */
export const benchErrors = defineErrors('BENCH', {
  PART_ENDED: { retry: 'never', message: 'A program of the benchmark ended before it had answered.' },
  PART_SILENT: { retry: 'never', message: 'A program of the benchmark did not answer in time.' },
  MISSING_SERVICE: { retry: 'never', message: 'A service is not installed; npm run services installs it.' },
  USAGE: { retry: 'never', message: 'A flag has a value that the benchmark does not know.' },
  STUCK: { retry: 'later', message: 'Central did not acknowledge everything in time.' },
})
