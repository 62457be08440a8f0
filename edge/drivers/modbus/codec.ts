/*
 * Register contents to raw values (before scale) with quality and reason. Pure.
 * Not here: which registers are read (planner.ts) and what is plausible (edge/pipeline).
 */
import { Q, reasonCode } from '@orewatch/core'
import type { FaultCode, ModbusSource, RegisterType, StatusBit, WordOrder } from '@orewatch/firmware-adapters'

/** How one point is taken out of the contents of its reads. */
export interface PointCodec {
  readonly isBit: boolean
  readonly type: RegisterType
  readonly order: WordOrder
  readonly bit: number
  readonly faultCodes: readonly FaultCode[]
  readonly statusBits: readonly StatusBit[]
  readonly clearBits: readonly StatusBit[]
}

/** The last thing decoded; reused so that the hot path allocates nothing. */
export interface Decoded {
  value: number
  quality: number
  reason: number
}

const NOT_A_NUMBER = reasonCode('not-a-number')
const WORD_ORDER = reasonCode('word-order')
const FAULT_CODE = reasonCode('fault-code')
const STATUS_WORD = reasonCode('status-word')
const OUT_OF_RANGE = reasonCode('out-of-range')

const SMALLEST_NORMAL_FLOAT32 = 2 ** -126
const SMALLEST_NORMAL_FLOAT64 = 2 ** -1022
/** Numbers so small are never measured; they are the mark of a wrong word order. */
export const WORD_ORDER_SUSPICION = 1e-30

const scratch = new DataView(new ArrayBuffer(8))

/** Registers that a type takes. */
export function registersOf(type: RegisterType): number {
  if (type === 'int16' || type === 'uint16' || type === 'bit') return 1
  return type === 'int64' || type === 'uint64' || type === 'float64' ? 4 : 2
}

/** What decoding a point needs of its source. */
export function codecOf(source: ModbusSource): PointCodec {
  return {
    isBit: source.area === 'coil' || source.area === 'discrete',
    type: source.type,
    order: source.wordOrder ?? 'ABCD',
    bit: source.bit ?? 0,
    faultCodes: (source.faultCodes ?? []).map((code) => (source.type === 'float32' ? { ...code, raw: Math.fround(code.raw) } : code)),
    statusBits: source.status?.bits ?? [],
    clearBits: source.status?.clearBits ?? [],
  }
}

/** Reads a value of registers at byte `at`: before scale, exact except for 64-bit integers beyond 2^53. */
export function readRegisters(bytes: Buffer, at: number, type: RegisterType, order: WordOrder, bit = 0): number {
  switch (type) {
    case 'uint16':
      return word(bytes, at, order)
    case 'int16':
      return (word(bytes, at, order) << 16) >> 16
    case 'bit':
      return (word(bytes, at, order) >> bit) & 1
    case 'uint32':
      return long(bytes, at, order) >>> 0
    case 'int32':
      return long(bytes, at, order) | 0
    case 'float32':
      return float32(bytes, at, order)
    default:
      return wide(bytes, at, type, order)
  }
}

/** Bit `offset` of the contents of a read of coils or discrete inputs, 0 or 1. */
export function readBit(bytes: Buffer, at: number, offset: number): number {
  return ((bytes[at + (offset >> 3)] as number) >> (offset & 7)) & 1
}

/** Judges a raw value by fault codes and by what its bits are: fills `out`. */
export function judgeRaw(codec: PointCodec, raw: number, out: Decoded): void {
  out.value = raw
  out.quality = Q.good
  out.reason = 0
  for (const code of codec.faultCodes) {
    if (code.raw === raw) return set(out, Number.NaN, code.quality, FAULT_CODE)
  }
  if (codec.type === 'float32' || codec.type === 'float64') judgeFloat(codec.type, raw, out)
  else if (!Number.isSafeInteger(raw)) set(out, Number.NaN, Q.suspect, OUT_OF_RANGE)
}

// A sensor that is broken, unpowered, out of service or not there measures nothing: whatever its registers show is no value.
const WITHOUT_VALUE: ReadonlySet<number> = new Set([Q.commLost, Q.sensorFault, Q.powerFault, Q.outOfService])

/**
 * Lets the status word override the quality: the first set bit of `bits`, and when none is set the first clear bit of
 * `clearBits`. Calibration and over-range keep the value, faults have none.
 */
export function judgeStatus({ statusBits, clearBits }: Pick<PointCodec, 'statusBits' | 'clearBits'>, status: number, out: Decoded): void {
  const isSet = (bit: number): boolean => ((status >> bit) & 1) === 1
  for (const { bit, quality } of statusBits) {
    if (isSet(bit)) return setStatus(quality, out)
  }
  for (const { bit, quality } of clearBits) {
    if (!isSet(bit)) return setStatus(quality, out)
  }
}

function setStatus(quality: number, out: Decoded): void {
  set(out, WITHOUT_VALUE.has(quality) ? Number.NaN : out.value, quality, STATUS_WORD)
}

/** Device time, UTC ms, of two registers with Unix seconds; NaN when the device has none (0). */
export function readUnixTime(bytes: Buffer, at: number): number {
  const seconds = bytes.readUInt32BE(at)
  return seconds === 0 ? Number.NaN : seconds * 1000
}

function judgeFloat(type: 'float32' | 'float64', raw: number, out: Decoded): void {
  const magnitude = Math.abs(raw)
  const smallest = type === 'float32' ? SMALLEST_NORMAL_FLOAT32 : SMALLEST_NORMAL_FLOAT64
  if (!Number.isFinite(raw) || (magnitude !== 0 && magnitude < smallest)) set(out, Number.NaN, Q.suspect, NOT_A_NUMBER)
  else if (magnitude !== 0 && magnitude < WORD_ORDER_SUSPICION) set(out, raw, Q.suspect, WORD_ORDER)
}

function set(out: Decoded, value: number, quality: number, reason: number): void {
  out.value = value
  out.quality = quality
  out.reason = reason
}

/** The letters name bytes: B before A swaps the bytes of a word, C before A swaps the words. */
function word(bytes: Buffer, at: number, order: WordOrder): number {
  return order === 'BADC' || order === 'DCBA' ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)
}

function long(bytes: Buffer, at: number, order: WordOrder): number {
  switch (order) {
    case 'ABCD':
      return bytes.readInt32BE(at)
    case 'DCBA':
      return bytes.readInt32LE(at)
    default: {
      const first = word(bytes, at, order)
      const second = word(bytes, at + 2, order)
      return order === 'CDAB' ? (second << 16) | first : (first << 16) | second
    }
  }
}

function float32(bytes: Buffer, at: number, order: WordOrder): number {
  scratch.setInt32(0, long(bytes, at, order))
  return scratch.getFloat32(0)
}

function wide(bytes: Buffer, at: number, type: 'int64' | 'uint64' | 'float64', order: WordOrder): number {
  const areWordsSwapped = order === 'CDAB' || order === 'DCBA'
  for (let i = 0; i < 4; i++) scratch.setUint16(areWordsSwapped ? 6 - 2 * i : 2 * i, word(bytes, at + 2 * i, order))
  if (type === 'float64') return scratch.getFloat64(0)
  const high = type === 'int64' ? scratch.getInt32(0) : scratch.getUint32(0)
  return high * 2 ** 32 + scratch.getUint32(4)
}
