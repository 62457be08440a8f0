import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import type { Adoption, QuarantinePage } from '../../api/contract.ts'

const PAGE_SIZE = 100
// Nobody works through more by hand; the filter narrows.
const MOST_PAGES = 20
const SAMPLES_SHOWN = 50

/** The refused series, page by page, refreshed every 10 s while only the first page is open. */
export function useQuarantine(reason: string | undefined) {
  return useInfiniteQuery({
    queryKey: ['quarantine', reason ?? ''],
    queryFn: ({ pageParam, signal }) => api.quarantine({ limit: PAGE_SIZE, ...(pageParam === '' ? {} : { after: pageParam }), ...(reason === undefined ? {} : { reason }) }, signal),
    initialPageParam: '',
    getNextPageParam: (last: QuarantinePage, pages) => (pages.length >= MOST_PAGES ? undefined : last.next),
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : 10_000),
  })
}

/** The first samples of one refused series. */
export function useQuarantineSamples(id: number) {
  return useQuery({ queryKey: ['quarantine-samples', id], queryFn: ({ signal }) => api.quarantineSamples(id, SAMPLES_SHOWN, signal) })
}

/** Assigns a refused series to a point; its samples are then stored. */
export function useAdopt(id: number) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (adoption: Adoption) => api.adopt(id, adoption),
    onSuccess: () => client.invalidateQueries({ predicate: (query) => ['quarantine', 'overview', 'mine'].includes(String(query.queryKey[0])) }),
  })
}
