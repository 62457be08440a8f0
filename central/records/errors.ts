import { defineErrors } from '@orewatch/core'

/** What the records refuse. */
export const recordErrors = defineErrors('RECORDS', {
  BAD_QUERY: { retry: 'never', message: 'A limit or a cursor of the query is out of range.' },
})
