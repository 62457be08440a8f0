import { CheckCircleFilled, DisconnectOutlined, MinusCircleOutlined, WarningFilled } from '@ant-design/icons'
import { SUBJECT_KINDS } from '@orewatch/core'
import { Link } from '@tanstack/react-router'
import { Table, type TableColumnsType } from 'antd'
import { type ReactNode, useMemo } from 'react'
import type { MineSummary, Overview } from '../../api/contract.ts'
import { MineAlarmLink } from '../../alarms/mine-alarm-link.tsx'
import { Age, Tag } from '../../reading/reading.tsx'
import { Figure, PageHead } from '../../ui/page-head.tsx'
import { type Language, useLanguage } from '../../ui/preferences.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { defineTexts, useTexts } from '../../ui/texts.ts'
import { useNow } from '../../ui/use-now.ts'
import { byTrouble, type MineStanding, standingOf, troubleOf } from './by-trouble.ts'
import { useOverview } from './queries.ts'

const texts = defineTexts(
  {
    title: '县级总览',
    empty: '辖区内还没有登记矿山',
    mines: '矿山',
    gateways: '网关在线',
    alarms: '告警',
    gatewayColumn: '网关',
    points: '测点',
    good: '正常',
    bad: '异常',
    stale: '过期',
    quarantined: '隔离区',
    name: '名称',
    kind: '类型',
    state: '状态',
    last: '最近数据',
    share: '测点构成',
    offline: '网关离线',
    trouble: '有异常',
    allGood: '正常',
    nothing: '未接入',
    countyMines: (n: number) => `${n} 座`,
    order: '按问题严重程度排序',
  },
  {
    title: 'County overview',
    empty: 'No mine is registered in your jurisdiction yet',
    mines: 'Mines',
    gateways: 'Gateways online',
    alarms: 'Alarms',
    gatewayColumn: 'Gateways',
    points: 'Points',
    good: 'Good',
    bad: 'Bad',
    stale: 'Stale',
    quarantined: 'Quarantined',
    name: 'Name',
    kind: 'Kind',
    state: 'State',
    last: 'Last sample',
    share: 'Points by quality',
    offline: 'gateway offline',
    trouble: 'trouble',
    allGood: 'good',
    nothing: 'not connected',
    countyMines: (n: number) => `${n} mines`,
    order: 'worst first',
  },
)

/** The counties with their mines, the worst first. */
export function OverviewPage(): ReactNode {
  const t = useTexts(texts)
  const overview = useOverview()
  return (
    <>
      <PageHead title={t.title} extra={<span className="ow-muted">{t.order}</span>} />
      <QueryView query={overview} emptyText={t.empty} isEmpty={(content) => content.counties.every((county) => county.mines.length === 0)}>
        {(content) => <Filled overview={content} />}
      </QueryView>
    </>
  )
}

function Filled({ overview }: { readonly overview: Overview }): ReactNode {
  const t = useTexts(texts)
  const { totals } = overview
  const counties = useMemo(
    () =>
      overview.counties
        .filter((county) => county.mines.length > 0)
        .map((county) => ({ ...county, mines: byTrouble(county.mines), trouble: county.mines.reduce((sum, mine) => sum + troubleOf(mine), 0) }))
        .toSorted((a, b) => b.trouble - a.trouble || a.divisionCode.localeCompare(b.divisionCode)),
    [overview],
  )
  return (
    <>
      <dl className="ow-figures ow-panel ow-data">
        <Figure name={t.mines} value={totals.mines} />
        <Figure
          name={t.gateways}
          value={
            <>
              {totals.gatewaysOnline}
              <small> / {totals.gateways}</small>
            </>
          }
          tone={totals.gatewaysOnline < totals.gateways ? 'bad' : 'good'}
        />
        <Figure name={t.points} value={totals.points} />
        <Figure name={t.good} value={totals.good} tone="good" />
        <Figure name={t.bad} value={totals.bad} tone={totals.bad > 0 ? 'bad' : 'plain'} />
        <Figure name={t.stale} value={totals.stale} tone={totals.stale > 0 ? 'stale' : 'plain'} />
        <Figure name={t.quarantined} value={<Link to="/quarantine">{totals.quarantined}</Link>} tone={totals.quarantined > 0 ? 'stale' : 'plain'} />
      </dl>
      {counties.map((county) => (
        <section key={county.divisionCode} className="ow-panel ow-data" aria-label={county.name}>
          <h2>
            {county.name}{' '}
            <small>
              {county.divisionCode} · {t.countyMines(county.mines.length)}
            </small>
          </h2>
          <MineTable mines={county.mines} />
        </section>
      ))}
    </>
  )
}

