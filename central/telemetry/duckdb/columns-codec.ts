/*
 * Columns in one ArrayBuffer, so that a batch crosses to the worker by transfer, and a page comes back the same way.
 * Layout, `n` rows: timeMs f64[n] · value f64[n] · key u32[n] · gatewayDeltaMs i32[n] · quality u8[n] · reason u8[n] · flags u8[n].
 */
import type { SampleColumns } from '@orewatch/core'

/** Bytes of one row in a packed buffer. */
export const ROW_BYTES = 27

/** Copies the rows into one new buffer; the columns may be reused at once. */
export function packColumns(columns: SampleColumns): ArrayBuffer {
  const n = columns.count
  const packed = unpackColumns(new ArrayBuffer(n * ROW_BYTES), n)
  packed.timeMs.set(columns.timeMs.subarray(0, n))
  packed.value.set(columns.value.subarray(0, n))
  packed.key.set(columns.key.subarray(0, n))
  packed.gatewayDeltaMs.set(columns.gatewayDeltaMs.subarray(0, n))
  packed.quality.set(columns.quality.subarray(0, n))
  packed.reason.set(columns.reason.subarray(0, n))
  packed.flags.set(columns.flags.subarray(0, n))
  return packed.timeMs.buffer as ArrayBuffer
}

/** Views on the rows of a packed buffer. */
export function unpackColumns(buffer: ArrayBuffer, count: number): SampleColumns {
  return {
    count,
    timeMs: new Float64Array(buffer, 0, count),
    value: new Float64Array(buffer, count * 8, count),
    key: new Uint32Array(buffer, count * 16, count),
    gatewayDeltaMs: new Int32Array(buffer, count * 20, count),
    quality: new Uint8Array(buffer, count * 24, count),
    reason: new Uint8Array(buffer, count * 25, count),
    flags: new Uint8Array(buffer, count * 26, count),
  }
}
