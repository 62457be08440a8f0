/*
 * Modbus answers, RTU and TCP: the receivers and the register codec of the driver against pymodbus. A stream is pushed
 * into the receiver in pieces; what comes out as the answer must be a frame that pymodbus reads alike, and where
 * nothing comes out pymodbus must find no answer either.
 */
import type { WordOrder } from '@orewatch/firmware-adapters'
import { readBit, readRegisters } from '../../edge/drivers/modbus/codec.ts'
import { answerBytes, crc16, isBitArea, judgeAnswer, MbapReceiver, type ModbusRequest, RtuReceiver } from '../../edge/drivers/modbus/framing.ts'
import { difference, type FuzzKind, fuzzKind, type Question, type Verdict } from './kind.ts'
import { type ModbusCase, makeModbusCase, type Wanted } from './modbus-cases.ts'

/** The functions under test; a test of the harness gives wrong ones. */
export interface ModbusDecoders {
  readonly readRegisters: typeof readRegisters
  readonly readBit: typeof readBit
}

/** A frame as pymodbus describes it. */
interface PeerFrame {
  readonly transaction: number
  readonly unit: number
  readonly code: number
  readonly pduBytes: number
  readonly exception?: number
  readonly registers?: readonly number[]
  readonly value?: string
  readonly byteCount?: number
  readonly bits?: string
  readonly mei?: number
  readonly objects?: readonly (readonly [number, string])[]
}

interface PeerReading {
  readonly found: readonly PeerFrame[]
  readonly error?: string
}

/** An answer that came out of a receiver. */
interface Taken {
  readonly transaction: number
  readonly pdu: Buffer
  readonly frame: Buffer
}

const FUNCTION_CODES = { coil: 1, discrete: 2, holding: 3, input: 4 } as const
const IDENTIFY_FUNCTION = 43

/** The kind `modbus`. */
export function modbusKind(decoders: ModbusDecoders = { readRegisters, readBit }): FuzzKind {
  return fuzzKind<ModbusCase>({ name: 'modbus', weight: 25, make: makeModbusCase, judge: (fuzzed) => (fuzzed.framing === 'rtu' ? judgeRtu(fuzzed, decoders) : judgeMbap(fuzzed, decoders)) })
}

function judgeRtu(fuzzed: ModbusCase, decoders: ModbusDecoders): Verdict | Question {
  const { bytes, request, cuts } = fuzzed
  const receiver = new RtuReceiver()
  let pdu: Buffer | undefined
  for (const piece of pieces(Buffer.from(bytes), cuts)) {
    const outcome = receiver.push(piece, request)
    if (outcome.kind !== 'answer') continue
    pdu = outcome.pdu
    break
  }
  if (pdu === undefined) return { ask: { framing: 'rtu', parts: [hexOf(bytes)] }, judge: (answer) => judgeSilence(answer as PeerReading[], request) }
  const frame = findFrame(Buffer.from(bytes), request.unit, pdu)
  if (frame === undefined) return { kind: 'wrong', why: `the answer ${pdu.toString('hex')} does not stand in the stream` }
  const taken = { transaction: request.unit, pdu, frame }
  return { ask: { framing: 'rtu', wanted: fuzzed.wanted, parts: [hexOf(frame)] }, judge: (answer) => judgeTaken(answer as PeerReading[], [taken], fuzzed, decoders) }
}

// pymodbus reads the stream as one frame after another from its beginning, and so must we have done: nothing in it may be the answer.
function judgeSilence([reading]: readonly PeerReading[], request: ModbusRequest): Verdict {
  const missed = reading?.found.find((frame) => isAnswerTo(frame, request))
  return missed === undefined ? { kind: 'refused' } : { kind: 'wrong', why: `pymodbus finds an answer that we do not: ${JSON.stringify(missed)}` }
}

function judgeMbap(fuzzed: ModbusCase, decoders: ModbusDecoders): Verdict | Question {
  const { bytes, request, cuts } = fuzzed
  const receiver = new MbapReceiver()
  const frames: { transaction: number; unit: number; pdu: Buffer }[] = []
  for (const piece of pieces(Buffer.from(bytes), cuts)) {
    if (!receiver.push(piece, (transaction, unit, pdu) => frames.push({ transaction, unit, pdu: Buffer.from(pdu) }))) break
  }
  const wrong = compareCuts(bytes, frames)
  if (wrong !== undefined) return { kind: 'wrong', why: wrong }
  const verdicts = frames.map(({ unit, pdu }) => judgeAnswer(request, unit, pdu).kind)
  const parts = frames.map(({ transaction, unit, pdu }) => mbapFrame(transaction, unit, pdu))
  const taken = frames.flatMap(({ transaction, pdu }, i) => (verdicts[i] === 'foreign' ? [] : [{ transaction, pdu, frame: parts[i] as Buffer }]))
  const foreign = parts.filter((_, i) => verdicts[i] === 'foreign')
  return {
    ask: { framing: 'mbap', wanted: fuzzed.wanted, parts: [...taken.map(({ frame }) => hexOf(frame)), ...foreign.map(hexOf)] },
    judge: (answer) => {
      const readings = answer as PeerReading[]
      const missed = readings.slice(taken.length).find(({ found }) => found[0] !== undefined && isAnswerTo(found[0], request))
      if (missed !== undefined) return { kind: 'wrong', why: `pymodbus takes for the answer what we pass over: ${JSON.stringify(missed)}` }
      return taken.length === 0 ? { kind: 'refused' } : judgeTaken(readings, taken, fuzzed, decoders)
    },
  }
}

