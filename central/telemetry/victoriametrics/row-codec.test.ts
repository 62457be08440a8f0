import { columnsOf, type Sample, samplesOf } from '@orewatch/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ExportedSeries, keptNumber, lineOf, packMeta, samplesOfSeries, unpackMeta } from './row-codec.ts'

const TIME = 1_793_491_200_000

function line(sample: Partial<Sample>): string {
  return lineOf(columnsOf([{ key: 1, timeMs: TIME, value: 0, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0, ...sample }]), 0)
}

/** What the server would export of a line, were its numbers exact. */
function seriesOf(text: string): ExportedSeries[] {
  const [, fields = '', timeMs = ''] = text.trim().split(' ')
  return fields.split(',').map((part) => {
    const [field = '', value = ''] = part.split('=')
    return { field, point: 1, timestamps: [Number(timeMs)], values: [Number(value.replace('i', ''))] }
  })
}

test('a plain sample shows its value and Q', () => expect(line({ value: 20.9 })).toBe(`sample,p=1 g=20.9,q=0i ${TIME}\n`))
test('a value of bad quality is apart from the good ones', () => expect(line({ value: -120, quality: 3 })).toBe(`sample,p=1 b=-120,q=3i ${TIME}\n`))
test('a missing value is told by q alone', () => expect(line({ value: Number.NaN, quality: 2, reason: 1 })).toBe(`sample,p=1 q=${2 + 16 + 2 ** 20}i ${TIME}\n`))
test('a value of too many digits is shown rounded and kept by its bits', () => {
  // 1/3 is 3FD5555555555555 in IEEE 754.
  expect(line({ value: 1 / 3 })).toBe(`sample,p=1 g=0.333333,q=${2 ** 21}i,h=1070945621i,l=1431655765i ${TIME}\n`)
})
test('a value that cannot be shown is kept by its bits alone', () => expect(line({ value: -0.0000001 })).toMatch(/^sample,p=1 q=2097152i,h=\d+i,l=\d+i /))
test('minus zero is shown as zero and kept as minus zero', () => expect(line({ value: -0 })).toBe(`sample,p=1 g=0,q=${2 ** 21}i,h=2147483648i,l=0i ${TIME}\n`))
test('infinity is kept by its bits', () => expect(line({ value: Number.POSITIVE_INFINITY, quality: 3 })).toBe(`sample,p=1 q=${3 + 2 ** 21}i,h=2146435072i,l=0i ${TIME}\n`))

test('a row that lacks a part was never acknowledged and is not read', () => {
  const whole = seriesOf(line({ value: 1 / 3, quality: 0 }))
  for (const missing of ['q', 'h', 'l'])
    expect(
      samplesOfSeries(
        1,
        whole.filter(({ field }) => field !== missing),
      ).count,
    ).toBe(0)
  expect(samplesOfSeries(1, whole).count).toBe(1)
})

test('a row that was written twice is read once', () => {
  const twice = seriesOf(line({ value: 4 })).map((series) => ({ ...series, timestamps: [TIME, TIME], values: [...series.values, ...series.values] }))
  expect(samplesOf(samplesOfSeries(1, twice))).toMatchObject([{ timeMs: TIME, value: 4 }])
})

test('any double comes back bit for bit (property)', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.double(),
        fc.float(),
        fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 1_000),
      ),
      fc.integer({ min: 0, max: 9 }),
      (value, quality) => {
        const [read] = samplesOf(samplesOfSeries(1, seriesOf(line({ value, quality }))))
        expect(read).toMatchObject({ value, quality })
      },
    ),
    { numRuns: 2_000 },
  )
})

test('what is shown differs from the value by less than a thousandth of it (property)', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), (value) => {
      const shown = keptNumber(value)
      if (shown !== undefined) expect(Math.abs(shown - value)).toBeLessThanOrEqual(Math.abs(value) / 1_000)
    }),
  )
})

test('quality, reason, flags and delta come out of the packed number as they went in (property)', () => {
  const meta = fc.record({
    quality: fc.integer({ min: 0, max: 9 }),
    reason: fc.integer({ min: 0, max: 255 }),
    flags: fc.integer({ min: 0, max: 255 }),
    hasValue: fc.boolean(),
    hasBits: fc.boolean(),
    gatewayDeltaMs: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  })
  fc.assert(
    fc.property(meta, (m) => {
      const packed = packMeta(m)
      expect(Math.abs(packed)).toBeLessThanOrEqual(2 ** 53)
      expect(BigInt(packed) & 15n).toBe(BigInt(m.quality))
      expect(unpackMeta(packed)).toEqual(m)
    }),
  )
})
