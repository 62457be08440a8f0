/*
 * Frames of a Modbus server: takes requests out of a stream and wraps answers, for TCP and for RTU over TCP.
 * Not the gateway's codec: the simulator must not share an encoder with what it tests (edge/drivers/modbus/codec.ts).
 * Modbus Messaging on TCP/IP V1.0b, 3.1; Modbus over Serial Line V1.02, 2.5.
 */

/** How Modbus is carried on the TCP connection. */
export type ModbusFraming = 'tcp' | 'rtu-over-tcp'

/** One request as it arrived. */
export interface ModbusRequest {
  readonly transaction: number
  readonly unit: number
  /** Function code and what follows it. */
  readonly pdu: Buffer
}

/** What was found at the start of a stream. */
export type FrameScan = { readonly kind: 'request'; readonly request: ModbusRequest; readonly bytes: number } | { readonly kind: 'incomplete' } | { readonly kind: 'garbage'; readonly bytes: number }

/** Looks for one request at the start of `stream`. */
export function scanRequest(framing: ModbusFraming, stream: Buffer): FrameScan {
  return framing === 'tcp' ? scanTcp(stream) : scanRtu(stream)
}

/** Wraps an answer. */
export function wrapAnswer(framing: ModbusFraming, transaction: number, unit: number, pdu: Buffer): Buffer {
  if (framing === 'tcp') {
    const frame = Buffer.allocUnsafe(7 + pdu.length)
    frame.writeUInt16BE(transaction, 0)
    frame.writeUInt16BE(0, 2)
    frame.writeUInt16BE(pdu.length + 1, 4)
    frame[6] = unit
    pdu.copy(frame, 7)
    return frame
  }
  const frame = Buffer.allocUnsafe(pdu.length + 3)
  frame[0] = unit
  pdu.copy(frame, 1)
  frame.writeUInt16LE(crc16(frame.subarray(0, -2)), frame.length - 2)
  return frame
}

/** CRC of Modbus RTU: polynomial 0xA001, start 0xFFFF; on the wire the low byte comes first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] as number)
  return crc
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  return crc
})

function scanTcp(stream: Buffer): FrameScan {
  if (stream.length < 8) return { kind: 'incomplete' }
  const length = stream.readUInt16BE(4)
  if (stream.readUInt16BE(2) !== 0 || length < 2 || length > 254) return { kind: 'garbage', bytes: stream.length }
  if (stream.length < 6 + length) return { kind: 'incomplete' }
  const request = { transaction: stream.readUInt16BE(0), unit: stream[6] as number, pdu: stream.subarray(7, 6 + length) }
  return { kind: 'request', request, bytes: 6 + length }
}

function scanRtu(stream: Buffer): FrameScan {
  if (stream.length < 4) return { kind: 'incomplete' }
  const bytes = rtuRequestBytes(stream)
  if (bytes === undefined) return { kind: 'incomplete' }
  if (bytes > 256) return { kind: 'garbage', bytes: stream.length }
  if (stream.length < bytes) return { kind: 'incomplete' }
  // A slave cannot know where a spoilt frame ends: it waits for the line to be quiet, here for the end of what has come.
  if (stream.readUInt16LE(bytes - 2) !== crc16(stream.subarray(0, bytes - 2))) return { kind: 'garbage', bytes: stream.length }
  return { kind: 'request', request: { transaction: 0, unit: stream[0] as number, pdu: stream.subarray(1, bytes - 2) }, bytes }
}

// Modbus Application Protocol V1.1b3, 6: length of a request by its function code; undefined when more bytes must come first.
function rtuRequestBytes(stream: Buffer): number | undefined {
  const code = stream[1] as number
  if (code >= 1 && code <= 6) return 8
  if (code === 8) return 8
  if (code === 7 || code === 11 || code === 12 || code === 17) return 4
  if (code === 15 || code === 16) return stream.length < 7 ? undefined : 9 + (stream[6] as number)
  if (code === 22) return 10
  if (code === 23) return stream.length < 11 ? undefined : 13 + (stream[10] as number)
  if (code === 43) return 7
  return stream.length
}
