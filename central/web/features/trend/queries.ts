import { useQuery } from '@tanstack/react-query'
import { api, MAX_ALARMS, MAX_SAMPLES, type TimeRange } from '../../api/client.ts'
import type { AlarmItem, Bucket, SampleTuple } from '../../api/contract.ts'
import { chooseBucketMs, fitsRaw } from './plan-query.ts'

/** What a trend is made of. */
export type TrendContent =
  | { readonly kind: 'raw'; readonly range: TimeRange; readonly samples: readonly SampleTuple[] }
  | { readonly kind: 'buckets'; readonly range: TimeRange; readonly bucketMs: number; readonly buckets: readonly Bucket[] }

/** A registered point. */
export function usePoint(pointCode: string) {
  return useQuery({ queryKey: ['point', pointCode], queryFn: ({ signal }) => api.point(pointCode, signal), refetchInterval: 10_000 })
}

/**
 * Samples of a range, raw where they fit, else buckets. `range` is asked at each refresh, so that a range
 * that ends now moves with the time; `key` names it.
 */
export function useTrend(query: { readonly pointCode: string; readonly periodMs: number; readonly key: string; readonly isMoving: boolean; readonly range: () => TimeRange }) {
  const { pointCode, periodMs, key, isMoving, range } = query
  return useQuery({
    queryKey: ['trend', pointCode, periodMs, key],
    queryFn: ({ signal }) => loadTrend(pointCode, periodMs, range(), signal),
    refetchInterval: isMoving ? 5_000 : false,
    // Another range of the same point: keep the old picture until the new one is there.
    placeholderData: (previous, previousQuery) => (previousQuery?.queryKey[1] === pointCode ? previous : undefined),
  })
}

/** The newest alarm episodes of a point that overlap a range, at most 500; `hasMore` says that there are older ones. */
export function usePointAlarms(pointCode: string, range: TimeRange | undefined, isMoving: boolean) {
  return useQuery({
    // A minute: a range that moves with the time must not be another question every second.
    queryKey: ['point-alarms', pointCode, isMoving ? (range ? Math.round((range.toMs - range.fromMs) / 60_000) : 0) : (range?.fromMs ?? 0), isMoving ? 'moving' : (range?.toMs ?? 0)],
    queryFn: async ({ signal }): Promise<{ readonly items: readonly AlarmItem[]; readonly hasMore: boolean }> => {
      const { fromMs, toMs } = range as TimeRange
      const page = await api.alarms({ state: 'all', pointCode, from: Math.floor(fromMs), to: Math.ceil(toMs), limit: MAX_ALARMS }, signal)
      return { items: page.items, hasMore: page.next !== undefined }
    },
    enabled: range !== undefined,
    refetchInterval: isMoving ? 10_000 : false,
  })
}

async function loadTrend(pointCode: string, periodMs: number, range: TimeRange, signal: AbortSignal): Promise<TrendContent> {
  if (fitsRaw(range, periodMs)) {
    const page = await api.samples(pointCode, { ...range, limit: MAX_SAMPLES }, signal)
    // A cut-off answer must not look like a whole one.
    if (page.nextMs === undefined) return { kind: 'raw', range, samples: page.items }
  }
  const bucketMs = chooseBucketMs(range, periodMs)
  const { items } = await api.aggregate(pointCode, { ...range, bucketMs }, signal)
  return { kind: 'buckets', range, bucketMs, buckets: items }
}
