/*
 * OPC UA data values to readings. Pure: knows of the library's data values only what is read here.
 */
import { Q, qualityOfOpcUaStatus, reasonCode } from '@orewatch/core'

/** What is read of a data value. */
export interface DataValueContents {
  readonly statusCode: { readonly value: number }
  readonly value?: { readonly dataType: number; readonly value: unknown } | null
  readonly sourceTimestamp?: Date | null
}

/** A data value as the pipeline takes it. */
export interface Decoded {
  readonly value: number
  readonly quality: number
  readonly reason: number
  /** Source time, UTC ms; NaN where the server gives none. */
  readonly sourceMs: number
}

const STATUS_CODE = reasonCode('status-code')
const NOT_A_NUMBER = reasonCode('not-a-number')
const OUT_OF_RANGE = reasonCode('out-of-range')
/** OPC UA Part 6, 5.1.2: number of the built-in type. The library gives both words unsigned. */
export const INT64 = 8
const SMALLEST_NORMAL_FLOAT64 = 2 ** -1022

/** Value, quality, reason and source time of a data value; booleans are 0 and 1. */
export function decodeDataValue(dataValue: DataValueContents): Decoded {
  const sourceMs = dataValue.sourceTimestamp?.getTime() ?? Number.NaN
  const quality = qualityOfOpcUaStatus(dataValue.statusCode.value)
  const value = numberOf(dataValue.value?.value, dataValue.value?.dataType === INT64)
  // A bad status means that the value is not to be used; an uncertain one still says something.
  const isBad = dataValue.statusCode.value >>> 31 === 1
  if (quality !== Q.good) return { value: isBad || value === undefined ? Number.NaN : value, quality, reason: STATUS_CODE, sourceMs }
  if (value === undefined || !Number.isFinite(value) || isDenormal(value)) return { value: Number.NaN, quality: Q.suspect, reason: NOT_A_NUMBER, sourceMs }
  if (isWide(dataValue.value?.value) && !Number.isSafeInteger(value)) return { value: Number.NaN, quality: Q.suspect, reason: OUT_OF_RANGE, sourceMs }
  return { value, quality, reason: 0, sourceMs }
}

/** A number out of a variant's value, booleans as 0 and 1: 64-bit integers come as [high, low]. Undefined for anything that is no number. */
export function numberOf(value: unknown, isSigned: boolean): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return Number(value)
  if (!isWide(value)) return undefined
  return (isSigned ? value[0] | 0 : value[0] >>> 0) * 2 ** 32 + value[1]
}

function isWide(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'number'
}

function isDenormal(value: number): boolean {
  return value !== 0 && Math.abs(value) < SMALLEST_NORMAL_FLOAT64
}
