import { defineErrors } from '@orewatch/core'

/** What can go wrong with the harness itself. */
export const fuzzErrors = defineErrors('FUZZ', {
  USAGE: { retry: 'never', message: 'usage: npm run fuzz -- [--cases 20000] [--seed 1] [--case n] [--kinds sparkplug,modbus,outbox,documents] [--json]' },
  NO_PYMODBUS: { retry: 'never', message: 'python3-pymodbus is not installed, so no Modbus frame can be compared; npm run services installs it.' },
  PEER_ENDED: { retry: 'never', message: 'The independent Modbus decoder ended or did not answer in time.' },
})
