import { defineErrors } from '@orewatch/core'

/** What can go wrong on a Modbus line. */
export const modbusErrors = defineErrors('MODBUS', {
  TIMEOUT: { retry: 'soon', message: 'The device does not answer within the time limit; check its power, unit number and wiring.' },
  CONNECT_FAILED: { retry: 'soon', message: 'No connection to the device or serial server; check host, port and network.' },
  PORT_FAILED: { retry: 'soon', message: 'The serial port cannot be opened; check its path, that this user may open it (group dialout), and that no other program holds it.' },
  CONNECTION_LOST: { retry: 'soon', message: 'The connection to the device broke.' },
  BAD_CRC: { retry: 'soon', message: 'An answer with a wrong CRC was discarded; check cable, termination and baud rate.' },
  EXCEPTION: { retry: 'later', message: 'The device refuses the request.' },
  ILLEGAL_ADDRESS: { retry: 'never', message: 'The device has no such register or refuses the function; correct the address, area or count in the profile.' },
  HOLE_REFUSED: { retry: 'never', message: 'The device refuses a joint read of points that it serves one by one; set maxHoleRegisters: 0 or a smaller maxRegistersPerRead in its quirks.' },
  UNKNOWN_DEVICE: { retry: 'never', message: 'No such device is on this line.' },
  QUEUE_FULL: { retry: 'later', message: 'Too many single reads of this device are waiting already.' },
  CANCELLED: { retry: 'never', message: 'The read was cancelled.' },
  STOPPED: { retry: 'never', message: 'The line is stopped.' },
  BAD_IDENTIFICATION: { retry: 'never', message: 'The device sent an identification that cannot be read.' },
})

/** Names of the Modbus exception codes. */
export const EXCEPTION_NAMES: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'server device failure',
  5: 'acknowledge',
  6: 'server device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target device failed to respond',
}
