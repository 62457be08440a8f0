import { defineErrors } from '@orewatch/core'

/** What can go wrong with the harness itself. */
export const chaosErrors = defineErrors('CHAOS', {
  USAGE: { retry: 'never', message: 'usage: npm run chaos -- [--kills 30] [--seed 1] [--store duckdb|influxdb] [--broker aedes|mosquitto] [--json] [--keep]' },
  PART_ENDED: { retry: 'never', message: 'A program ended before it was ready.' },
  NOT_DRAINED: { retry: 'never', message: 'The gateway still holds records that central has not confirmed.' },
  MISSING_SERVICE: { retry: 'never', message: 'A service is not installed; npm run services installs it.' },
})
