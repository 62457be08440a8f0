/*
 * Modbus frames: requests to bytes, bytes to answers, MBAP (Modbus TCP) and RTU. Pure; no sockets, no timers.
 * A request names an area, never a function code, so that nothing but function codes 1–4 and 43/14 can be encoded:
 * the gateway reads and never writes. Modbus Application Protocol V1.1b3; Modbus Messaging on TCP/IP V1.0b.
 */
import { invariant } from '@orewatch/core'

/** The areas of a Modbus device. */
export type Area = 'coil' | 'discrete' | 'holding' | 'input'

/** A request to read registers or bits. */
export interface ReadRequest {
  readonly kind: 'read'
  readonly unit: number
  readonly area: Area
  readonly address: number
  /** Registers, or bits in the areas coil and discrete. */
  readonly count: number
}

/** A request for the vendor's identification (function code 43, MEI type 14). */
export interface IdentifyRequest {
  readonly kind: 'identify'
  readonly unit: number
  /** 1 basic, 2 regular, 3 extended. */
  readonly level: 1 | 2 | 3
  readonly objectId: number
}

/** Everything that can be asked. */
export type ModbusRequest = ReadRequest | IdentifyRequest

/** What an answer is to the request it came for. */
export type Verdict = { readonly kind: 'answer' } | { readonly kind: 'exception'; readonly code: number } | { readonly kind: 'foreign' }

const FUNCTION_CODES: ReadonlyMap<Area, number> = new Map([
  ['coil', 1],
  ['discrete', 2],
  ['holding', 3],
  ['input', 4],
])
const IDENTIFY_FUNCTION = 43
const IDENTIFY_MEI = 14
const MAX_PDU_BYTES = 253
/** Longest frame of either kind. */
export const MAX_FRAME_BYTES = 260

/** Whether an area consists of single bits. */
export function isBitArea(area: Area): boolean {
  return area === 'coil' || area === 'discrete'
}

/** Bytes of register or bit contents in the answer to a read. */
export function answerBytes(request: ReadRequest): number {
  return isBitArea(request.area) ? (request.count + 7) >> 3 : request.count * 2
}

/** A Modbus TCP request. */
export function encodeMbap(request: ModbusRequest, transactionId: number): Buffer {
  const pduBytes = request.kind === 'read' ? 5 : 4
  const frame = Buffer.allocUnsafe(7 + pduBytes)
  frame.writeUInt16BE(transactionId, 0)
  frame.writeUInt16BE(0, 2)
  frame.writeUInt16BE(1 + pduBytes, 4)
  writeUnitAndPdu(frame, 6, request)
  return frame
}

/** An RTU request with its CRC. */
export function encodeRtu(request: ModbusRequest): Buffer {
  const bytes = request.kind === 'read' ? 6 : 5
  const frame = Buffer.allocUnsafe(bytes + 2)
  writeUnitAndPdu(frame, 0, request)
  frame.writeUInt16LE(crc16(frame, 0, bytes), bytes)
  return frame
}

/** Bytes of an RTU request and its answer together; the longest possible where the answer says its own length. */
export function frameBytes(request: ModbusRequest): number {
  return request.kind === 'read' ? 8 + 5 + answerBytes(request) : 7 + MAX_FRAME_BYTES
}

/** Whether a PDU answers the request, refuses it, or belongs to something else. */
export function judgeAnswer(request: ModbusRequest, unit: number, pdu: Buffer): Verdict {
  const code = functionCode(request)
  if (unit !== request.unit || pdu.length < 2) return { kind: 'foreign' }
  if (pdu[0] === (code | 0x80) && pdu.length === 2) return { kind: 'exception', code: pdu[1] as number }
  if (pdu[0] !== code) return { kind: 'foreign' }
  if (request.kind === 'identify') return pdu[1] === IDENTIFY_MEI && pdu.length >= 7 ? { kind: 'answer' } : { kind: 'foreign' }
  const bytes = answerBytes(request)
  return pdu[1] === bytes && pdu.length === 2 + bytes ? ANSWER : { kind: 'foreign' }
}

const ANSWER: Verdict = { kind: 'answer' }

/** Cuts a byte stream into Modbus TCP frames; holds at most one partial frame. */
export class MbapReceiver {
  readonly #partial = Buffer.allocUnsafe(MAX_FRAME_BYTES)
  #partialBytes = 0

  /** Whether bytes of an unfinished frame are held. */
  get hasPartial(): boolean {
    return this.#partialBytes > 0
  }

  /** Takes bytes; returns false when the stream cannot be Modbus TCP any more and must be dropped. The PDU is only valid during the call. */
  push(chunk: Buffer, onFrame: (transactionId: number, unit: number, pdu: Buffer) => void): boolean {
    let bytes = chunk
    if (this.#partialBytes > 0) bytes = Buffer.concat([this.#partial.subarray(0, this.#partialBytes), chunk])
    let at = 0
    while (bytes.length - at >= 6) {
      const length = bytes.readUInt16BE(at + 4)
      // A header that lies would swallow every later answer, so it ends the connection at once.
      if (bytes.readUInt16BE(at + 2) !== 0 || length < 3 || length > MAX_PDU_BYTES + 1) return false
      if (bytes.length - at < 6 + length) break
      onFrame(bytes.readUInt16BE(at), bytes[at + 6] as number, bytes.subarray(at + 7, at + 6 + length))
      at += 6 + length
    }
    this.#partialBytes = bytes.copy(this.#partial, 0, at)
    return true
  }
}

/** What came out of the bytes pushed into an RTU receiver. */
export type RtuOutcome = { readonly kind: 'waiting' } | { readonly kind: 'answer'; readonly unit: number; readonly pdu: Buffer } | { readonly kind: 'bad-crc' }

/**
 * Finds the answer to one request in a stream of RTU bytes: resynchronises after noise by looking for a frame with a
 * right CRC at every offset, and skips whole frames of other units. Bounded by the longest frames that can be under way.
 */
export class RtuReceiver {
  readonly #bytes = Buffer.allocUnsafe(4 * MAX_FRAME_BYTES)
  #count = 0
  /** Whole frames, CRC right, that were not for the request. */
  foreignFrames = 0
  /** Foreign frames seen, by the unit that sent them; read and cleared by the caller. */
  readonly foreignUnits: number[] = []

