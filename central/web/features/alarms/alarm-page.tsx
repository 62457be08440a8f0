import { LineChartOutlined, NodeIndexOutlined } from '@ant-design/icons'
import { Link, useParams } from '@tanstack/react-router'
import { Button } from 'antd'
import { type ReactNode, useState } from 'react'
import { subjectName } from '../../alarms/alarm-words.ts'
import { useHeardAlarm } from '../../alarms/alarms.tsx'
import { LevelMark, StateTag } from '../../alarms/marks.tsx'
import type { AlarmAction, AlarmDetail, AlarmItem } from '../../api/contract.ts'
import { serverTime } from '../../api/server-time.ts'
import { useSession } from '../../api/session.ts'
import { PageHead } from '../../ui/page-head.tsx'
import { useLanguage } from '../../ui/preferences.tsx'
import { Failure, QueryView } from '../../ui/query-view.tsx'
import { useTexts } from '../../ui/texts.ts'
import { ActionDialog } from './action-dialog.tsx'
import { AlarmFacts } from './alarm-facts.tsx'
import { AlarmLog } from './alarm-log.tsx'
import { useAlarm } from './queries.ts'
import { texts } from './texts.ts'
import { whatCanBeDone } from './what-can-be-done.ts'

// What is shown of the trend before and after an episode, to see how it came and went.
const BEFORE_MS = 1_800_000
const AFTER_MS = 600_000

/** One alarm: what it is, what can be done about it, and what happened. */
export function AlarmPage(): ReactNode {
  const { id } = useParams({ from: '/shell/alarms/$id' })
  const t = useTexts(texts)
  const heard = useHeardAlarm(id)
  const alarm = useAlarm(id, heard?.revision)
  return (
    <QueryView query={alarm} emptyText={t.emptyOpen}>
      {(content) => <Filled key={id} content={content} heard={heard} />}
    </QueryView>
  )
}

function Filled({ content, heard }: { readonly content: AlarmDetail; readonly heard: AlarmItem | undefined }): ReactNode {
  // The feed is faster than the answer that it makes this page ask for.
  const alarm = heard && heard.revision > content.alarm.revision ? heard : content.alarm
  return (
    <>
      <Head alarm={alarm} />
      <Actions alarm={alarm} />
      <AlarmFacts alarm={alarm} />
      <AlarmLog alarm={alarm} log={content.log} />
    </>
  )
}

function Head({ alarm }: { readonly alarm: AlarmItem }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const { pointCode, subjectCode } = alarm
  return (
    <PageHead
      trail={
        <>
          <Link to="/alarms">{t.title}</Link>
          {subjectCode !== undefined && (
            <>
              {' / '}
              <Link to="/mines/$subjectCode" params={{ subjectCode }}>
                {alarm.mineName ?? subjectCode}
              </Link>
            </>
          )}
        </>
      }
      title={
        <span className="ow-alarm-title">
          <LevelMark level={alarm.level} /> {alarm.rule[language]} <StateTag state={alarm.state} />{' '}
          <small>
            {subjectName(alarm)} {alarm.place}
          </small>
        </span>
      }
      extra={
        pointCode !== undefined && (
          <>
            <Link className="ow-button-link" to="/points/$pointCode" params={{ pointCode }} search={spanOf(alarm)}>
              <LineChartOutlined /> {t.trend}
            </Link>
            <Link className="ow-button-link" to="/points/$pointCode/way" params={{ pointCode }}>
              <NodeIndexOutlined /> {t.way}
            </Link>
          </>
        )
      }
    />
  )
}

function Actions({ alarm }: { readonly alarm: AlarmItem }): ReactNode {
  const t = useTexts(texts)
  const session = useSession()
  const [asked, setAsked] = useState<{ readonly kind: AlarmAction['kind']; readonly seen: AlarmItem }>()
  const [stale, setStale] = useState<unknown>()
  const kinds = whatCanBeDone(alarm, session.data?.user.roles ?? [])
  return (
    <section className="ow-alarm-actions" aria-label={t.actions}>
      {kinds.map((kind) => (
        <Button
          key={kind}
          size="middle"
          type={kind === 'acknowledge' ? 'primary' : 'default'}
          onClick={() => {
            setStale(undefined)
            // As it is now: what changes while the person types makes the action stale, and they are told.
            setAsked({ kind, seen: alarm })
          }}
        >
          {t[kind]}
        </Button>
      ))}
      {kinds.length === 0 && session.data && <span className="ow-muted">{t.noRight}</span>}
      {stale !== undefined && <Failure err={stale} />}
      {asked && (
        <ActionDialog
          kind={asked.kind}
          seen={asked.seen}
          onClose={() => setAsked(undefined)}
          onStale={(err) => {
            setAsked(undefined)
            setStale(err)
          }}
        />
      )}
    </section>
  )
}

function spanOf(alarm: AlarmItem): { readonly from: number; readonly to: number } {
  return { from: Math.floor(alarm.startMs - BEFORE_MS), to: Math.ceil(Math.min((alarm.endMs ?? serverTime.nowMs()) + AFTER_MS, serverTime.nowMs())) }
}
