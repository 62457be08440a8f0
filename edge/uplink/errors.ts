import { defineErrors } from '@orewatch/core'

/** What can go wrong between gateway and broker. */
export const uplinkErrors = defineErrors('UPLINK', {
  CONNECT: { retry: 'soon', message: 'The broker cannot be reached.' },
})
