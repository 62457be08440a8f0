import { defineErrors } from '@orewatch/core'

/** What can go wrong while a place for the programs is prepared. */
export const deployErrors = defineErrors('DEPLOY', {
  BAD_USAGE: { retry: 'never', message: 'This command cannot be read.' },
  NO_OPENSSL: { retry: 'never', message: 'Certificates are made by openssl, which is not there or failed.' },
  INFLUXDB_REFUSED: { retry: 'later', message: 'InfluxDB does not take the accounts.' },
  NOT_WELL: { retry: 'soon', message: 'The program does not answer as a program that is well.' },
  NO_CERTIFICATE: { retry: 'soon', message: 'The server has not made its certificate yet.' },
})
