import { columnsOf, type Sample } from '@orewatch/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeLine, MAX_LINE_BYTES, packMeta, unpackMeta, writeDouble } from './row-codec.ts'

const target = Buffer.alloc(MAX_LINE_BYTES * 2)

function check(sample: Partial<Sample>, expected: string): void {
  const columns = columnsOf([{ key: 1, timeMs: 1_793_491_200_000, value: 0, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0, ...sample }])
  expect(target.toString('latin1', 0, encodeLine(target, 0, columns, 0))).toBe(expected)
}

test('a plain sample shows its value and Q', () => check({ value: 20.9 }, 'sample,p=1 v=20.900,q=0i 1793491200000\n'))
test('a whole value has no decimals', () => check({ value: -120, quality: 3 }, 'sample,p=1 v=-120,q=3i 1793491200000\n'))
test('a missing value leaves the field out and says so in q', () => check({ value: Number.NaN, quality: 2, reason: 1 }, `sample,p=1 q=${2 + 16 + 2 ** 20}i 1793491200000\n`))
test('infinity is no value', () => check({ value: Number.POSITIVE_INFINITY, quality: 3 }, `sample,p=1 q=${3 + 2 ** 20}i 1793491200000\n`))
test('a negative gateway delta makes q negative', () => check({ gatewayDeltaMs: -1 }, 'sample,p=1 v=0,q=-2097152i 1793491200000\n'))
test('the largest sample fits', () => {
  check(
    { key: 2 ** 31 - 1, value: -2.2250738585072014e-308, quality: 9, reason: 255, flags: 255, gatewayDeltaMs: -(2 ** 31), timeMs: Date.UTC(2199, 11, 31) },
    'sample,p=2147483647 v=-2.2250738585072014e-308,q=-4503599626321927i 7258032000000\n',
  )
})
test('time zero is a time', () => check({ timeMs: 0 }, 'sample,p=1 v=0,q=0i 0\n'))

test('every finite double is written so that it reads back bit for bit (property)', () => {
  const anyValue = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.integer({ min: -1e12, max: 1e12 }).map((n) => n / 1_000),
    fc.constantFrom(-0, 999_999_999.999, 1e9, 999_999_999, -1e15, 1e15 - 1, 0.001, -0.001),
  )
  fc.assert(
    fc.property(anyValue, (value) => {
      expect(Number(target.toString('latin1', 0, writeDouble(target, 0, value)))).toBe(value)
    }),
    { numRuns: 5_000 },
  )
})

test('quality, reason, flags and delta come out of the packed number as they went in (property)', () => {
  const meta = fc.record({
    quality: fc.integer({ min: 0, max: 9 }),
    reason: fc.integer({ min: 0, max: 255 }),
    flags: fc.integer({ min: 0, max: 255 }),
    hasValue: fc.boolean(),
    gatewayDeltaMs: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  })
  fc.assert(
    fc.property(meta, (m) => {
      const packed = packMeta(m.quality, m.reason, m.flags, m.gatewayDeltaMs, m.hasValue)
      expect(Number.isSafeInteger(packed)).toBe(true)
      expect(BigInt(packed) & 15n).toBe(BigInt(m.quality))
      expect(unpackMeta(packed)).toEqual(m)
    }),
  )
})
