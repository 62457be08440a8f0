import { Button, Select, Table, type TableColumnsType } from 'antd'
import { type ReactNode, useMemo, useState } from 'react'
import type { QuarantineItem } from '../../api/contract.ts'
import { Link } from '@tanstack/react-router'
import { qualityName } from '../../reading/reason-names.ts'
import { PageHead } from '../../ui/page-head.tsx'
import { useLanguage } from '../../ui/preferences.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatDateTime, formatMoment } from '../../ui/time.ts'
import { useNow } from '../../ui/use-now.ts'
import { AdoptDialog } from './adopt-dialog.tsx'
import { useQuarantine, useQuarantineSamples } from './queries.ts'
import { REFUSALS, refusalOf } from './refusals.ts'
import { texts } from './texts.ts'

/** What central refused, why, what to do, and the way to take it in. */
export function QuarantinePage(): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const [reason, setReason] = useState<string>()
  const [adopting, setAdopting] = useState<QuarantineItem>()
  const quarantine = useQuarantine(reason)
  const items = useMemo(() => quarantine.data?.pages.flatMap((page) => page.items) ?? [], [quarantine.data])
  const reasons = Object.entries(REFUSALS).map(([value, refusal]) => ({ value, label: `${refusal.code} ${refusal.name[language]}` }))
  return (
    <>
      <PageHead
        title={t.title}
        extra={
          <Select
            allowClear
            className="ow-class-select"
            aria-label={t.reasonLabel}
            placeholder={t.all}
            options={reasons}
            value={reason ?? null}
            onChange={(chosen: string | null | undefined) => setReason(chosen ?? undefined)}
          />
        }
      />
      <p className="ow-muted ow-intro">
        {t.intro} {items.length > 0 && t.series(items.length)}
      </p>
      <QueryView query={quarantine} emptyText={reason === undefined ? t.empty : t.emptyFilter} isEmpty={(content) => content.pages.every((page) => page.items.length === 0)}>
        {() => (
          <section className="ow-panel ow-data">
            <QuarantineTable items={items} onAdopt={setAdopting} />
            {quarantine.hasNextPage && (
              <div className="ow-more">
                <Button loading={quarantine.isFetchingNextPage} onClick={() => void quarantine.fetchNextPage()}>
                  {t.more}
                </Button>
              </div>
            )}
          </section>
        )}
      </QueryView>
      {adopting && <AdoptDialog item={adopting} onClose={() => setAdopting(undefined)} />}
    </>
  )
}

function renderSamples(item: QuarantineItem): ReactNode {
  return <Samples id={item.id} />
}

function QuarantineTable({ items, onAdopt }: { readonly items: readonly QuarantineItem[]; readonly onAdopt: (item: QuarantineItem) => void }): ReactNode {
  const t = useTexts(texts)
  const nowMs = useNow()
  const columns: TableColumnsType<QuarantineItem> = [
    {
      title: t.source,
      key: 'source',
      width: 170,
      render: (_, item) => (
        <div className="ow-source">
          <b>{item.metric}</b>
          <small className="ow-muted">
            {item.gateway} / {item.device}
          </small>
        </div>
      ),
    },
    { title: t.reason, key: 'reason', render: (_, item) => <ReasonCell item={item} /> },
    {
      title: t.value,
      key: 'value',
      width: 100,
      align: 'right',
      render: (_, item) => (
        <code className="ow-clip" title={item.lastValue ?? ''}>
          {item.lastValue ?? '—'}
        </code>
      ),
    },
    { title: t.count, dataIndex: 'count', width: 74, align: 'right' },
    { title: t.first, key: 'first', width: 118, render: (_, item) => <time title={formatDateTime(item.firstMs)}>{formatMoment(item.firstMs, nowMs)}</time> },
    { title: t.last, key: 'last', width: 118, render: (_, item) => <time title={formatDateTime(item.lastMs)}>{formatMoment(item.lastMs, nowMs)}</time> },
    { title: t.action, key: 'action', width: 130, render: (_, item) => <ActionCell item={item} onAdopt={onAdopt} /> },
  ]
  return <Table<QuarantineItem> size="small" rowKey="id" columns={columns} dataSource={[...items]} pagination={false} scroll={{ x: 1040 }} expandable={{ expandedRowRender: renderSamples }} />
}

function ReasonCell({ item }: { readonly item: QuarantineItem }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const refusal = refusalOf(item.reason)
  return (
    <div className="ow-refusal">
      <b>{refusal ? `${refusal.code} ${refusal.name[language]}` : item.reason}</b>
      {refusal && <p>{refusal.advice[language]}</p>}
      {item.detail && <small className="ow-muted">{t.detail(item.detail)}</small>}
    </div>
  )
}

function ActionCell({ item, onAdopt }: { readonly item: QuarantineItem; readonly onAdopt: (item: QuarantineItem) => void }): ReactNode {
  const t = useTexts(texts)
  if (item.adoptedAs !== undefined)
    return (
      <Link to="/points/$pointCode" params={{ pointCode: item.adoptedAs }}>
        <small>{t.adopted(item.adoptedAs)}</small>
      </Link>
    )
  const canAdopt = refusalOf(item.reason)?.canAdopt ?? true
  return canAdopt ? (
    <Button type="primary" ghost onClick={() => onAdopt(item)}>
      {t.adopt}
    </Button>
  ) : (
    <small className="ow-muted">{t.noAdopt}</small>
  )
}

function Samples({ id }: { readonly id: number }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const samples = useQuarantineSamples(id)
  return (
    <QueryView query={samples} emptyText={t.noSamples} isEmpty={(content) => content.items.length === 0}>
      {(content) => (
        <div className="ow-samples">
          <h3>{t.samples}</h3>
          <table>
            <thead>
              <tr>
                <th>{t.time}</th>
                <th>{t.value}</th>
                <th>{t.quality}</th>
              </tr>
            </thead>
            <tbody>
              {content.items.map((sample, index) => (
                <tr key={`${sample.timeMs} ${index}`}>
                  <td className="ow-mono">{formatDateTime(sample.timeMs)}</td>
                  <td className="ow-mono">{sample.value ?? '—'}</td>
                  <td>
                    Q{sample.quality} {qualityName(sample.quality, language)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {content.next !== undefined && <p className="ow-muted">{t.moreSamples}</p>}
        </div>
      )}
    </QueryView>
  )
}
