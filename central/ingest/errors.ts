import { defineErrors } from '@orewatch/core'

/** What can go wrong between the broker and the store. */
export const ingestErrors = defineErrors('INGEST', {
  NOT_CONNECTED: { retry: 'soon', message: 'There is no connection to the broker.' },
  SUBSCRIPTION_REFUSED: { retry: 'later', message: 'The broker refused a subscription.' },
  CLOSED: { retry: 'never', message: 'Ingest is closed.' },
})
