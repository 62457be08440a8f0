// What protobuf demands of a reader beyond the usual layout; all found by tests/fuzz, bytes by the protobuf documentation.
import { describe, expect, test } from 'vitest'
import { decodeData, readSampleProperties } from './data-codec.ts'
import { decodePayload, type Metric } from './payload-codec.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const metricOf = (body: string): Metric | undefined => {
  const bytes = hex(body)
  return decodePayload(Buffer.concat([Buffer.from([0x12, bytes.length]), bytes])).metrics[0]
}
const property = (value: string): string => `4a ${(hex(value).length + 5).toString(16).padStart(2, '0')} 0a 01 71 12 ${hex(value).length.toString(16).padStart(2, '0')} ${value}`

describe('a property', () => {
  test('given as an integer and then as a double is the double', () => expect(metricOf(property('18 05 31 0000000000000440'))?.properties).toEqual({ q: 2.5 }))
  test('given as a double and then as an integer is the integer', () => expect(metricOf(property('31 0000000000000440 08 03 18 05'))?.properties).toEqual({ q: 5 }))
  test('given as a scalar and then as a property set is not read', () => expect(metricOf(property('18 05 4a 00'))?.properties).toEqual({}))
  test('given again without a value takes the first one back', () => expect(metricOf('4a 0e 0a 01 71 0a 01 71 12 02 18 02 12 02 10 01')?.properties).toEqual({}))
})

test('a property set in two parts is one property set', () => {
  expect(metricOf(`${property('18 02')} ${property('18 03').replace('71', '72')}`)?.properties).toEqual({ q: 2, r: 3 })
  expect(decodeData(hex(`12 14 10 11 ${property('18 02')} ${property('18 03').replace('71', '72')}`)).samples.quality[0]).toBe(2)
})

test('a 32-bit integer that is wider keeps its low bits', () => {
  expect(metricOf('20 8a80808080808080 00 69 0000000000000440')).toEqual({ dataType: 10, value: 2.5 })
  expect(metricOf('20 8180808080808001')?.dataType).toBe(1)
})

test('any bit of a Boolean makes it true', () => {
  const bytes = hex('12 0d 10 11 70 80808080808080808001')
  expect(decodePayload(bytes).metrics[0]?.value).toBe(true)
  expect(decodeData(bytes).samples.value[0]).toBe(1)
})

test('a data type of two bytes is not taken for the layout of our own encoder', () => {
  // alias 17, time, type 0x34 0x80 …: read as one byte, the value would be the eight bytes after the 69.
  const bytes = hex('12 14 10 11 18 80a0f2e8cb33 20 8a69 08 01 08 01 08 01 08 01')
  expect(decodePayload(bytes).metrics[0]).toMatchObject({ alias: 17, dataType: 0x348a })
  expect(decodePayload(bytes).metrics[0]?.value).toBeUndefined()
  expect(decodeData(bytes).samples.value[0]).toBeNaN()
})

test('a type of 0 is Unknown, so that the declared one counts on both paths', () => {
  const bytes = hex('12 0a 10 11 20 00 50 ffffffff0f')
  expect(decodePayload(bytes, () => 3).metrics[0]?.value).toBe(-1)
  expect(decodeData(bytes, () => 3).samples.value[0]).toBe(-1)
})

test('a tag of more than 32 bits is no tag', () => {
  expect(() => decodePayload(hex('8880808010 01'))).toThrow(/PROTOCOL_MALFORMED|not a valid/)
})

test('a time difference that does not fit into its column is cut, never wrapped around', () => {
  const deltaOf = (gatewayDelta: number): number => readSampleProperties({ gatewayDelta }, true).gatewayDeltaMs
  expect([deltaOf(2 ** 31), deltaOf(-1e300), deltaOf(1.9), deltaOf(Number.NaN), deltaOf(-5)]).toEqual([2 ** 31 - 1, -(2 ** 31), 1, 0, -5])
})
