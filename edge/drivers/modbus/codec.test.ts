import { Q, type Reason, reasonOf } from '@orewatch/core'
import type { ModbusSource, RegisterType, WordOrder } from '@orewatch/firmware-adapters'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codecOf, type Decoded, judgeRaw, judgeStatus, readBit, readRegisters, readUnixTime } from './codec.ts'

function check(bytes: string, type: RegisterType, order: WordOrder, expected: number, bit = 0): void {
  expect(readRegisters(Buffer.from(bytes.replaceAll(' ', ''), 'hex'), 0, type, order, bit)).toBe(expected)
}

describe('values of registers', () => {
  test('float32 24.5 in all four orders', () => {
    check('41C4 0000', 'float32', 'ABCD', 24.5)
    check('0000 41C4', 'float32', 'CDAB', 24.5)
    check('C441 0000', 'float32', 'BADC', 24.5)
    check('0000 C441', 'float32', 'DCBA', 24.5)
  })
  test('int32 and uint32 in all four orders', () => {
    check('FFFF FFFE', 'int32', 'ABCD', -2)
    check('0001 0002', 'uint32', 'ABCD', 65_538)
    check('0002 0001', 'uint32', 'CDAB', 65_538)
    check('0100 0200', 'uint32', 'BADC', 65_538)
    check('0200 0100', 'uint32', 'DCBA', 65_538)
    check('8000 0000', 'uint32', 'ABCD', 2_147_483_648)
  })
  test('16-bit numbers swap their bytes where B stands before A', () => {
    check('00F5', 'uint16', 'ABCD', 245)
    check('00F5', 'uint16', 'CDAB', 245)
    check('F500', 'uint16', 'BADC', 245)
    check('F500', 'uint16', 'DCBA', 245)
    check('FC19', 'int16', 'ABCD', -999)
    check('FFFF', 'uint16', 'ABCD', 65_535)
  })
  test('64 bits in all four orders', () => {
    check('3FF8 0000 0000 0001', 'float64', 'ABCD', 1.5000000000000002)
    check('0001 0000 0000 3FF8', 'float64', 'CDAB', 1.5000000000000002)
    check('F83F 0000 0000 0100', 'float64', 'BADC', 1.5000000000000002)
    check('0100 0000 0000 F83F', 'float64', 'DCBA', 1.5000000000000002)
    check('FFFF FFFF FFFF FFFF', 'int64', 'ABCD', -1)
    check('0000 0001 0000 0000', 'uint64', 'ABCD', 4_294_967_296)
  })
  test('a bit of a register, and one of a run of coils', () => {
    check('0008', 'bit', 'ABCD', 1, 3)
    check('0008', 'bit', 'ABCD', 0, 2)
    expect(readBit(Buffer.from([0, 0b100]), 0, 10)).toBe(1)
    expect(readBit(Buffer.from([0, 0b100]), 0, 9)).toBe(0)
  })

  test('every order is the same value with its bytes moved', () => {
    const move: Record<WordOrder, readonly number[]> = { ABCD: [0, 1, 2, 3], CDAB: [2, 3, 0, 1], BADC: [1, 0, 3, 2], DCBA: [3, 2, 1, 0] }
    fc.assert(
      fc.property(fc.float({ noNaN: true }), fc.constantFrom<WordOrder>('ABCD', 'CDAB', 'BADC', 'DCBA'), (value, order) => {
        const straight = Buffer.alloc(4)
        straight.writeFloatBE(value)
        const moved = Buffer.from(move[order].map((from) => straight[from] as number))
        expect(Object.is(readRegisters(moved, 0, 'float32', order), value)).toBe(true)
      }),
    )
  })
})

