import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { alarmValue } from '../../alarms/alarm-words.ts'
import { AlarmDuration, LevelMark, StateTag } from '../../alarms/marks.tsx'
import { useLanguage } from '../../ui/preferences.tsx'
import { Failure } from '../../ui/query-view.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatDateTime } from '../../ui/time.ts'
import type { AlarmMark } from './alarm-marks.ts'
import { texts } from './texts.ts'

// More lines than this are no longer read; the list of alarms has them all.
const MOST_LISTED = 8

/** The alarms of the range in words and links, for those who do not use a pointer, and to see the exact times. */
export function AlarmMarkList({ marks, hasMore, err }: { readonly marks: readonly AlarmMark[]; readonly hasMore: boolean; readonly err: unknown }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  // No marks must not look like no alarms when they could not be read.
  if (err && marks.length === 0) return <Failure err={err} note={t.alarmsUnread} />
  if (marks.length === 0) return <p className="ow-muted ow-bands">{t.noAlarms}</p>
  const newest = marks.toSorted((a, b) => b.alarm.startMs - a.alarm.startMs).slice(0, MOST_LISTED)
  const rest = marks.length - newest.length
  return (
    <section className="ow-bands ow-alarm-marks" aria-label={t.alarms}>
      <h3>
        {t.alarms} <small>{marks.length}</small>
      </h3>
      <ul>
        {newest.map(({ alarm }) => (
          <li key={alarm.id} data-level={alarm.level}>
            <LevelMark level={alarm.level} />
            <Link to="/alarms/$id" params={{ id: alarm.id }}>
              {alarm.rule[language]}
            </Link>
            <span className="ow-mono ow-muted">
              {formatDateTime(alarm.startMs)} – {alarm.endMs === undefined ? '' : formatDateTime(alarm.endMs)}
            </span>
            <AlarmDuration alarm={alarm} />
            <span className="ow-muted">{t.peakAndLimit(alarmValue(alarm, alarm.peak, language), alarmValue(alarm, alarm.limit, language))}</span>
            <StateTag state={alarm.state} />
          </li>
        ))}
      </ul>
      {(rest > 0 || hasMore) && <p className="ow-muted">{t.moreAlarms}</p>}
    </section>
  )
}
