import { defineErrors } from '@orewatch/core'

/** What can be wrong with `npm run new`. */
export const newErrors = defineErrors('NEW', {
  BAD_USAGE: { retry: 'never', message: 'This cannot be made.' },
  BAD_NAME: { retry: 'never', message: 'This is no name for a unit.' },
  EXISTS: { retry: 'never', message: 'There is such a folder already; nothing was changed.' },
  NO_ANCHOR: { retry: 'never', message: 'The registry does not have the line before which new drivers are added.' },
})