function MineTable({ mines }: { readonly mines: readonly MineSummary[] }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const nowMs = useNow()
  const columns: TableColumnsType<MineSummary> = [
    {
      title: t.name,
      key: 'name',
      render: (_, mine) => (
        <Link to="/mines/$subjectCode" params={{ subjectCode: mine.subjectCode }}>
          <b>{mine.name}</b>
        </Link>
      ),
    },
    { title: t.kind, key: 'kind', width: 130, render: (_, mine) => kindName(mine.kind, language) },
    { title: t.state, key: 'state', width: 130, render: (_, mine) => <StandingTag standing={standingOf(mine)} /> },
    { title: t.alarms, key: 'alarms', width: 150, render: (_, mine) => <MineAlarmLink subjectCode={mine.subjectCode} /> },
    { title: t.gatewayColumn, key: 'gateways', width: 92, align: 'right', render: (_, mine) => `${mine.gateways.filter((gateway) => gateway.isOnline).length} / ${mine.gateways.length}` },
    { title: t.share, key: 'share', width: 140, render: (_, mine) => <Share mine={mine} /> },
    { title: t.points, dataIndex: 'points', width: 66, align: 'right' },
    { title: t.good, dataIndex: 'good', width: 66, align: 'right' },
    { title: t.bad, dataIndex: 'bad', width: 66, align: 'right', render: (count: number) => <Count count={count} tone="bad" /> },
    { title: t.stale, dataIndex: 'stale', width: 66, align: 'right', render: (count: number) => <Count count={count} tone="stale" /> },
    { title: t.last, key: 'last', width: 136, render: (_, mine) => <Age timeMs={mine.lastSampleMs} nowMs={nowMs} /> },
  ]
  return (
    <Table<MineSummary>
      size="small"
      rowKey="subjectCode"
      columns={columns}
      dataSource={[...mines]}
      pagination={mines.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
      tableLayout="fixed"
      scroll={{ x: 1190 }}
    />
  )
}

function Count({ count, tone }: { readonly count: number; readonly tone: 'bad' | 'stale' }): ReactNode {
  return count === 0 ? <span className="ow-muted">0</span> : <b className={`ow-tone-${tone}`}>{count}</b>
}

function Share({ mine }: { readonly mine: MineSummary }): ReactNode {
  const t = useTexts(texts)
  const label = `${t.good} ${mine.good}, ${t.bad} ${mine.bad}, ${t.stale} ${mine.stale}`
  return (
    <div className="ow-share" role="img" aria-label={label} title={label}>
      <i className="ow-share-good" style={{ flexGrow: mine.good }} />
      <i className="ow-share-stale" style={{ flexGrow: mine.stale }} />
      <i className="ow-share-bad" style={{ flexGrow: mine.bad }} />
    </div>
  )
}

function StandingTag({ standing }: { readonly standing: MineStanding }): ReactNode {
  const t = useTexts(texts)
  switch (standing) {
    case 'offline':
      return <Tag standing="bad" icon={<DisconnectOutlined />} text={t.offline} />
    case 'trouble':
      return <Tag standing="stale" icon={<WarningFilled />} text={t.trouble} />
    case 'good':
      return <Tag standing="good" icon={<CheckCircleFilled />} text={t.allGood} />
    case 'empty':
      return <Tag standing="none" icon={<MinusCircleOutlined />} text={t.nothing} />
  }
}

function kindName(kind: string, language: Language): string {
  return SUBJECT_KINDS[kind]?.[language] ?? kind
}
