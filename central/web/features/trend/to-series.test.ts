import { describe, expect, test } from 'vitest'
import type { Bucket, SampleTuple } from '../../api/contract.ts'
import { type Band, bandAt, bucketSeries, nearestIndex, rawSeries } from './to-series.ts'

const GAP_MS = 30
const RANGE = { fromMs: 0, toMs: 100 }

function good(timeMs: number, value = 1): SampleTuple {
  return [timeMs, value, 0, 'none', 0, 0]
}

function bad(timeMs: number, reason = 'timeout', quality = 2): SampleTuple {
  return [timeMs, null, quality, reason, 0, 0]
}

describe('raw samples', () => {
  const line = (...samples: SampleTuple[]) => rawSeries(samples, RANGE, GAP_MS).line
  const bands = (...samples: SampleTuple[]) => rawSeries(samples, RANGE, GAP_MS).bands

  test('neighbours are joined', () =>
    expect(line(good(0), good(10))).toEqual([
      [0, 1],
      [10, 1],
    ]))
  test('silence lifts the pen', () =>
    expect(line(good(0), good(40))).toEqual([
      [0, 1],
      [1, null],
      [40, 1],
    ]))
  test('silence of just the limit does not', () => expect(line(good(0), good(30))).toHaveLength(2))
  test('a bad sample lifts the pen', () =>
    expect(line(good(0), bad(10), good(20))).toEqual([
      [0, 1],
      [10, null],
      [20, 1],
    ]))
  test('the number of a bad sample is not drawn', () => expect(line([0, 65_535, 4, 'fault-code', 0, 0])).toEqual([[0, null]]))
  test('backfilled and manual values are drawn', () =>
    expect(line([0, 5, 7, 'none', 1, 0], [10, 6, 6, 'none', 0, 0])).toEqual([
      [0, 5],
      [10, 6],
    ]))

  test('a full range has no band', () => expect(bands(good(0), good(25), good(50), good(75))).toEqual([]))
  test('silence in the middle is missing', () => expect(bands(good(0), good(20), good(60), good(90))).toEqual([{ kind: 'missing', fromMs: 20, toMs: 60 }]))
  test('silence before the first and after the last is missing', () =>
    expect(bands(good(50))).toEqual([
      { kind: 'missing', fromMs: 0, toMs: 50 },
      { kind: 'missing', fromMs: 50, toMs: 100 },
    ]))
  test('nothing at all is one missing band', () => expect(bands()).toEqual([{ kind: 'missing', fromMs: 0, toMs: 100 }]))
  // On loss one bad sample comes, then silence: the loss lasts until something else is heard.
  test('a bad quality holds through the silence that follows it', () => expect(bands(good(0), bad(10), good(80))).toEqual([{ kind: 'quality', fromMs: 10, toMs: 80, quality: 2, reason: 'timeout' }]))
  test('a bad quality at the end holds to the end', () => expect(bands(good(0), bad(10))).toEqual([{ kind: 'quality', fromMs: 10, toMs: 100, quality: 2, reason: 'timeout' }]))
  test('the heartbeats of one loss are one band', () => expect(bands(bad(0), bad(60), good(90))).toEqual([{ kind: 'quality', fromMs: 0, toMs: 90, quality: 2, reason: 'timeout' }]))
  test('another reason is another band', () =>
    expect(bands(bad(0), bad(20, 'connection-lost'), good(90)).map((band) => [band.fromMs, band.toMs])).toEqual([
      [0, 20],
      [20, 90],
    ]))
  test('a good quality without a value is a band too', () =>
    expect(bands(good(0), [20, null, 0, 'not-a-number', 0, 0], good(40), good(70))).toEqual([{ kind: 'quality', fromMs: 20, toMs: 40, quality: 0, reason: 'not-a-number' }]))
  test('samples outside the range make no band', () => expect(bands(bad(-10), good(0), good(30), good(60), good(90), bad(100))).toEqual([]))
})

describe('buckets', () => {
  function bucket(startMs: number, count = 5, usable = count): Bucket {
    return usable === 0 ? { startMs, count, good: 0, min: null, max: null, mean: null, last: null } : { startMs, count, good: usable, min: 1, max: 3, mean: 2, last: 2 }
  }
  const series = (...buckets: Bucket[]) => bucketSeries(buckets, { fromMs: 0, toMs: 50 }, 10)

  test('values stand in the middle of their bucket', () =>
    expect(series(bucket(0), bucket(10)).mean).toEqual([
      [5, 2],
      [15, 2],
    ]))
  test('an absent bucket lifts the pen of all three lines', () => {
    const { mean, min, max } = series(bucket(0), bucket(20))
    expect([mean, min, max].map((line) => line[1])).toEqual([
      [10, null],
      [10, null],
      [10, null],
    ])
  })
  test('an absent bucket is missing', () => expect(series(bucket(0), bucket(10), bucket(30), bucket(40)).bands).toEqual([{ kind: 'missing', fromMs: 20, toMs: 30 }]))
  test('a bucket without a good sample has no value and says so', () => {
    const { mean, bands } = series(bucket(0), bucket(10, 5, 0), bucket(20), bucket(30), bucket(40))
    expect(mean[1]).toEqual([15, null])
    expect(bands).toEqual([{ kind: 'none-good', fromMs: 10, toMs: 20 }])
  })
  test('neighbouring buckets of one kind are one band', () =>
    expect(series(bucket(0, 5, 3), bucket(10, 5, 4), bucket(20), bucket(30), bucket(40)).bands).toEqual([{ kind: 'partly-good', fromMs: 0, toMs: 20 }]))
  test('a bucket that has only just begun is not missing', () => expect(series(bucket(0), bucket(10), bucket(20), bucket(30)).bands).toEqual([]))
  test('the first bucket is cut to the range', () =>
    expect(bucketSeries([bucket(-5, 5, 0), bucket(5), bucket(15), bucket(25), bucket(35)], { fromMs: 0, toMs: 45 }, 10).bands).toEqual([{ kind: 'none-good', fromMs: 0, toMs: 5 }]))
})

test('the sharper of two bands is told', () => {
  const bands: Band[] = [
    { kind: 'partly-good', fromMs: 0, toMs: 10 },
    { kind: 'missing', fromMs: 5, toMs: 10 },
  ]
  expect(bandAt(bands, 7)?.kind).toBe('missing')
  expect(bandAt(bands, 3)?.kind).toBe('partly-good')
  expect(bandAt(bands, 10)).toBeUndefined()
})

test('the nearest time is found on both sides', () => {
  const times = [0, 10, 20]
  expect([-5, 4, 6, 14, 16, 99].map((timeMs) => nearestIndex(times, timeMs))).toEqual([0, 0, 1, 1, 2, 2])
  expect(nearestIndex([], 5)).toBe(-1)
})
