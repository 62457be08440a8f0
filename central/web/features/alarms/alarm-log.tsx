import type { ReactNode } from 'react'
import { alarmValue } from '../../alarms/alarm-words.ts'
import { causeName } from '../../alarms/levels.ts'
import { LevelMark } from '../../alarms/marks.tsx'
import type { AlarmItem, AlarmLogEntry } from '../../api/contract.ts'
import { type Language, useLanguage } from '../../ui/preferences.tsx'
import { type Texts, useTexts } from '../../ui/texts.ts'
import { formatDateTime } from '../../ui/time.ts'
import { texts } from './texts.ts'

/** What happened to an alarm, as a line of time, the oldest first. */
export function AlarmLog({ alarm, log }: { readonly alarm: AlarmItem; readonly log: readonly AlarmLogEntry[] }): ReactNode {
  const t = useTexts(texts)
  return (
    <section aria-label={t.log} className="ow-panel ow-data">
      <h2>{t.log}</h2>
      {log.length === 0 && <p className="ow-pad ow-muted">{t.noLog}</p>}
      <ol className="ow-alarm-log">
        {log.map((entry) => (
          <li key={entry.id} className={`ow-log-${entry.level}`} data-kind={entry.kind}>
            <time className="ow-mono">{formatDateTime(entry.atMs)}</time>
            <Entry alarm={alarm} entry={entry} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Entry({ alarm, entry }: { readonly alarm: AlarmItem; readonly entry: AlarmLogEntry }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const isAction = entry.actor !== undefined
  return (
    <div>
      <b>{kindName(entry.kind, language)}</b> {!isAction && <LevelMark level={entry.level} />} {isAction && <span>{entry.actor === 'system' ? t.system : entry.actor}</span>}{' '}
      {entry.value !== undefined && <span>{alarmValue(alarm, entry.value, language)}</span>}{' '}
      {entry.limit !== undefined && <span className="ow-muted">{t.limitIs(alarmValue(alarm, entry.limit, language))}</span>}{' '}
      <span className="ow-muted">{detailWords(entry.detail, language).join(' · ')}</span>
    </div>
  )
}

function kindName(kind: string, language: Language): string {
  const known: Texts<Record<string, unknown>> = texts
  const name = known[language][`log.${kind}`]
  return typeof name === 'string' ? name : kind
}

// What this portal knows of the details, in words; the rest is the machine's.
function detailWords({ teller, cause, untilMs, note }: Readonly<Record<string, unknown>>, language: Language): readonly string[] {
  const t = texts[language]
  const tellers: Readonly<Record<string, string>> = { central: t['teller.central'], gateway: t['teller.gateway'], backlog: t['teller.backlog'] }
  return [
    typeof teller === 'string' ? (tellers[teller] ?? teller) : '',
    typeof cause === 'string' ? causeName(cause, language) : '',
    typeof untilMs === 'number' ? t.until(formatDateTime(untilMs)) : '',
    typeof note === 'string' ? note : '',
  ].filter(Boolean)
}
