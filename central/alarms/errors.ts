import { defineErrors } from '@orewatch/core'

/** What the alarms refuse. */
export const alarmErrors = defineErrors('ALARM', {
  UNKNOWN: { retry: 'never', message: 'There is no such alarm.' },
  STALE: { retry: 'never', message: 'Somebody else has acted on this alarm meanwhile; look at it again.' },
  REFUSED: { retry: 'never', message: 'The state of the alarm does not allow this.' },
  BAD_QUERY: { retry: 'never', message: 'A limit or a cursor of the query is out of range.' },
})
