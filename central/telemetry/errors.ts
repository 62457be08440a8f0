import { defineErrors } from '@orewatch/core'

/** What every telemetry store may answer; what only one of them can suffer has codes of its own. */
export const telemetryErrors = defineErrors('TELEMETRY', {
  BUSY: { retry: 'soon', message: 'The telemetry store has as many unwritten samples in memory as it may hold; send this batch again.' },
  CLOSED: { retry: 'later', message: 'The telemetry store is closed.' },
  SAMPLE_INVALID: {
    retry: 'never',
    message: 'A sample cannot be stored: points are whole numbers from 0 to 2147483647, times whole milliseconds from 1970 up to the year 2200.',
  },
  QUERY_INVALID: { retry: 'never', message: 'A telemetry query is out of bounds.' },
})
