import { expect, test } from 'vitest'
import { formatPointCode, parsePointCode, sensorTypeOf } from './point.ts'

test('the point code of the CO sensor at the return airway reads as its parts', () => {
  const parts = { subjectCode: '990121100001', systemCode: '01', sensorTypeCode: '0101', serial: '0001' }
  expect(parsePointCode('9901211000010101010001')).toEqual(parts)
  expect(formatPointCode(parts)).toBe('9901211000010101010001')
  expect(sensorTypeOf('9901211000010101010001')?.unit).toBe('ppm')
})

test('codes of another length, another subject kind or with letters are none', () => {
  for (const code of ['', '990121100001010101000', '99012110000101010100011', '9901218000010101010001', '990121100001010101000A', '0901211000010101010001']) {
    expect(parsePointCode(code)).toBeUndefined()
  }
})
