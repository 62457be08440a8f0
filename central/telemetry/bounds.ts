import type { SampleColumns } from '@orewatch/core'
import { telemetryErrors } from './errors.ts'

/** Largest register id of a point. */
export const MAX_POINT = 2_147_483_647
/** First time that no store takes, UTC ms: 1 January 2200. Beyond it only a broken clock counts. */
export const MAX_TIME_MS = Date.UTC(2200, 0, 1)
/** Most samples in a page of a range query. */
export const MAX_PAGE = 1_000_000
/** Most buckets of an aggregate. */
export const MAX_BUCKETS = 10_000

/** Throws TELEMETRY_SAMPLE_INVALID naming the first row that no store can keep. */
export function checkBatch(batch: SampleColumns): void {
  const { key, timeMs, count } = batch
  for (let row = 0; row < count; row++) {
    const time = timeMs[row] as number
    if ((key[row] as number) > MAX_POINT || !(time >= 0 && time < MAX_TIME_MS) || time % 1 !== 0) {
      throw telemetryErrors.SAMPLE_INVALID({ row, point: key[row], timeMs: String(time) })
    }
  }
}

/** Throws TELEMETRY_QUERY_INVALID unless the span and the page size make sense. */
export function checkRange(point: number, fromMs: number, toMs: number, limit: number): void {
  checkPoint(point)
  checkSpan(fromMs, toMs)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) throw telemetryErrors.QUERY_INVALID({ limit, expected: `1 to ${MAX_PAGE}` })
}

/** Throws TELEMETRY_QUERY_INVALID unless the span and the bucket make sense. */
export function checkAggregate(point: number, fromMs: number, toMs: number, bucketMs: number): void {
  checkPoint(point)
  checkSpan(fromMs, toMs)
  if (!Number.isInteger(bucketMs) || bucketMs < 1 || bucketMs > MAX_TIME_MS) throw telemetryErrors.QUERY_INVALID({ bucketMs, expected: 'whole milliseconds, at least 1' })
}

/** Throws TELEMETRY_QUERY_INVALID unless every point is a register id. */
export function checkPoints(points: readonly number[]): void {
  for (const point of points) checkPoint(point)
}

function checkPoint(point: number): void {
  if (!Number.isInteger(point) || point < 0 || point > MAX_POINT) throw telemetryErrors.QUERY_INVALID({ point, expected: `0 to ${MAX_POINT}` })
}

function checkSpan(fromMs: number, toMs: number): void {
  if (!Number.isInteger(fromMs) || !Number.isInteger(toMs)) throw telemetryErrors.QUERY_INVALID({ fromMs, toMs, expected: 'whole milliseconds' })
}
