import { SAMPLE_FLAGS } from '@orewatch/core'
import { Table, type TableColumnsType } from 'antd'
import { type ReactNode, useMemo } from 'react'
import type { Bucket, Point, SampleTuple } from '../../api/contract.ts'
import { formatValue, isUsable } from '../../reading/judgement.ts'
import { qualityName, reasonName } from '../../reading/reason-names.ts'
import { useLanguage } from '../../ui/preferences.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatDateTime } from '../../ui/time.ts'
import type { TrendContent } from './queries.ts'
import { texts } from './texts.ts'

/** Everything the chart draws, as rows, the newest first. */
export function TrendTable({ content, point }: { readonly content: TrendContent; readonly point: Point }): ReactNode {
  return content.kind === 'raw' ? <RawTable samples={content.samples} point={point} /> : <BucketTable buckets={content.buckets} point={point} />
}

function RawTable({ samples, point }: { readonly samples: readonly SampleTuple[]; readonly point: Point }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const rows = useMemo(() => samples.toReversed(), [samples])
  const columns: TableColumnsType<SampleTuple> = [
    { title: t.time, key: 'time', width: 180, render: (_, [timeMs]) => <time className="ow-mono">{formatDateTime(timeMs)}</time> },
    { title: `${t.value} ${point.unit}`, key: 'value', width: 160, align: 'right', render: (_, [, value, quality]) => <TableValue value={value} quality={quality} point={point} /> },
    { title: t.quality, key: 'quality', width: 170, render: (_, [, , quality]) => `Q${quality} ${qualityName(quality, language)}` },
    { title: t.reason, key: 'reason', render: (_, [, , , reason]) => reasonName(reason, language) },
    { title: t.flags, key: 'flags', width: 180, render: (_, [, , , , flags]) => flagsOf(flags, t) },
  ]
  return <Table<SampleTuple> virtual size="small" rowKey={([timeMs]) => timeMs} columns={columns} dataSource={rows} pagination={false} scroll={{ x: 900, y: 420 }} />
}

// A bad value is shown for the expert who looks for its cause, but marked as raw and never as a plain number.
function TableValue({ value, quality, point }: { readonly value: number | null; readonly quality: number; readonly point: Point }): ReactNode {
  const t = useTexts(texts)
  if (value === null) return <span className="ow-muted">—</span>
  const words = formatValue(value, point.sensorType)
  return isUsable(quality) ? (
    <b>{words}</b>
  ) : (
    <span className="ow-muted">
      {t.rawValue} <s>{words}</s>
    </span>
  )
}

function BucketTable({ buckets, point }: { readonly buckets: readonly Bucket[]; readonly point: Point }): ReactNode {
  const t = useTexts(texts)
  const rows = useMemo(() => buckets.toReversed(), [buckets])
  const words = (value: number | null) => (value === null ? '—' : formatValue(value, point.sensorType))
  const columns: TableColumnsType<Bucket> = [
    { title: t.time, key: 'time', width: 180, render: (_, bucket) => <time className="ow-mono">{formatDateTime(bucket.startMs)}</time> },
    { title: `${t.min} ${point.unit}`, key: 'min', align: 'right', render: (_, bucket) => words(bucket.min) },
    { title: `${t.mean} ${point.unit}`, key: 'mean', align: 'right', render: (_, bucket) => words(bucket.mean) },
    { title: `${t.max} ${point.unit}`, key: 'max', align: 'right', render: (_, bucket) => words(bucket.max) },
    { title: t.good, key: 'good', width: 140, align: 'right', render: (_, bucket) => `${bucket.good} / ${bucket.count}` },
  ]
  return <Table<Bucket> virtual size="small" rowKey="startMs" columns={columns} dataSource={rows} pagination={false} scroll={{ x: 900, y: 420 }} />
}

function flagsOf(flags: number, t: { readonly backfilled: string; readonly clockSuspect: string; readonly timeAdjusted: string }): string {
  const names: string[] = []
  if (flags & SAMPLE_FLAGS.backfilled) names.push(t.backfilled)
  if (flags & SAMPLE_FLAGS.clockSuspect) names.push(t.clockSuspect)
  if (flags & SAMPLE_FLAGS.timeAdjusted) names.push(t.timeAdjusted)
  return names.join(' · ')
}
