import { defineErrors } from '@orewatch/core'

/** What can go wrong between the portal and central. */
export const portalErrors = defineErrors('PORTAL', {
  UNREACHABLE: { retry: 'soon', message: 'Central does not answer.' },
  UNAUTHENTICATED: { retry: 'never', message: 'There is no valid session.' },
  FORBIDDEN: { retry: 'never', message: 'This lies outside the jurisdiction of the user.' },
  NOT_FOUND: { retry: 'never', message: 'There is no such thing in the register.' },
  LOCKED: { retry: 'never', message: 'The account is locked after too many failed logins.' },
  TOO_MANY: { retry: 'soon', message: 'Too many requests.' },
  REFUSED: { retry: 'never', message: 'Central refuses the request.' },
  SERVER_FAILED: { retry: 'later', message: 'Central could not answer the request.' },
  UNEXPECTED_ANSWER: { retry: 'never', message: 'The answer is not JSON.' },
})

/** The facts that travel with a refused request. */
export interface RefusalDetails {
  readonly status?: number
  /** The server's own code, such as QUARANTINE_CONFLICT. */
  readonly serverCode?: string
  readonly serverMessage?: string
  /** UTC milliseconds from which another attempt is allowed. */
  readonly untilMs?: number
}