/**
 * The frames by the header alone (Messaging on TCP/IP V1.0b, 3.1.3). Rule `strict-header`: a protocol id other than 0, or
 * a length outside 3…254, ends the stream for us; pymodbus ignores the first and waits for ever on the second.
 */
function compareCuts(bytes: Uint8Array, frames: readonly { transaction: number; unit: number; pdu: Buffer }[]): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let count = 0
  for (let at = 0; at + 6 <= bytes.length; count++) {
    const length = view.getUint16(at + 4)
    if (view.getUint16(at + 2) !== 0 || length < 3 || length > 254 || at + 6 + length > bytes.length) break
    const frame = frames[count]
    const found =
      difference('transaction', frame?.transaction, view.getUint16(at)) ??
      difference('unit', frame?.unit, bytes[at + 6]) ??
      difference('pdu', frame?.pdu, Buffer.from(bytes.subarray(at + 7, at + 6 + length)))
    if (found !== undefined) return `frame ${count} ${found}`
    at += 6 + length
  }
  return difference('frames', frames.length, count)
}

function judgeTaken(readings: readonly PeerReading[], taken: readonly Taken[], { request, wanted }: ModbusCase, decoders: ModbusDecoders): Verdict {
  const rules = new Set<string>()
  for (const [i, answer] of taken.entries()) {
    const frame = readings[i]?.found[0]
    if (frame === undefined) {
      const isDamagedInside = request.kind === 'identify' && answer.pdu[0] === IDENTIFY_FUNCTION
      // The driver looks into an identification after its frame was taken, and refuses it there (identify.ts).
      if (!isDamagedInside) return { kind: 'wrong', why: `pymodbus does not read ${answer.frame.toString('hex')}: ${readings[i]?.error ?? 'no frame'}` }
      rules.add('identification-refused-later')
      continue
    }
    const why = compareAnswer(frame, answer, request, wanted, decoders)
    if (why !== undefined) return { kind: 'wrong', why }
  }
  return { kind: 'accepted', rules: [...rules] }
}

function compareAnswer(frame: PeerFrame, { transaction, pdu }: Taken, request: ModbusRequest, wanted: Wanted, decoders: ModbusDecoders): string | undefined {
  const head = difference('unit', request.unit, frame.unit) ?? difference('transaction', transaction, frame.transaction)
  if (head !== undefined) return head
  const verdict = judgeAnswer(request, request.unit, pdu)
  if (verdict.kind === 'exception') return difference('exception', verdict.code, frame.exception)
  if (request.kind === 'identify') return difference('MEI type', pdu[1], frame.mei)
  if (isBitArea(request.area)) {
    const bits = Array.from({ length: request.count }, (_, i) => decoders.readBit(pdu, 2, i)).join('')
    return difference('bits', bits, frame.bits?.slice(0, request.count))
  }
  const registers = Array.from({ length: request.count }, (_, i) => decoders.readRegisters(pdu, 2 + 2 * i, 'uint16', 'ABCD'))
  const found = difference('registers', registers.join(), frame.registers?.join())
  if (found !== undefined || wanted.offset + wanted.registers > request.count) return found
  return compareValue(decoders.readRegisters(pdu, 2 + 2 * wanted.offset, wanted.type, wanted.order), frame.value, wanted)
}

// Floats come as the bits of a double; integers as digits, which Number rounds to the nearest double as ours must be.
function compareValue(ours: number, theirs: string | undefined, { type, order }: Wanted): string | undefined {
  const value = theirs === undefined ? undefined : type.startsWith('float') ? Buffer.from(theirs, 'hex').readDoubleBE(0) : Number(BigInt(theirs))
  return difference(`${type} ${order satisfies WordOrder}`, ours, value)
}

/** Whether a frame as pymodbus reads it answers the request; by the specification, not by judgeAnswer. */
function isAnswerTo(frame: PeerFrame, request: ModbusRequest): boolean {
  const code = request.kind === 'read' ? FUNCTION_CODES[request.area] : IDENTIFY_FUNCTION
  if (frame.unit !== request.unit) return false
  if (frame.code === (code | 0x80)) return frame.pduBytes === 2
  if (frame.code !== code) return false
  if (request.kind === 'identify') return frame.mei === 14
  const bytes = answerBytes(request)
  if (frame.pduBytes !== 2 + bytes) return false
  // pymodbus takes an odd byte count for the even one above it; the specification has 2 × N, so such an answer is none.
  return frame.byteCount === bytes && (frame.registers === undefined || frame.registers.length * 2 === bytes)
}

function findFrame(stream: Buffer, unit: number, pdu: Buffer): Buffer | undefined {
  const start = Buffer.concat([Buffer.of(unit), pdu])
  for (let at = stream.indexOf(start); at >= 0; at = stream.indexOf(start, at + 1)) {
    const end = at + start.length
    // Only which of two equal places is meant; whether the checksum is right is for pymodbus to say.
    if (end + 2 <= stream.length && stream.readUInt16LE(end) === crc16(start, 0, start.length)) return stream.subarray(at, end + 2)
  }
  return undefined
}

function mbapFrame(transaction: number, unit: number, pdu: Buffer): Buffer {
  const head = Buffer.alloc(7)
  head.writeUInt16BE(transaction, 0)
  head.writeUInt16BE(pdu.length + 1, 4)
  head[6] = unit
  return Buffer.concat([head, pdu])
}

function pieces(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.filter((at) => at < stream.length).toSorted((a, b) => a - b), stream.length]
  return edges.slice(1).map((to, i) => stream.subarray(edges[i], to))
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
