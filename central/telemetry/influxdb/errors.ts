import { defineErrors } from '@orewatch/core'

/** Failures of the InfluxDB store. */
export const influxErrors = defineErrors('INFLUXDB', {
  UNREACHABLE: { retry: 'soon', message: 'InfluxDB does not answer; check that it runs and that the url is right.' },
  OVERLOADED: { retry: 'soon', message: 'InfluxDB refused a write for now; its disk may be full, its cache too small, or it may be starting.' },
  ACCESS_DENIED: { retry: 'later', message: 'InfluxDB refuses the user or the password; check username and passwordFile.' },
  PARTIAL_WRITE: { retry: 'never', message: 'InfluxDB dropped samples of a batch and kept the others; its retention policy may be too short or another program may write to the measurement.' },
  DATABASE_MISSING: { retry: 'soon', message: 'The database of InfluxDB is gone; it is made again before the next write.' },
  QUERY_FAILED: { retry: 'soon', message: 'InfluxDB could not answer a query.' },
})
