import type { ReactNode } from 'react'
import type { AlarmItem, AlarmLevel, AlarmState } from '../api/contract.ts'
import { useLanguage } from '../ui/preferences.tsx'
import { defineTexts, useTexts } from '../ui/texts.ts'
import { formatDateTime, formatSpan } from '../ui/time.ts'
import { useNow } from '../ui/use-now.ts'
import { lastedMs } from './alarm-words.ts'
import { LEVEL_NAMES, STATE_NAMES } from './levels.ts'

const texts = defineTexts({ unknown: '数据中断，是否恢复未知', running: '持续中' }, { unknown: 'the data stopped; nothing says that it is over', running: 'still going on' })

// One outline per level, so that colour is never the only sign: octagon, diamond, triangle, circle.
const SHAPES: Readonly<Record<AlarmLevel, ReactNode>> = {
  red: <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" />,
  orange: <path d="M8 0.5 15.5 8 8 15.5 0.5 8z" />,
  yellow: <path d="M8 1 15.6 15H.4z" />,
  blue: <circle cx="8" cy="8" r="7" />,
}

/** The shape of a level in its colour; the word must stand beside it. */
export function LevelShape({ level }: { readonly level: AlarmLevel }): ReactNode {
  return (
    <svg className={`ow-level-shape ow-level-${level}`} viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
      {SHAPES[level]}
    </svg>
  )
}

/** A level by colour, shape and word. */
export function LevelMark({ level, count }: { readonly level: AlarmLevel; readonly count?: number }): ReactNode {
  const language = useLanguage()
  return (
    <span className={`ow-level-mark ow-level-${level}`} data-level={level}>
      <LevelShape level={level} /> {LEVEL_NAMES[level][language]}
      {count !== undefined && <b> {count}</b>}
    </span>
  )
}

/** The state of ISA-18.2 in words, with a line round it where nobody is called. */
export function StateTag({ state }: { readonly state: AlarmState }): ReactNode {
  const language = useLanguage()
  return (
    <span className={`ow-alarm-state ow-alarm-state-${state}`} data-state-word={state}>
      {STATE_NAMES[state][language]}
    </span>
  )
}

/** How long an alarm has lasted; it ticks by central's clock while the condition stands. */
export function AlarmDuration({ alarm }: { readonly alarm: AlarmItem }): ReactNode {
  return alarm.isActive ? <Ticking alarm={alarm} /> : <Span alarm={alarm} nowMs={alarm.atMs} />
}

function Ticking({ alarm }: { readonly alarm: AlarmItem }): ReactNode {
  return <Span alarm={alarm} nowMs={useNow()} />
}

function Span({ alarm, nowMs }: { readonly alarm: AlarmItem; readonly nowMs: number }): ReactNode {
  const language = useLanguage()
  const t = useTexts(texts)
  const title = alarm.endMs === undefined ? (alarm.isValueUnknown ? t.unknown : t.running) : formatDateTime(alarm.endMs)
  return (
    <span className="ow-alarm-duration" title={title}>
      {formatSpan(lastedMs(alarm, nowMs), language)}
      {alarm.isValueUnknown && <b className="ow-tone-stale"> ?</b>}
    </span>
  )
}
