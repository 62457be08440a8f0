import { defineErrors } from '@orewatch/core'

/** Why something cannot be done to an alarm. */
export const alarmErrors = defineErrors('ALARM', {
  CLOSED: { retry: 'never', message: 'The alarm is over; a new episode is a new alarm.' },
  ALREADY: { retry: 'never', message: 'The alarm is in that state already.' },
  NOT_ACTIVE: { retry: 'never', message: 'The condition of the alarm does not hold.' },
  NOT_ACKNOWLEDGED: { retry: 'never', message: 'The alarm has to be acknowledged first.' },
  NOT_LATCHED: { retry: 'never', message: 'The alarm does not wait for a reset.' },
  SHELVED_TOO_LONG: { retry: 'never', message: 'An alarm cannot be shelved for that long.' },
  REASON_MISSING: { retry: 'never', message: 'A person who sets an alarm aside has to say why.' },
  OUT_OF_ORDER: { retry: 'never', message: 'The action lies before the last one of the alarm.' },
})
