import { Link } from '@tanstack/react-router'
import { Button, Table, type TableColumnsType } from 'antd'
import { type ReactNode, useMemo } from 'react'
import { alarmValue, subjectName } from '../../alarms/alarm-words.ts'
import { AlarmDuration, LevelMark, StateTag } from '../../alarms/marks.tsx'
import type { AlarmItem } from '../../api/contract.ts'
import { useLanguage } from '../../ui/preferences.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatDateTime } from '../../ui/time.ts'
import { useFillHeight } from '../../ui/use-fill-height.ts'
import { texts } from './texts.ts'
import { useHeldRows } from './use-held-list.ts'

const HEAD_PX = 36

/** A table of alarms; only the rows in view are in the document, and nothing moves under the pointer. */
export function AlarmTable({ rows: wanted, isReading, hasMore }: { readonly rows: readonly AlarmItem[]; readonly isReading: boolean; readonly hasMore: boolean }): ReactNode {
  const t = useTexts(texts)
  const columns = useColumns()
  const { rows, waiting, hold, release } = useHeldRows(wanted)
  const { ref, heightPx } = useFillHeight<HTMLDivElement>(500)
  return (
    <>
      <div className="ow-alarm-notes">
        <span className="ow-muted" role="status">
          {hasMore ? t.shownMore(wanted.length) : t.shown(wanted.length)}
        </span>
        {waiting > 0 && (
          <Button type="primary" danger onClick={release} data-waiting={waiting}>
            {t.waiting(waiting)}
          </Button>
        )}
      </div>
      <div className="ow-panel ow-data ow-board" {...hold}>
        <div className="ow-fill" ref={ref}>
          <Table<AlarmItem>
            virtual
            size="small"
            aria-label={t.table}
            rowKey="id"
            columns={columns}
            dataSource={rows}
            loading={isReading && rows.length === 0}
            pagination={false}
            scroll={{ x: 1378, y: Math.max(160, heightPx - HEAD_PX) }}
            rowClassName={({ level, state }) => `ow-row-alarm ow-row-level-${level} ow-row-state-${state}`}
            locale={{ emptyText: isReading ? ' ' : t.emptyOpen }}
          />
        </div>
      </div>
    </>
  )
}

function useColumns(): TableColumnsType<AlarmItem> {
  const t = useTexts(texts)
  const language = useLanguage()
  return useMemo(
    () => [
      { title: t.level, key: 'level', width: 84, render: (_, alarm) => <LevelMark level={alarm.level} /> },
      { title: t.state, key: 'state', width: 150, render: (_, alarm) => <StateTag state={alarm.state} /> },
      { title: t.start, key: 'start', width: 158, render: (_, alarm) => <time className="ow-mono">{formatDateTime(alarm.startMs)}</time> },
      {
        title: t.rule,
        key: 'rule',
        width: 190,
        render: (_, alarm) => (
          <Link to="/alarms/$id" params={{ id: alarm.id }} title={alarm.rule[language]}>
            {alarm.rule[language]}
          </Link>
        ),
      },
      { title: t.point, key: 'point', width: 210, render: (_, alarm) => <Subject alarm={alarm} /> },
      { title: t.mine, key: 'mine', width: 116, render: (_, alarm) => <span title={alarm.subjectCode}>{alarm.mineName ?? alarm.subjectCode ?? t.central}</span> },
      { title: t.value, key: 'value', width: 86, align: 'right', render: (_, alarm) => <b>{alarmValue(alarm, alarm.value, language)}</b> },
      { title: t.limit, key: 'limit', width: 86, align: 'right', render: (_, alarm) => alarmValue(alarm, alarm.limit, language) },
      { title: t.peak, key: 'peak', width: 86, align: 'right', render: (_, alarm) => alarmValue(alarm, alarm.peak, language) },
      { title: t.duration, key: 'duration', width: 112, align: 'right', render: (_, alarm) => <AlarmDuration alarm={alarm} /> },
      { title: t.signed, key: 'signed', width: 100, render: (_, alarm) => <Signature alarm={alarm} /> },
    ],
    [t, language],
  )
}

function Subject({ alarm }: { readonly alarm: AlarmItem }): ReactNode {
  const title = [subjectName(alarm), alarm.place ?? '', alarm.pointCode ?? alarm.subject].filter(Boolean).join('\n')
  return (
    <span title={title}>
      {subjectName(alarm)} {alarm.place && <small className="ow-muted">{alarm.place}</small>}
    </span>
  )
}

function Signature({ alarm }: { readonly alarm: AlarmItem }): ReactNode {
  if (alarm.acknowledgedBy === undefined) return <span className="ow-muted">—</span>
  return <span title={alarm.acknowledgedMs === undefined ? '' : formatDateTime(alarm.acknowledgedMs)}>{alarm.acknowledgedBy}</span>
}
