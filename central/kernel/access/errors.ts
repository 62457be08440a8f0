import { defineErrors } from '@orewatch/core'

/** What the access part refuses. */
export const accessErrors = defineErrors('ACCESS', {
  LOGIN_REFUSED: { retry: 'never', message: 'Login or password is wrong.' },
  LOCKED: { retry: 'later', message: 'Too many failed logins; wait until the time given.' },
  BUSY: { retry: 'soon', message: 'Too many logins at once; try again in a moment.' },
  LOGIN_TAKEN: { retry: 'never', message: "The login exists already; every account is one person's." },
  BAD_LOGIN: { retry: 'never', message: 'A login is 2 to 64 letters, digits, dots, hyphens or underscores.' },
  WEAK_PASSWORD: { retry: 'never', message: 'The password does not meet the rules.' },
  BAD_ROLES: { retry: 'never', message: 'One person cannot hold these roles.' },
  BAD_SCOPE: { retry: 'never', message: 'A scope is a division prefix of 0, 2, 4 or 6 digits and, for enterprises, at least one subject code.' },
  UNKNOWN_USER: { retry: 'never', message: 'There is no such account.' },
  BAD_QUERY: { retry: 'never', message: 'A limit or a cursor of the query is out of range.' },
})
