import type { CodedError } from '@orewatch/core'
import type { Failure } from './channel.ts'
import { EXCEPTION_NAMES, modbusErrors } from './errors.ts'

/** What a person reads about a failed exchange. */
export function describeFailure(failure: Failure): string {
  return failure.kind === 'exception' ? `exception ${failure.code} (${EXCEPTION_NAMES[failure.code] ?? 'unknown'})` : failure.kind
}

/** The coded error of a failed exchange. */
export function errorOfFailure(failure: Failure, device: string, unit: number): CodedError {
  switch (failure.kind) {
    case 'timeout':
      return modbusErrors.TIMEOUT({ device, unit })
    case 'bad-crc':
      return modbusErrors.BAD_CRC({ device, unit })
    case 'closed':
      return modbusErrors.CONNECTION_LOST({ device, unit, cause: failure.cause })
    case 'exception':
      return modbusErrors.EXCEPTION({ device, unit, answer: describeFailure(failure) })
  }
}
