import { defineErrors } from '@orewatch/core'

/** What can be wrong with bytes that came over the wire. */
export const protocolErrors = defineErrors('PROTOCOL', {
  TRUNCATED: { retry: 'never', message: 'The payload ends in the middle of a field.' },
  MALFORMED: { retry: 'never', message: 'The payload is not a valid Sparkplug B message.' },
  TOO_LARGE: { retry: 'never', message: 'The payload is larger than this program takes.' },
  UNSAFE_INTEGER: { retry: 'never', message: 'An integer is too large to be kept exactly.' },
})
