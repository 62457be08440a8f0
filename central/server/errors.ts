import { defineErrors } from '@orewatch/core'

/** Why central does not start, and what its commands refuse. */
export const serverErrors = defineErrors('SERVER', {
  PART_FAILED: { retry: 'later', message: 'A part of central does not start.' },
  USAGE: { retry: 'never', message: 'The command cannot be read; see `orewatch help`.' },
  NO_PASSWORD: { retry: 'never', message: 'No password was given; type it at the prompt or name a file with --password-file.' },
  STORE_IN_USE: { retry: 'later', message: 'A running central owns the telemetry store; stop it for this command, or download from GET /api/points/<code>/export.' },
  CREDENTIAL_EXISTS: { retry: 'never', message: 'This gateway has a credential already; --replace makes a new one and the old one stops working.' },
})
