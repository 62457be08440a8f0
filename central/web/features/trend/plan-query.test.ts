import { expect, test } from 'vitest'
import { chooseBucketMs, fitsRaw, SPANS } from './plan-query.ts'

const range = (spanMs: number) => ({ fromMs: 0, toMs: spanMs })

test('a day of a 20 s point is shown raw', () => expect(fitsRaw(range(SPANS['24h']), 20_000)).toBe(true))
test('a week of a 20 s point is not', () => expect(fitsRaw(range(SPANS['7d']), 20_000)).toBe(false))
test('eight hours of a 1 s point are not', () => expect(fitsRaw(range(SPANS['8h']), 1_000)).toBe(false))
test('a week has buckets of a quarter of an hour', () => expect(chooseBucketMs(range(SPANS['7d']), 20_000)).toBe(900_000))
test('a bucket holds at least two periods', () => expect(chooseBucketMs(range(SPANS['24h']), 600_000)).toBe(1_800_000))
test('a year has at most 720 buckets', () => expect((366 * 86_400_000) / chooseBucketMs(range(366 * 86_400_000), 20_000)).toBeLessThanOrEqual(732))
