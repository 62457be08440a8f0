/* Answers of Modbus devices, right ones and mutants. The checksum is made here a second time, bit by bit as the specification has it. */
import type { RegisterType, WordOrder } from '@orewatch/firmware-adapters'
import type { ModbusRequest } from '../../edge/drivers/modbus/framing.ts'
import type { Dice } from '../dice.ts'
import type { FuzzCase } from './kind.ts'
import { chance, mutateBytes, mutateInPlace, pick, randomBytes } from './mutators.ts'

/** Which value is read out of the registers, and how. */
export interface Wanted {
  readonly offset: number
  readonly registers: number
  readonly type: Exclude<RegisterType, 'bit'>
  readonly order: WordOrder
}

/** A stream of bytes that came after a request. */
export interface ModbusCase extends FuzzCase {
  readonly framing: 'rtu' | 'mbap'
  readonly request: ModbusRequest
  readonly wanted: Wanted
  /** Offsets at which the stream is cut into pieces. */
  readonly cuts: readonly number[]
}

const TYPES = [
  ['int16', 1],
  ['uint16', 1],
  ['int32', 2],
  ['uint32', 2],
  ['float32', 2],
  ['int64', 4],
  ['uint64', 4],
  ['float64', 4],
] as const
const AREAS = ['holding', 'holding', 'input', 'coil', 'discrete'] as const
const CODES = { coil: 1, discrete: 2, holding: 3, input: 4 } as const

/** A case of either framing. */
export function makeModbusCase(dice: Dice): ModbusCase {
  const request = makeRequest(dice)
  const [type, registers] = pick(dice, TYPES)
  const wanted = { offset: dice.between(0, 4), registers, type, order: pick(dice, ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const) }
  const cuts = chance(dice, 50) ? [] : Array.from({ length: dice.between(1, 6) }, () => dice.between(1, 260))
  return chance(dice, 60) ? { framing: 'rtu', request, wanted, cuts, ...rtuStream(dice, request) } : { framing: 'mbap', request, wanted, cuts, bytes: mbapStream(dice, request) }
}

function makeRequest(dice: Dice): ModbusRequest {
  const unit = dice.between(0, 8)
  if (chance(dice, 8)) return { kind: 'identify', unit, level: 1, objectId: 0 }
  const area = pick(dice, AREAS)
  const most = area === 'coil' || area === 'discrete' ? 2_000 : 125
  return { kind: 'read', unit, area, address: dice.between(0, 65_535), count: chance(dice, 80) ? dice.between(1, 16) : dice.between(1, most) }
}

/** What a device would say: the answer mostly, or an exception, or the answer to something else. */
function answerPdu(dice: Dice, request: ModbusRequest): Uint8Array {
  const code = request.kind === 'identify' ? 43 : CODES[request.area]
  if (chance(dice, 12)) return Uint8Array.of(code | 0x80, dice.between(0, 12))
  if (request.kind === 'identify') return identification(dice)
  const bytes = request.area === 'coil' || request.area === 'discrete' ? (request.count + 7) >> 3 : request.count * 2
  const contents = randomBytes(dice, bytes)
  // Whole frames of other devices may stand in the contents by chance, and then they stand there at every read.
  if (bytes > 8 && chance(dice, 15)) contents.set(withCrc(Uint8Array.of(dice.between(0, 8), 0x83, 2)), dice.between(0, bytes - 5))
  return Uint8Array.of(code, bytes, ...contents)
}

function identification(dice: Dice): Uint8Array {
  const objects = Array.from({ length: dice.between(0, 4) }, (_, id) => [id, ...lengthAnd(randomBytes(dice, dice.between(0, 9)))])
  return Uint8Array.of(43, 14, 1, 1, chance(dice, 80) ? 0 : 0xff, 0, objects.length, ...objects.flat())
}

function lengthAnd(bytes: Uint8Array): number[] {
  return [bytes.length, ...bytes]
}

function rtuStream(dice: Dice, request: ModbusRequest): { bytes: Uint8Array; isChecksumRight: boolean } {
  const body = Uint8Array.of(request.unit, ...answerPdu(dice, request))
  const change = dice.between(0, 9)
  // The checksum is made after the change, so that the decoder behind it sees the mutant.
  if (change <= 4) return { bytes: withCrc(change === 0 ? body : change <= 3 ? mutateInPlace(body, dice, 3) : mutateBytes(body, dice, 2)), isChecksumRight: true }
  if (change === 5) return { bytes: Buffer.concat([withCrc(mutateInPlace(Uint8Array.of(request.unit, ...answerPdu(dice, request)), dice, 1)), withCrc(body)]), isChecksumRight: true }
  if (change === 6) return { bytes: Buffer.concat([randomBytes(dice, dice.between(1, 9)), withCrc(body), randomBytes(dice, dice.between(0, 3))]), isChecksumRight: true }
  const mutant = change === 7 ? mutateInPlace(withCrc(body), dice, 2) : mutateBytes(withCrc(body), dice, 3)
  return { bytes: mutant, isChecksumRight: mutant.length > 2 && Buffer.compare(withCrc(mutant.subarray(0, -2)), mutant) === 0 }
}

function mbapStream(dice: Dice, request: ModbusRequest): Uint8Array {
  const frames = Array.from({ length: dice.between(1, 3) }, (): Uint8Array => {
    const answer = answerPdu(dice, request)
    const pdu = chance(dice, 40) ? answer : mutateInPlace(chance(dice, 70) ? answer : mutateBytes(answer, dice, 2), dice, 2)
    const length = pdu.length + 1
    return Uint8Array.of(dice.between(0, 255), dice.between(0, 255), 0, 0, length >> 8, length & 0xff, chance(dice, 90) ? request.unit : dice.between(0, 255), ...pdu)
  })
  const stream = Buffer.concat(frames)
  return chance(dice, 70) ? stream : mutateBytes(stream, dice, 2)
}

/** A frame with its checksum: CRC-16, polynomial 0xA001, low byte first (Modbus over serial line V1.02, 6.2.2). */
export function withCrc(body: Uint8Array): Uint8Array {
  let crc = 0xffff
  for (const byte of body) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return Buffer.concat([body, Uint8Array.of(crc & 0xff, crc >> 8)])
}
