import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { api } from '../api/client.ts'
import type { AlarmCount, AlarmItem, AlarmLevel } from '../api/contract.ts'
import { useLive } from '../live/live.tsx'
import { AlarmBook } from './alarm-book.ts'
import { AlarmReader, type ReaderState } from './alarm-reader.ts'
import { LEVELS_DOWN } from './levels.ts'

const COUNTS_MS = 5_000

/** The alarms of the page. */
export interface Alarms {
  readonly book: AlarmBook
  /** Whether the open alarms were read since the live feed was last opened. */
  readonly state: ReaderState
  /** Open alarms by mine and level as central counts them; undefined until told. */
  readonly counts: readonly AlarmCount[] | undefined
  readonly refresh: () => void
}

const AlarmsContext = createContext<Alarms | undefined>(undefined)

/**
 * Follows the open alarms for everything inside. The list is read whenever the feed opens a stream and whenever central
 * counts otherwise than this page, so that what the feed did not tell is missing for seconds at most.
 */
export function AlarmsProvider({ children, mayRead }: { readonly children: ReactNode; readonly mayRead: boolean }): ReactNode {
  const client = useQueryClient()
  const { hearAlarms } = useLive()
  const book = useMemo(() => new AlarmBook(), [])
  const [state, setState] = useState<ReaderState>('reading')
  const reader = useRef<AlarmReader>(undefined)

  useEffect(() => {
    if (!mayRead) return undefined
    const made = new AlarmReader({
      book,
      onState: setState,
      nowMs: () => performance.now(),
      // Through the query client, so that the end of a session is noticed here as everywhere.
      readPage: (after) =>
        client.fetchQuery({
          queryKey: ['open-alarms', after ?? ''],
          queryFn: ({ signal }) => api.alarms({ state: 'open', limit: AlarmReader.PAGE, ...(after !== undefined && { after }) }, signal),
          staleTime: 0,
          gcTime: 0,
        }),
    })
    reader.current = made
    const stopHearing = hearAlarms({ onAlarm: (alarm) => void book.apply(alarm, performance.now()), onOpened: () => made.refresh() })
    made.refresh()
    return () => {
      stopHearing()
      made.stop()
      reader.current = undefined
    }
  }, [book, client, hearAlarms, mayRead])

  const countsQuery = useQuery({
    queryKey: ['alarm-counts'],
    // With its moment, so that the same counts are compared again: a difference must not rest until they change.
    queryFn: async ({ signal }) => ({ ...(await api.alarmCounts(signal)), readMs: performance.now() }),
    refetchInterval: COUNTS_MS,
    enabled: mayRead,
  })
  const told = countsQuery.data
  const counts = told?.items
  useEffect(() => {
    if (told) reader.current?.compare(told.items)
  }, [told])

  const alarms = useMemo<Alarms>(() => ({ book, state, counts, refresh: () => reader.current?.refresh() }), [book, state, counts])
  return <AlarmsContext value={alarms}>{children}</AlarmsContext>
}

/** The alarms of the page. */
export function useAlarms(): Alarms {
  const alarms = useContext(AlarmsContext)
  if (!alarms) throw new TypeError('BUG: useAlarms stands outside AlarmsProvider')
  return alarms
}

/** Open alarms, newest start first, moving some times a second at most. */
export function useOpenAlarms(): readonly AlarmItem[] {
  const { book } = useAlarms()
  return useSyncExternalStore(
    (listener) => book.watch(listener),
    () => book.open,
  )
}

/** The newest revision of one alarm that this page has heard of. */
export function useHeardAlarm(id: string): AlarmItem | undefined {
  const { book } = useAlarms()
  return useSyncExternalStore(
    (listener) => book.watch(listener),
    () => book.get(id),
  )
}

/** Open alarms of one mine by level, the most severe first; undefined until central has told. */
export function useMineAlarmCounts(subjectCode: string): readonly { readonly level: AlarmLevel; readonly count: number; readonly unacknowledged: number }[] | undefined {
  const { counts } = useAlarms()
  return useMemo(() => counts && LEVELS_DOWN.flatMap((level) => counts.filter((row) => row.subjectCode === subjectCode && row.level === level && row.count > 0)), [counts, subjectCode])
}
