import { SENSOR_TYPES, SUBJECT_KINDS } from '@orewatch/core'
import { Link, useParams } from '@tanstack/react-router'
import { Input, Segmented, Select } from 'antd'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import type { MineDetail, Point } from '../../api/contract.ts'
import { MineAlarmLink } from '../../alarms/mine-alarm-link.tsx'
import { useLiveMine } from '../../live/live.tsx'
import type { LatestBoard } from '../../live/latest-board.ts'
import { PageHead } from '../../ui/page-head.tsx'
import { useLanguage } from '../../ui/preferences.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTexts } from '../../ui/texts.ts'
import { useNow } from '../../ui/use-now.ts'
import { DeviceStrip, GatewayStrip } from './device-strip.tsx'
import { PointTable } from './point-table.tsx'
import { useMine } from './queries.ts'
import { texts } from './texts.ts'
import { type BoardFilter, type Counts, layOut, toBoard } from './to-rows.ts'

/** The live board of one mine: devices with their state, all points with value, quality and age, moving by the live feed. */
export function MineBoardPage(): ReactNode {
  const { subjectCode } = useParams({ from: '/shell/mines/$subjectCode' })
  const t = useTexts(texts)
  const language = useLanguage()
  const board = useLiveMine(subjectCode)
  const mine = useMine(subjectCode)
  const points = mine.data?.points
  useEffect(() => {
    if (points) board.seed(points)
  }, [board, points])
  const kind = mine.data ? (SUBJECT_KINDS[mine.data.mine.kind]?.[language] ?? '') : ''
  return (
    <div className="ow-board-page">
      <PageHead
        trail={
          <>
            <Link to="/">{t.overview}</Link> / {kind || subjectCode}
          </>
        }
        title={
          <>
            {mine.data?.mine.name ?? subjectCode} <small>{t.board}</small>
          </>
        }
        extra={
          <>
            <span className="ow-data">
              <span className="ow-muted">{t.alarms}</span> <MineAlarmLink subjectCode={subjectCode} />
            </span>
            {mine.data && <GatewayStrip gateways={mine.data.mine.gateways} />}
          </>
        }
      />
      <QueryView query={mine} emptyText={t.empty} isEmpty={(content) => content.points.length === 0 && content.devices.length === 0}>
        {(content) => <Filled key={subjectCode} content={content} board={board} />}
      </QueryView>
    </div>
  )
}

function Filled({ content, board }: { readonly content: MineDetail; readonly board: LatestBoard }): ReactNode {
  const t = useTexts(texts)
  const nowMs = useNow()
  const [filter, setFilter] = useState<BoardFilter>({ text: '' })
  const layout = useMemo(() => layOut(content), [content])
  // Once a second is enough for counts and filters; the cells themselves follow each value at once.
  const shown = useMemo(() => toBoard(layout, filter, { nowMs, latestOf: (point) => board.latest(point.pointCode) ?? point.latest }), [layout, filter, nowMs, board])
  return (
    <>
      <DeviceStrip groups={shown.groups} chosen={filter.deviceKey} onChoose={(deviceKey) => setFilter((before) => withChoice(before, 'deviceKey', deviceKey))} />
      <FilterBar filter={filter} counts={shown.counts} points={content.points} onChange={setFilter} shownText={t.shown(shown.shown, content.points.length)} />
      <div className="ow-panel ow-data ow-board">
        <PointTable rows={shown.rows} board={board} />
      </div>
    </>
  )
}

function FilterBar({
  filter,
  counts,
  points,
  shownText,
  onChange,
}: {
  readonly filter: BoardFilter
  readonly counts: Counts
  readonly points: readonly Point[]
  readonly shownText: string
  readonly onChange: (filter: BoardFilter) => void
}): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const classes = useMemo(
    () => [...new Set(points.map((point) => point.sensorType))].toSorted().map((code) => ({ value: code, label: `${code} ${SENSOR_TYPES[code]?.[language] ?? ''}` })),
    [points, language],
  )
  return (
    <div className="ow-filters">
      <Segmented<string>
        aria-label={t.qualityLabel}
        value={filter.standing ?? 'all'}
        onChange={(chosen) => onChange(withChoice(filter, 'standing', chosen === 'good' || chosen === 'bad' || chosen === 'stale' ? chosen : undefined))}
        options={[
          { value: 'all', label: t.all },
          { value: 'good', label: `${t.good} ${counts.good}` },
          { value: 'bad', label: `${t.bad} ${counts.bad + counts.none}` },
          { value: 'stale', label: `${t.stale} ${counts.stale}` },
        ]}
      />
      <Select
        allowClear
        className="ow-class-select"
        aria-label={t.classLabel}
        placeholder={t.allClasses}
        value={filter.sensorType ?? null}
        onChange={(chosen: string | null | undefined) => onChange(withChoice(filter, 'sensorType', chosen ?? undefined))}
        options={classes}
      />
      <Input.Search
        allowClear
        className="ow-text-filter"
        aria-label={t.searchLabel}
        placeholder={t.search}
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.target.value })}
      />
      <span className="ow-muted" role="status">
        {shownText}
      </span>
    </div>
  )
}

function withChoice<K extends keyof BoardFilter>(filter: BoardFilter, key: K, value: BoardFilter[K] | undefined): BoardFilter {
  const { [key]: _, ...others } = filter
  return (value === undefined ? others : { ...others, [key]: value }) as BoardFilter
}
