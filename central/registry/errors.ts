import { defineErrors } from '@orewatch/core'

/** What the register refuses when a person or another part asks for it. */
export const registryErrors = defineErrors('REGISTRY', {
  UNKNOWN_MINE: { retry: 'never', message: 'The register has no such mine or pond; enter it first.' },
  UNKNOWN_GATEWAY: { retry: 'never', message: 'The register has no such gateway; register it first.' },
  TOO_MANY_UNREGISTERED: { retry: 'later', message: 'Too many unregistered gateways have been seen; register or remove some.' },
  BAD_TOPIC_ID: { retry: 'never', message: 'Group and node of a gateway are 1 to 64 letters, digits, hyphens or underscores.' },
  BAD_POINT_CODE: { retry: 'never', message: 'This is not a point code that the gateway may have.' },
  POINT_TAKEN: { retry: 'never', message: 'The point code or the metric already belongs to something else; say that it shall move.' },
  UNIT_UNCONFIRMED: { retry: 'never', message: 'The birth announces another unit than the class has; it must be confirmed as a mere spelling.' },
  BAD_QUERY: { retry: 'never', message: 'A limit or a cursor of the query is out of range.' },
})
