import { defineErrors } from '@orewatch/core'

/** What can go wrong with a gateway as a whole. */
export const gatewayErrors = defineErrors('GATEWAY', {
  TAP_LOST: { retry: 'soon', message: 'The harness that must hear of every accepted record is not there.' },
  NO_PROBE: { retry: 'never', message: 'Only devices on Modbus lines can be probed.' },
  UNKNOWN_DEVICE: { retry: 'never', message: 'There is no such device in the configuration.' },
})
