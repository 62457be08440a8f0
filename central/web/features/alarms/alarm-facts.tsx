import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { alarmValue, subjectName } from '../../alarms/alarm-words.ts'
import { causeName } from '../../alarms/levels.ts'
import { AlarmDuration } from '../../alarms/marks.tsx'
import type { AlarmItem } from '../../api/contract.ts'
import { useLanguage } from '../../ui/preferences.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatDateTime } from '../../ui/time.ts'
import { texts } from './texts.ts'

/** Everything that is known of an alarm but its log. */
export function AlarmFacts({ alarm }: { readonly alarm: AlarmItem }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const value = (of: number | null) => alarmValue(alarm, of, language)
  return (
    <section aria-label={t.facts} className="ow-panel ow-data">
      <h2>{t.facts}</h2>
      <dl className="ow-facts ow-alarm-facts">
        <Fact name={t.value} value={<b className="ow-alarm-value">{value(alarm.value)}</b>} />
        <Fact name={t.limit} value={value(alarm.limit)} />
        <Fact name={t.peak} value={value(alarm.peak)} />
        <Fact name={t.duration} value={<AlarmDuration alarm={alarm} />} />
        {alarm.isValueUnknown && <Fact name={t.state} value={<b className="ow-tone-stale">{t.unknownValue}</b>} />}
        <Fact name={t.start} value={<Moment timeMs={alarm.startMs} />} />
        <Fact name={t.end} value={<Moment timeMs={alarm.endMs} />} />
        <Fact name={t.lastChange} value={<Moment timeMs={alarm.atMs} />} />
        <Fact name={t.area} value={`${Number(alarm.area.toPrecision(4))} ${t.perSecond(alarm.unit === 'bool' ? '' : (alarm.unit ?? ''))}`} />
      </dl>
      <dl className="ow-facts ow-alarm-facts">
        <Fact name={t.mine} value={alarm.mineName ?? alarm.subjectCode ?? t.central} />
        <Fact name={t.point} value={`${subjectName(alarm)} ${alarm.place ?? ''}`} />
        {alarm.pointCode !== undefined && <Fact name={t.code} value={<code>{alarm.pointCode}</code>} />}
        <Fact name={t.ruleId} value={`${alarm.rule.id} · ${t.version(alarm.rule.version)}`} />
        {alarm.raisedMs !== undefined && <Fact name={t.raised} value={<Moment timeMs={alarm.raisedMs} />} />}
        {alarm.gatewayMs !== undefined && <Fact name={t.gateway} value={<Moment timeMs={alarm.gatewayMs} />} />}
        <Fact name={t.id} value={<code>{alarm.id}</code>} />
      </dl>
      <Handling alarm={alarm} />
    </section>
  )
}

function Handling({ alarm }: { readonly alarm: AlarmItem }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const { acknowledgedBy, acknowledgedMs, shelvedUntilMs, suppressedBy, cause, note } = alarm
  const isEmpty = [acknowledgedBy, shelvedUntilMs, suppressedBy, cause, note].every((part) => part === undefined)
  if (isEmpty) return null
  return (
    <dl className="ow-facts ow-alarm-facts">
      {acknowledgedBy !== undefined && (
        <Fact
          name={t.signed}
          value={
            <>
              {acknowledgedBy} <Moment timeMs={acknowledgedMs} />
            </>
          }
        />
      )}
      {shelvedUntilMs !== undefined && <Fact name={t.shelvedUntil} value={<Moment timeMs={shelvedUntilMs} />} />}
      {suppressedBy !== undefined && (
        <Fact
          name={t.suppressedBy}
          value={
            <Link to="/alarms/$id" params={{ id: suppressedBy }}>
              {t.look}
            </Link>
          }
        />
      )}
      {cause !== undefined && <Fact name={t.cause} value={causeName(cause, language)} />}
      {note !== undefined && <Fact name={t.note} value={note} />}
    </dl>
  )
}

function Fact({ name, value }: { readonly name: string; readonly value: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Moment({ timeMs }: { readonly timeMs: number | undefined }): ReactNode {
  return timeMs === undefined ? <span className="ow-muted">—</span> : <time className="ow-mono">{formatDateTime(timeMs)}</time>
}
