import { defineErrors } from '@orewatch/core'

/** What can be wrong with a command line of orewatch-sim. */
export const cliErrors = defineErrors('SIM_CLI', {
  UNKNOWN_COMMAND: { retry: 'never', message: 'Unknown command; right would be: orewatch-sim list, or orewatch-sim run <family>.' },
  UNKNOWN_FAMILY: { retry: 'never', message: 'No such family of devices.' },
  BAD_OPTION: { retry: 'never', message: 'This option is not right.' },
  BAD_FAULT: { retry: 'never', message: 'This fault cannot be understood.' },
  NOT_LOOPBACK: { retry: 'never', message: 'Simulators listen on this machine only; add --listen-anywhere if the whole network may reach this one.' },
})
