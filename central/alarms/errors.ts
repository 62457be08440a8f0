import { defineErrors } from '@orewatch/core'

/** What the journal of alarms refuses, beside what the state machine of packages/alarm-rules does. */
export const journalErrors = defineErrors('ALARM', {
  UNKNOWN: { retry: 'never', message: 'There is no such alarm.' },
  STALE: { retry: 'never', message: 'Somebody else has acted on this alarm meanwhile; look at it again.' },
  HISTORICAL: { retry: 'never', message: 'A historical alarm calls nobody: it can be explained, and nothing else.' },
  BAD_QUERY: { retry: 'never', message: 'A limit or a cursor of the query is out of range.' },
})
