import { defineErrors } from '@orewatch/core'

/** Failures of the VictoriaMetrics store. */
export const victoriaErrors = defineErrors('VICTORIAMETRICS', {
  UNREACHABLE: { retry: 'soon', message: 'VictoriaMetrics does not answer; check that it runs and that the url is right.' },
  REFUSED: { retry: 'soon', message: 'VictoriaMetrics refused a request; its disk may be full, or it may be starting.' },
  ACCESS_DENIED: { retry: 'later', message: 'VictoriaMetrics refuses the user or the password; check username and passwordFile.' },
  NOT_DURABLE: { retry: 'soon', message: 'VictoriaMetrics did not bring samples to its disk when asked for a snapshot; nothing of the batch is assumed stored.' },
  NOT_KEPT: { retry: 'soon', message: 'VictoriaMetrics took samples and does not give them back; it may have been killed in between, or drop them by its -retentionPeriod.' },
  TIME_REFUSED: { retry: 'never', message: 'VictoriaMetrics keeps no samples of this time: older than its -retentionPeriod, or further than two days ahead.' },
})