describe('quality', () => {
  const source = (type: RegisterType, more: Partial<ModbusSource> = {}): ModbusSource => ({ area: 'holding', address: 0, type, ...more })
  const judge = (raw: number, from: ModbusSource, status?: number): [number, number, Reason] => {
    const out: Decoded = { value: 0, quality: 0, reason: 0 }
    const codec = codecOf(from)
    judgeRaw(codec, raw, out)
    if (status !== undefined) judgeStatus(codec, status, out)
    return [out.value, out.quality, reasonOf(out.reason)]
  }

  test('a plain value is good', () => expect(judge(245, source('uint16'))).toEqual([245, Q.good, 'none']))
  test('NaN, infinity and denormals are no number', () => {
    for (const raw of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-40, -1e-45]) {
      expect(judge(raw, source('float32'))).toEqual([Number.NaN, Q.suspect, 'not-a-number'])
    }
    expect(judge(5e-324, source('float64'))).toEqual([Number.NaN, Q.suspect, 'not-a-number'])
  })
  test('7F C0 00 00 of the test matrix is Q 8', () => {
    const raw = readRegisters(Buffer.from('7FC00000', 'hex'), 0, 'float32', 'ABCD')
    expect(judge(raw, source('float32'))).toEqual([Number.NaN, Q.suspect, 'not-a-number'])
  })
  test('a number too small to be measured shows a wrong word order', () => {
    expect(judge(-4.05e-23, source('float32'))[1]).toBe(Q.good)
    expect(judge(1e-31, source('float32'))).toEqual([1e-31, Q.suspect, 'word-order'])
    expect(judge(0, source('float32'))).toEqual([0, Q.good, 'none'])
  })
  test('−999, 9999 and 0xFFFF are messages where the profile says so', () => {
    const faultCodes = [
      { raw: -999, quality: Q.commLost },
      { raw: 9999, quality: Q.sensorFault },
    ]
    expect(judge(-999, source('int16', { faultCodes }))).toEqual([Number.NaN, Q.commLost, 'fault-code'])
    expect(judge(9999, source('int16', { faultCodes }))).toEqual([Number.NaN, Q.sensorFault, 'fault-code'])
    expect(judge(65_535, source('uint16', { faultCodes: [{ raw: 65_535, quality: Q.commLost }] }))).toEqual([Number.NaN, Q.commLost, 'fault-code'])
    expect(judge(9998, source('int16', { faultCodes }))).toEqual([9998, Q.good, 'none'])
  })
  test('a fault code of a float is met as a float32', () => {
    expect(judge(Math.fround(-99.9), source('float32', { faultCodes: [{ raw: -99.9, quality: Q.sensorFault }] }))).toEqual([Number.NaN, Q.sensorFault, 'fault-code'])
  })
  test('the first set bit of the status word wins; calibration keeps the value and a fault has none', () => {
    const status = {
      address: 1,
      bits: [
        { bit: 3, quality: Q.sensorFault },
        { bit: 1, quality: Q.calibrating },
      ],
    }
    expect(judge(24.5, source('float32', { status }), 0b0010)).toEqual([24.5, Q.calibrating, 'status-word'])
    expect(judge(24.5, source('float32', { status }), 0b1010)).toEqual([Number.NaN, Q.sensorFault, 'status-word'])
    expect(judge(24.5, source('float32', { status }), 0b0001)).toEqual([24.5, Q.good, 'none'])
  })
  test('a clear bit that must be set is a fault, unless a set bit says more', () => {
    const status = { address: 1, bits: [{ bit: 1, quality: Q.calibrating }], clearBits: [{ bit: 0, quality: Q.sensorFault }] }
    expect(judge(0, source('float32', { status }), 0)).toEqual([Number.NaN, Q.sensorFault, 'status-word'])
    expect(judge(24.5, source('float32', { status }), 0b10)).toEqual([24.5, Q.calibrating, 'status-word'])
    expect(judge(24.5, source('float32', { status }), 0b01)).toEqual([24.5, Q.good, 'none'])
  })
  test('a 64-bit integer that a double cannot hold exactly is not passed off as one', () => {
    expect(judge(2 ** 53, source('uint64'))).toEqual([Number.NaN, Q.suspect, 'out-of-range'])
    expect(judge(2 ** 53 - 1, source('uint64'))).toEqual([2 ** 53 - 1, Q.good, 'none'])
  })
})

test('device time is Unix seconds, and none when it is 0', () => {
  expect(readUnixTime(Buffer.from('69A9E0C0', 'hex'), 0)).toBe(0x69a9e0c0 * 1000)
  expect(readUnixTime(Buffer.alloc(4), 0)).toBeNaN()
})
