import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { api } from '../api/client.ts'
import type { GatewaySummary, MineDetail, SystemStatus } from '../api/contract.ts'
import { serverTime } from '../api/server-time.ts'
import { type AlarmListener, AlarmRelay } from './alarm-relay.ts'
import { LatestBoard } from './latest-board.ts'
import { LiveConnection, type LiveListener, type LiveState } from './live-connection.ts'

/** The live feed as pages see it. */
export interface Live {
  readonly state: LiveState
  readonly board: LatestBoard
  /** Health of central as last told. */
  readonly status: SystemStatus | undefined
  readonly retryNow: () => void
  /** Asks for the samples of one mine, or of none. */
  readonly show: (subjectCode: string | undefined) => void
  /** Hears alarms until the function it gives is called. */
  readonly hearAlarms: (listener: AlarmListener) => () => void
}

const LiveContext = createContext<Live | undefined>(undefined)

/** Keeps the one connection of the page. `onRefused` is called when the feed is lost, so that the session can be checked. */
export function LiveProvider({ children, onRefused }: { readonly children: ReactNode; readonly onRefused: () => void }): ReactNode {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>(() => ({ kind: 'connecting', sinceMs: serverTime.nowMs() }))
  const board = useMemo(() => new LatestBoard(), [])
  const wanted = useRef<string>(undefined)
  const relay = useMemo(() => new AlarmRelay(), [])
  const statusQuery = useQuery({ queryKey: ['status'], queryFn: ({ signal }) => api.status(signal) })

  const connection = useMemo(() => {
    const listener: LiveListener = {
      onSamples: (samples) => board.apply(samples),
      onGateway: (gateway) => client.setQueriesData<MineDetail>({ queryKey: ['mine'] }, (detail) => withGateway(detail, gateway)),
      onStatus: (status) => client.setQueryData<SystemStatus>(['status'], status),
      onAlarm: (alarm) => relay.onAlarm(alarm),
      onOpened: () => relay.onOpened(),
      onState: setState,
      // What came while the feed was down was not heard: ask for it.
      onReturn: () => void client.invalidateQueries(),
      onRefused,
    }
    return new LiveConnection({ open: (url) => new EventSource(url), nowMs: () => serverTime.nowMs(), random: Math.random, listener })
  }, [relay, board, client, onRefused])

  // Deferred, so that a page that leaves and one that comes with the same mine cost no reconnection.
  const show = useCallback(
    (subjectCode: string | undefined) => {
      wanted.current = subjectCode
      setTimeout(() => connection.show(wanted.current), 0)
    },
    [connection],
  )

  const hearAlarms = useCallback((listener: AlarmListener) => relay.hear(listener), [relay])

  useEffect(() => {
    connection.start(wanted.current)
    const timer = setInterval(() => connection.tick(), 1_000)
    const retry = () => connection.retryNow()
    window.addEventListener('online', retry)
    return () => {
      clearInterval(timer)
      window.removeEventListener('online', retry)
      connection.stop()
    }
  }, [connection])

  const status = statusQuery.data
  const live = useMemo<Live>(() => ({ state, board, status, retryNow: () => connection.retryNow(), show, hearAlarms }), [state, board, status, connection, show, hearAlarms])
  return <LiveContext value={live}>{children}</LiveContext>
}

/** The live feed of the page. */
export function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live) throw new TypeError('BUG: useLive stands outside LiveProvider')
  return live
}

/** Follows the samples of one mine while the calling page is shown. */
export function useLiveMine(subjectCode: string | undefined): LatestBoard {
  const { board, show } = useLive()
  useEffect(() => {
    if (subjectCode === undefined) return undefined
    show(subjectCode)
    return () => {
      show(undefined)
      board.clear()
    }
  }, [subjectCode, board, show])
  return board
}

function withGateway(detail: MineDetail | undefined, gateway: GatewaySummary): MineDetail | undefined {
  if (!detail?.mine.gateways.some((known) => known.id === gateway.id)) return detail
  const gateways = detail.mine.gateways.map((known) => (known.id === gateway.id ? gateway : known))
  return { ...detail, mine: { ...detail.mine, gateways } }
}
