import { defineErrors } from '@orewatch/core'

/** Failures of the simulators; each says what was asked and what would be right. */
export const simulationErrors = defineErrors('SIM', {
  PORT_IN_USE: { retry: 'later', message: 'Another program listens on this port; choose another or 0 for any.' },
  LISTEN_FAILED: { retry: 'later', message: 'Cannot listen on this address.' },
  UNKNOWN_UNIT: { retry: 'never', message: 'The simulator has no such unit.' },
  UNKNOWN_NODE: { retry: 'never', message: 'The simulator has no such node.' },
  UNKNOWN_NAMESPACE: { retry: 'never', message: 'The namespace order must contain the URI of the simulated device.' },
  DUPLICATE_UNIT: { retry: 'never', message: 'Two simulated devices have the same unit identifier.' },
  TOO_MANY_SENSORS: { retry: 'never', message: 'The unit has more sensors than its register map has blocks.' },
  SILENT: { retry: 'soon', message: 'Nothing more came within the time.' },
  BAD_FAULT: { retry: 'never', message: 'This is not a fault that the simulator knows.' },
})
