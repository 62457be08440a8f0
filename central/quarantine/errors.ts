import { defineErrors } from '@orewatch/core'

/** What the quarantine refuses. */
export const quarantineErrors = defineErrors('QUARANTINE', {
  UNKNOWN_GROUP: { retry: 'never', message: 'The quarantine has no such source.' },
  NOT_ADOPTABLE: { retry: 'never', message: 'Samples refused for this reason cannot be adopted; only those of unknown gateways, unknown points and other units can.' },
  ADOPTED_OTHERWISE: { retry: 'never', message: 'The source is already adopted as another point.' },
  BAD_QUERY: { retry: 'never', message: 'A limit or a cursor of the query is out of range.' },
})
