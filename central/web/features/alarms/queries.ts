import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useAlarms } from '../../alarms/alarms.tsx'
import { api } from '../../api/client.ts'
import type { AlarmAction, AlarmItem, AlarmPage } from '../../api/contract.ts'
import type { AlarmsSearch } from './search.ts'
import { isLiveTab } from './to-list.ts'

const PAGE_SIZE = 200
// 10,000 rows; whoever looks for older ones narrows the time.
const MOST_PAGES = 50

/** Alarms that are not open, page by page; the first page is refreshed every 10 s while it is the only one. */
export function usePastAlarms(search: AlarmsSearch) {
  const tab = search.tab ?? 'open'
  const { tab: _, ...filter } = search
  return useInfiniteQuery({
    queryKey: ['alarms', tab, filter],
    queryFn: ({ pageParam, signal }) => api.alarms({ state: tab, limit: PAGE_SIZE, ...filter, ...(pageParam !== '' && { after: pageParam }) }, signal),
    initialPageParam: '',
    getNextPageParam: (last: AlarmPage, pages) => (pages.length >= MOST_PAGES ? undefined : last.next),
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : 10_000),
    enabled: !isLiveTab(tab),
  })
}

/** One alarm with its log. `revision` is what the feed has told of it: a new one reads it again. */
export function useAlarm(id: string, revision: number | undefined) {
  return useQuery({
    queryKey: ['alarm', id, revision ?? 0],
    queryFn: ({ signal }) => api.alarm(id, signal),
    placeholderData: (previous) => (previous?.alarm.id === id ? previous : undefined),
    // Its log may grow without a new revision, as when the gateway tells of what central knows already.
    refetchInterval: 15_000,
  })
}

/** The mines of the user for a filter. */
export function useMines() {
  const overview = useQuery({ queryKey: ['overview'], queryFn: ({ signal }) => api.overview(signal), staleTime: 60_000 })
  return overview.data?.counties.flatMap((county) => county.mines) ?? []
}

/** Does something to an alarm as the person saw it; afterwards, done or refused, it is read again. */
export function useActOnAlarm(seen: AlarmItem) {
  const client = useQueryClient()
  const { book } = useAlarms()
  return useMutation({
    mutationFn: (action: AlarmAction) => api.actOnAlarm(seen.id, seen.revision, action),
    onSuccess: (alarm) => void book.apply(alarm, performance.now()),
    onSettled: () => client.invalidateQueries({ predicate: ({ queryKey }) => ['alarm', 'alarms', 'alarm-counts'].includes(String(queryKey[0])) }),
  })
}
