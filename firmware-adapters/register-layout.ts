import type { ModbusSource, RegisterType } from './profile.ts'

interface Layout {
  /** Registers that the value takes. */
  readonly registers: number
  /** Smallest and largest raw value. */
  readonly lo: number
  readonly hi: number
}

const FLOAT32_MAX = 3.4028234663852886e38

/** Width and raw range of each register type. */
export const REGISTER_LAYOUT: Readonly<Record<RegisterType, Layout>> = {
  int16: { registers: 1, lo: -0x8000, hi: 0x7fff },
  uint16: { registers: 1, lo: 0, hi: 0xffff },
  int32: { registers: 2, lo: -0x8000_0000, hi: 0x7fff_ffff },
  uint32: { registers: 2, lo: 0, hi: 0xffff_ffff },
  float32: { registers: 2, lo: -FLOAT32_MAX, hi: FLOAT32_MAX },
  int64: { registers: 4, lo: -(2 ** 63), hi: 2 ** 63 },
  uint64: { registers: 4, lo: 0, hi: 2 ** 64 },
  float64: { registers: 4, lo: -Number.MAX_VALUE, hi: Number.MAX_VALUE },
  bit: { registers: 1, lo: 0, hi: 1 },
}

/** First address after the value; coils and discrete inputs count one each. */
export function endOf(source: ModbusSource): number {
  return source.address + REGISTER_LAYOUT[source.type].registers
}