  /** Forgets everything held; returns whether there was anything. */
  reset(): boolean {
    const had = this.#count > 0
    this.#count = 0
    return had
  }

  /** Whether bytes of an unfinished frame are held. */
  get hasPartial(): boolean {
    return this.#count > 0
  }

  /** Takes bytes and looks for the answer to `request`; undefined means that nothing is expected. */
  push(chunk: Buffer, request: ModbusRequest | undefined): RtuOutcome {
    if (this.#count + chunk.length > this.#bytes.length) this.#count = 0
    this.#count += chunk.copy(this.#bytes, this.#count)
    for (let at = 0; at < this.#count; at++) {
      const length = rtuFrameBytes(this.#bytes, at, this.#count)
      if (length === undefined || at + length > this.#count) {
        // Registers may hold what looks like a frame; taken out of the half answer it would cost the whole, at every read.
        if (request !== undefined && beginsAnswer(request, this.#bytes, at, this.#count)) break
        continue
      }
      if (!hasRightCrc(this.#bytes, at, length)) continue
      const unit = this.#bytes[at] as number
      const pdu = this.#bytes.subarray(at + 1, at + length - 2)
      if (request !== undefined && judgeAnswer(request, unit, pdu).kind !== 'foreign') {
        const answer = Buffer.from(pdu)
        this.#count = 0
        return { kind: 'answer', unit, pdu: answer }
      }
      this.foreignFrames++
      if (this.foreignUnits.length < 16) this.foreignUnits.push(unit)
      this.#bytes.copyWithin(0, at + length, this.#count)
      this.#count -= at + length
      at = -1
    }
    return this.#isSpoiltAnswer(request) ? this.#spoilt() : { kind: 'waiting' }
  }

  /** The whole expected answer is there in shape and only its CRC is wrong: no use in waiting for the time limit. */
  #isSpoiltAnswer(request: ModbusRequest | undefined): boolean {
    if (request === undefined || this.#count < 5 || this.#bytes[0] !== request.unit) return false
    const code = functionCode(request)
    if (this.#bytes[1] === (code | 0x80)) return this.#count === 5
    return request.kind === 'read' && this.#bytes[1] === code && this.#bytes[2] === answerBytes(request) && this.#count === 5 + answerBytes(request)
  }

  #spoilt(): RtuOutcome {
    this.#count = 0
    return { kind: 'bad-crc' }
  }
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0xa001
  return crc
})

/** CRC-16 of Modbus RTU (polynomial 0xA001 reflected, start 0xFFFF). */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff
  for (let i = from; i < to; i++) crc = (crc >> 8) ^ (CRC_TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number)
  return crc
}

function functionCode(request: ModbusRequest): number {
  if (request.kind === 'identify') return IDENTIFY_FUNCTION
  const code = FUNCTION_CODES.get(request.area)
  invariant(code !== undefined && request.kind === 'read', 'only reads of the four areas can be encoded')
  return code
}

function writeUnitAndPdu(frame: Buffer, at: number, request: ModbusRequest): void {
  frame[at] = request.unit
  frame[at + 1] = functionCode(request)
  if (request.kind === 'identify') {
    frame[at + 2] = IDENTIFY_MEI
    frame[at + 3] = request.level
    frame[at + 4] = request.objectId
  } else {
    frame.writeUInt16BE(request.address, at + 2)
    frame.writeUInt16BE(request.count, at + 4)
  }
}

/** Length of the answer frame that would start at `at`; undefined when it cannot be told or no answer starts so. */
function rtuFrameBytes(bytes: Buffer, at: number, end: number): number | undefined {
  if (at + 3 > end) return undefined
  const code = bytes[at + 1] as number
  if ((code & 0x80) !== 0) return 5
  if (code >= 1 && code <= 4) return 5 + (bytes[at + 2] as number)
  return code === IDENTIFY_FUNCTION && bytes[at + 2] === IDENTIFY_MEI ? identifyFrameBytes(bytes, at, end) : undefined
}

/** Whether the bytes from `at` on are the beginning of the answer. */
function beginsAnswer(request: ModbusRequest, bytes: Buffer, at: number, end: number): boolean {
  if (at + 3 > end || bytes[at] !== request.unit || bytes[at + 1] !== functionCode(request)) return false
  return bytes[at + 2] === (request.kind === 'identify' ? IDENTIFY_MEI : answerBytes(request))
}

function identifyFrameBytes(bytes: Buffer, at: number, end: number): number | undefined {
  if (at + 8 > end) return undefined
  let next = at + 8
  for (let i = 0; i < (bytes[at + 7] as number); i++) {
    if (next + 2 > end) return undefined
    next += 2 + (bytes[next + 1] as number)
  }
  return next + 2 - at
}

function hasRightCrc(bytes: Buffer, at: number, length: number): boolean {
  return crc16(bytes, at, at + length - 2) === bytes.readUInt16LE(at + length - 2)
}
