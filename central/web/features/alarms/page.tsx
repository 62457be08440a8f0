import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button, Segmented } from 'antd'
import { type ReactNode, useMemo, useSyncExternalStore } from 'react'
import { useAlarms } from '../../alarms/alarms.tsx'
import type { AlarmItem } from '../../api/contract.ts'
import { useLive } from '../../live/live.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTexts } from '../../ui/texts.ts'
import { AlarmTable } from './alarm-table.tsx'
import { AlarmFilters } from './filters.tsx'
import { usePastAlarms } from './queries.ts'
import { type AlarmsSearch, TABS, type Tab } from './search.ts'
import { texts } from './texts.ts'
import { isListed, isLiveTab, mergePages } from './to-list.ts'

/** The alarms in one's scope, newest first, moving by the live feed. */
export function AlarmsPage(): ReactNode {
  const t = useTexts(texts)
  const search = useSearch({ from: '/shell/alarms' })
  const navigate = useNavigate()
  const { state: live } = useLive()
  const tab = search.tab ?? 'open'
  const show = (next: AlarmsSearch) => void navigate({ to: '/alarms', search: next, replace: true })
  return (
    <div className="ow-board-page">
      <PageHead
        title={t.title}
        extra={
          live.kind === 'down' && (
            <strong className="ow-trouble" role="alert">
              {t.doubtful}
            </strong>
          )
        }
      />
      <div className="ow-filters">
        <Segmented<Tab>
          aria-label={t.tabs}
          value={tab}
          options={TABS.map((value) => ({ value, label: t[value] }))}
          onChange={(chosen) => {
            const { tab: _, ...filter } = search
            show(chosen === 'open' ? filter : { ...filter, tab: chosen })
          }}
        />
        <AlarmFilters search={search} onChange={show} />
      </div>
      {isLiveTab(tab) ? <OpenList search={search} /> : <PastList key={tab} search={search} />}
    </div>
  )
}

function OpenList({ search }: { readonly search: AlarmsSearch }): ReactNode {
  const heard = useHeard()
  const { state } = useAlarms()
  const rows = useMemo(() => heard.open.filter((alarm) => isListed(alarm, search)), [heard, search])
  return <AlarmTable key={JSON.stringify(search)} rows={rows} isReading={state === 'reading'} hasMore={false} />
}

function PastList({ search }: { readonly search: AlarmsSearch }): ReactNode {
  const t = useTexts(texts)
  const past = usePastAlarms(search)
  const heard = useHeard()
  const rows = useMemo(() => {
    const listed = past.data?.pages.flatMap((page) => page.items) ?? []
    return mergePages(listed, [...heard.open, ...heard.closed], search, !past.hasNextPage)
  }, [past.data, past.hasNextPage, heard, search])
  return (
    <QueryView query={past} emptyText={t.emptyOpen}>
      {() => (
        <>
          <AlarmTable key={JSON.stringify(search)} rows={rows} isReading={false} hasMore={past.hasNextPage} />
          {past.hasNextPage && (
            <div className="ow-more">
              <Button loading={past.isFetchingNextPage} onClick={() => void past.fetchNextPage()}>
                {t.more}
              </Button>
            </div>
          )}
        </>
      )}
    </QueryView>
  )
}

function useHeard(): { readonly open: readonly AlarmItem[]; readonly closed: readonly AlarmItem[] } {
  const { book } = useAlarms()
  const version = useSyncExternalStore(
    (listener) => book.watch(listener),
    () => book.open,
  )
  return useMemo(() => ({ open: version, closed: book.closed }), [version, book])
}
