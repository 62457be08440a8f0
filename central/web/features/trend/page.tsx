import { NodeIndexOutlined } from '@ant-design/icons'
import { SENSOR_TYPES } from '@orewatch/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Segmented } from 'antd'
import { type ReactNode, useMemo, useState } from 'react'
import type { Point } from '../../api/contract.ts'
import { serverTime } from '../../api/server-time.ts'
import { useLiveMine } from '../../live/live.tsx'
import { useMineName } from '../../reading/mine-name.ts'
import { Age, QualityTag, ReadingValue, useLatest } from '../../reading/reading.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { useLanguage } from '../../ui/preferences.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatSpan } from '../../ui/time.ts'
import { useNow } from '../../ui/use-now.ts'
import { AlarmMarkList } from './alarm-mark-list.tsx'
import { marksOf } from './alarm-marks.ts'
import { SPANS } from './plan-query.ts'
import { type TrendContent, usePoint, usePointAlarms, useTrend } from './queries.ts'
import { type ChosenRange, RangePicker } from './range-picker.tsx'
import { texts } from './texts.ts'
import { TrendChart } from './trend-chart.tsx'
import { TrendTable } from './trend-table.tsx'
import type { TrendSearch } from './search.ts'

/** The history of one point: a line where values are usable, bands with the reason where they are not, gaps as gaps. */
export function TrendPage(): ReactNode {
  const { pointCode } = useParams({ from: '/shell/points/$pointCode' })
  const t = useTexts(texts)
  const point = usePoint(pointCode)
  return (
    <QueryView query={point} emptyText={t.emptyPoint}>
      {(content) => <Trend key={pointCode} point={content.point} />}
    </QueryView>
  )
}

function Trend({ point }: { readonly point: Point }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const search = useSearch({ from: '/shell/points/$pointCode' })
  const navigate = useNavigate()
  const mineName = useMineName(point.subjectCode)
  const [view, setView] = useState<'chart' | 'table'>('chart')
  const chosen = toChosen(search)
  const key = chosen.kind === 'span' ? chosen.span : `${chosen.fromMs}-${chosen.toMs}`
  const isMoving = chosen.kind === 'span'
  const trend = useTrend({ pointCode: point.pointCode, periodMs: point.periodMs, key, isMoving, range: () => toRange(chosen) })
  const range = trend.data?.range
  const alarms = usePointAlarms(point.pointCode, range, isMoving)
  const marks = useMemo(() => (range ? marksOf(alarms.data?.items ?? [], range, serverTime.nowMs()) : []), [alarms.data, range])
  return (
    <>
      <PageHead
        trail={
          <>
            <Link to="/">{t.overview}</Link> /{' '}
            <Link to="/mines/$subjectCode" params={{ subjectCode: point.subjectCode }}>
              {mineName}
            </Link>{' '}
            / {point.device}
          </>
        }
        title={
          <>
            {point.name}{' '}
            <small>
              {SENSOR_TYPES[point.sensorType]?.[language] ?? point.sensorType} · {t.trend}
            </small>
          </>
        }
        extra={
          <Link className="ow-button-link" to="/points/$pointCode/way" params={{ pointCode: point.pointCode }}>
            <NodeIndexOutlined /> {t.way}
          </Link>
        }
      />
      <PointFacts point={point} />
      <section className="ow-panel ow-pad ow-data" aria-label={t.trend}>
        <div className="ow-filters">
          <RangePicker
            chosen={chosen}
            nowMs={serverTime.nowMs()}
            onChoose={(range) => void navigate({ to: '/points/$pointCode', params: { pointCode: point.pointCode }, search: toSearch(range), replace: true })}
          />
          <Segmented<'chart' | 'table'>
            aria-label={t.view}
            value={view}
            onChange={setView}
            options={[
              { value: 'chart', label: t.chart },
              { value: 'table', label: t.table },
            ]}
          />
          {trend.data && (
            <span className="ow-muted" role="status">
              {describe(trend.data, t, language)}
            </span>
          )}
        </div>
        <QueryView query={trend} emptyText={t.empty}>
          {(content) => (view === 'table' ? <TrendTable content={content} point={point} /> : <TrendChart content={content} point={point} marks={marks} drawKey={key} />)}
        </QueryView>
        {range && <AlarmMarkList marks={marks} hasMore={alarms.data?.hasMore === true} err={alarms.error} />}
      </section>
    </>
  )
}

function PointFacts({ point }: { readonly point: Point }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const nowMs = useNow()
  const board = useLiveMine(point.subjectCode)
  const latest = useLatest(board, point)
  return (
    <dl className="ow-facts ow-panel ow-data">
      <div className="ow-fact-now">
        <dt>{t.now}</dt>
        <dd>
          <ReadingValue latest={latest} point={point} nowMs={nowMs} /> <QualityTag latest={latest} point={point} nowMs={nowMs} /> <Age timeMs={latest?.timeMs} nowMs={nowMs} />
        </dd>
      </div>
      <div>
        <dt>{t.code}</dt>
        <dd>
          <code>{point.pointCode}</code>
        </dd>
      </div>
      <div>
        <dt>{t.device}</dt>
        <dd>
          {point.gateway} / {point.device} / {point.metric}
        </dd>
      </div>
      {point.place && (
        <div>
          <dt>{t.place}</dt>
          <dd>{point.place}</dd>
        </div>
      )}
      <div>
        <dt>{t.period}</dt>
        <dd>{point.periodMs > 0 ? formatSpan(point.periodMs, language) : t.onChange}</dd>
      </div>
      {(point.rangeLo !== undefined || point.rangeHi !== undefined) && (
        <div>
          <dt>{t.measureRange}</dt>
          <dd>
            {point.rangeLo ?? '−∞'} … {point.rangeHi ?? '∞'} {point.unit === 'bool' ? '' : point.unit}
          </dd>
        </div>
      )}
    </dl>
  )
}

function toChosen(search: TrendSearch): ChosenRange {
  if (search.from !== undefined && search.to !== undefined) return { kind: 'custom', fromMs: search.from, toMs: search.to }
  return { kind: 'span', span: search.span ?? '1h' }
}

function toSearch(range: ChosenRange): TrendSearch {
  return range.kind === 'custom' ? { from: range.fromMs, to: range.toMs } : { span: range.span }
}

function toRange(chosen: ChosenRange) {
  if (chosen.kind === 'custom') return { fromMs: chosen.fromMs, toMs: chosen.toMs }
  const toMs = serverTime.nowMs()
  return { fromMs: Math.floor(toMs - SPANS[chosen.span]), toMs: Math.ceil(toMs) }
}

function describe(content: TrendContent, t: { raw: (count: number) => string; buckets: (span: string, count: number) => string }, language: 'zh' | 'en'): string {
  return content.kind === 'raw' ? t.raw(content.samples.length) : t.buckets(formatSpan(content.bucketMs, language), content.buckets.length)
}
