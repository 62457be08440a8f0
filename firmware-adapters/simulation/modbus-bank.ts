import type { WordOrder } from '../profile.ts'

/** Registers and bits of one simulated unit. An address beyond an array's end is answered with exception 2. */
export interface RegisterBank {
  readonly holding: Uint16Array
  readonly input: Uint16Array
  /** One entry per coil, 0 or 1. */
  readonly coils: Uint8Array
  /** One entry per discrete input, 0 or 1. */
  readonly discrete: Uint8Array
  /** Brings what is about to be read up to date. */
  refresh?(area: 'holding' | 'input' | 'coils' | 'discrete', address: number, count: number): void
  /** Most registers that the device gives in one answer; more is answered with exception 3. */
  readonly maxRegistersPerRead?: number
  /** Registers that the device does not have although they lie within its map: a read that touches one gets exception 2. */
  readonly undefinedRegisters?: ReadonlySet<number>
  /** What function code 43/14 says. */
  readonly identification?: { readonly vendor: string; readonly product: string; readonly revision: string }
}

/** A bank of zeros of the given sizes. */
export function makeBank(sizes: { holding?: number; input?: number; coils?: number; discrete?: number }): RegisterBank {
  return {
    holding: new Uint16Array(sizes.holding ?? 0),
    input: new Uint16Array(sizes.input ?? 0),
    coils: new Uint8Array(sizes.coils ?? 0),
    discrete: new Uint8Array(sizes.discrete ?? 0),
  }
}

const scratch = new DataView(new ArrayBuffer(8))

/** Writes a float32 into two registers in a word order. */
export function writeFloat32(registers: Uint16Array, address: number, value: number, order: WordOrder): void {
  scratch.setFloat32(0, value)
  writePair(registers, address, order)
}

/** Writes an unsigned 32-bit number into two registers in a word order. */
export function writeUint32(registers: Uint16Array, address: number, value: number, order: WordOrder): void {
  scratch.setUint32(0, value >>> 0)
  writePair(registers, address, order)
}

function writePair(registers: Uint16Array, address: number, order: WordOrder): void {
  const areBytesSwapped = order === 'BADC' || order === 'DCBA'
  const areWordsSwapped = order === 'CDAB' || order === 'DCBA'
  registers[address + (areWordsSwapped ? 1 : 0)] = scratch.getUint16(0, areBytesSwapped)
  registers[address + (areWordsSwapped ? 0 : 1)] = scratch.getUint16(2, areBytesSwapped)
}
