import { Q, reasonOf } from '@orewatch/core'
import { DataType, DataValue, StatusCodes, Variant, VariantArrayType } from 'node-opcua-client'
import { expect, test } from 'vitest'
import { decodeDataValue } from './codec.ts'

function check(dataType: DataType, value: unknown, status: keyof typeof StatusCodes, expected: [number, number, string]): void {
  const decoded = decodeDataValue(new DataValue({ value: new Variant({ dataType, value, arrayType: VariantArrayType.Scalar }), statusCode: StatusCodes[status] as never }))
  expect([decoded.value, decoded.quality, reasonOf(decoded.reason)]).toEqual(expected)
}

test('a good double is itself', () => check(DataType.Double, 24.5, 'Good', [24.5, Q.good, 'none']))
test('booleans are 0 and 1', () => {
  check(DataType.Boolean, true, 'Good', [1, Q.good, 'none'])
  check(DataType.Boolean, false, 'Good', [0, Q.good, 'none'])
})
test('64-bit integers are exact or said not to be', () => {
  check(DataType.Int64, [0, 7], 'Good', [7, Q.good, 'none'])
  check(DataType.UInt64, [1, 0], 'Good', [4_294_967_296, Q.good, 'none'])
  check(DataType.Int64, [0xffff_ffff, 0xffff_ffff], 'Good', [-1, Q.good, 'none'])
  check(DataType.UInt64, [0xffff_ffff, 0xffff_ffff], 'Good', [Number.NaN, Q.suspect, 'out-of-range'])
  check(DataType.UInt64, [0x20_0000, 1], 'Good', [Number.NaN, Q.suspect, 'out-of-range'])
})
test('NaN, infinity, denormals and texts are no number', () => {
  check(DataType.Double, Number.NaN, 'Good', [Number.NaN, Q.suspect, 'not-a-number'])
  check(DataType.Double, Number.POSITIVE_INFINITY, 'Good', [Number.NaN, Q.suspect, 'not-a-number'])
  check(DataType.Double, 5e-324, 'Good', [Number.NaN, Q.suspect, 'not-a-number'])
  check(DataType.String, '24.5', 'Good', [Number.NaN, Q.suspect, 'not-a-number'])
})
test('statuses become Q as E.1.8 says', () => {
  check(DataType.Double, 24.5, 'Uncertain', [24.5, Q.suspect, 'status-code'])
  check(DataType.Double, 24.5, 'BadNoCommunication', [Number.NaN, Q.commLost, 'status-code'])
  check(DataType.Double, 24.5, 'BadSensorFailure', [Number.NaN, Q.sensorFault, 'status-code'])
  check(DataType.Double, 24.5, 'BadOutOfService', [Number.NaN, Q.outOfService, 'status-code'])
})
