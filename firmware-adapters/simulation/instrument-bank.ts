import type { Clock } from '@orewatch/core'
import { makeBank, type RegisterBank, writeFloat32, writeUint32 } from './modbus-bank.ts'
import { patternValue } from './pattern.ts'

/** One value in the holding registers of a simulated instrument. */
export interface InstrumentRegister {
  readonly address: number
  readonly type: 'float32' | 'int16' | 'uint16' | 'uint32'
  /** What stands in the registers at a time, UTC ms; whole numbers where the type is whole. */
  value(timeMs: number): number
}

/** Of what a bank of instruments is made. */
export interface InstrumentBankOptions {
  /** Name of the device in its identification. */
  readonly product: string
  readonly registers: readonly InstrumentRegister[]
  /** Holding registers of the device; addresses from here on are refused. */
  readonly size: number
  readonly clock: Clock
  /** pattern: float32 values are computable from point and time, the n-th of `registers` with `patternValue(n, now)`; the others stay as they are. */
  readonly mode: 'model' | 'pattern'
}

/** A bank whose registers are brought up to date when they are read. */
export function makeInstrumentBank({ product, registers, size, clock, mode }: InstrumentBankOptions): RegisterBank {
  const bank = makeBank({ holding: size })
  return {
    ...bank,
    identification: { vendor: 'Orewatch simulator', product, revision: '1' },
    refresh(area, address, count) {
      if (area !== 'holding') return
      const nowMs = clock.nowMs()
      for (const [index, register] of registers.entries()) {
        // Two registers are the widest type; one that begins just before the read reaches into it.
        if (register.address > address - 2 && register.address < address + count)
          write(bank.holding, register, mode === 'pattern' && register.type === 'float32' ? patternValue(index, nowMs) : register.value(nowMs))
      }
    },
  }
}

function write(holding: Uint16Array, { address, type }: InstrumentRegister, value: number): void {
  if (type === 'float32') writeFloat32(holding, address, value, 'ABCD')
  else if (type === 'uint32') writeUint32(holding, address, Math.round(value), 'ABCD')
  else holding[address] = Math.round(value) & 0xffff
}

/** Current of a 4–20 mA transmitter in µA for a value between those at its ends; like real ones it stops at 3.8 and 20.5 mA (NAMUR NE 43). */
export function loopMicroamps(value: number, lo: number, hi: number): number {
  return 1000 * Math.min(20.5, Math.max(3.8, 4 + (16 * (value - lo)) / (hi - lo)))
}

/** What a loop shows when it is cut, µA: 3.5 mA, below the 3.6 at which it counts as broken. */
export const BROKEN_LOOP_MICROAMPS = 3500
