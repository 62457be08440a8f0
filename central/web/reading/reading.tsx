import { CheckCircleFilled, ClockCircleFilled, CloseCircleFilled, ExclamationCircleFilled, MinusCircleOutlined, ToolFilled } from '@ant-design/icons'
import { Q, SAMPLE_FLAGS } from '@orewatch/core'
import { type ReactNode, useCallback, useSyncExternalStore } from 'react'
import type { Latest, Point } from '../api/contract.ts'
import type { LatestBoard } from '../live/latest-board.ts'
import { useLanguage } from '../ui/preferences.tsx'
import { defineTexts, useTexts } from '../ui/texts.ts'
import { formatDateTime, formatSpan } from '../ui/time.ts'
import { formatValue, judge, type Standing, switchWord } from './judgement.ts'
import { qualityName, reasonName } from './reason-names.ts'

const texts = defineTexts(
  {
    none: '尚无数据',
    stale: '过期',
    raw: (value: string) => `原始值 ${value}，不可作为测量值使用`,
    noRaw: '没有数值',
    staleTitle: (age: string) => `最近一次读数在 ${age} 前，不代表现在`,
    backfilled: '补传',
    clockSuspect: '时钟可疑',
    timeAdjusted: '时间已调整',
    ago: (span: string) => `${span}前`,
  },
  {
    none: 'no data yet',
    stale: 'stale',
    raw: (value: string) => `raw value ${value}, not usable as a measurement`,
    noRaw: 'no value',
    staleTitle: (age: string) => `last read ${age} ago; says nothing about now`,
    backfilled: 'backfilled',
    clockSuspect: 'clock suspect',
    timeAdjusted: 'time adjusted',
    ago: (span: string) => `${span} ago`,
  },
)

/** The newest sample of a point, followed on the board. */
export function useLatest(board: LatestBoard, point: Pick<Point, 'pointCode' | 'latest'>): Latest | undefined {
  const { pointCode, latest } = point
  const watch = useCallback((listener: () => void) => board.watch(pointCode, listener), [board, pointCode])
  const followed = useSyncExternalStore(watch, () => board.latest(pointCode))
  return followed ?? latest
}

/** A value as it may be shown: plain only when good and fresh; greyed with a word when stale; never a number when bad. */
export function ReadingValue({ latest, point, nowMs }: { readonly latest: Latest | undefined; readonly point: Point; readonly nowMs: number }): ReactNode {
  const language = useLanguage()
  const t = useTexts(texts)
  const standing = judge(latest, point.periodMs, nowMs)
  if (!latest || standing === 'none') return <span className="ow-reading ow-reading-none">—</span>
  const words = latest.value === null ? t.noRaw : formatValue(latest.value, point.sensorType)
  if (standing === 'bad')
    return (
      <span className="ow-reading ow-reading-bad" title={latest.value === null ? t.noRaw : t.raw(words)}>
        —
      </span>
    )
  const word = latest.value === null ? undefined : switchWord(latest.value, point.sensorType)
  const unit = point.unit === 'bool' ? '' : point.unit
  const title = standing === 'stale' ? { title: t.staleTitle(formatSpan(nowMs - latest.timeMs, language)) } : {}
  return (
    <span className={`ow-reading ow-reading-${standing}`} {...title}>
      <b>{word ? word[language] : words}</b> <small>{unit}</small>
    </span>
  )
}

/** Quality in words with an icon of its own shape, so that colour is never the only sign. */
export function QualityTag({ latest, point, nowMs }: { readonly latest: Latest | undefined; readonly point: Pick<Point, 'periodMs'>; readonly nowMs: number }): ReactNode {
  const language = useLanguage()
  const t = useTexts(texts)
  const standing = judge(latest, point.periodMs, nowMs)
  if (!latest) return <Tag standing="none" icon={<MinusCircleOutlined />} text={t.none} />
  const reason = reasonName(latest.reason, language)
  const flags = flagNames(latest.flags, t)
  const name = standing === 'stale' ? `${t.stale} · ${qualityName(latest.quality, language)}` : qualityName(latest.quality, language)
  return (
    <>
      <Tag standing={standing} icon={iconOf(standing, latest.quality)} text={`Q${latest.quality} ${name}`} />
      {(reason || flags) && (
        <span className="ow-reason" title={[reason, flags].filter(Boolean).join(' · ')}>
          {[reason, flags].filter(Boolean).join(' · ')}
        </span>
      )}
    </>
  )
}

/** How long ago the newest sample was taken, with the moment itself on hover. */
export function Age({ timeMs, nowMs }: { readonly timeMs: number | undefined; readonly nowMs: number }): ReactNode {
  const language = useLanguage()
  const t = useTexts(texts)
  if (timeMs === undefined) return <span className="ow-muted">—</span>
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={formatDateTime(timeMs)}>
      {t.ago(formatSpan(nowMs - timeMs, language))}
    </time>
  )
}

/** A small mark of a standing: icon and words. */
export function Tag({ standing, icon, text }: { readonly standing: Standing; readonly icon: ReactNode; readonly text: string }): ReactNode {
  return (
    <span className={`ow-tag ow-tag-${standing}`}>
      {icon} {text}
    </span>
  )
}

function iconOf(standing: Standing, quality: number): ReactNode {
  if (standing === 'good') return <CheckCircleFilled />
  if (standing === 'stale') return <ClockCircleFilled />
  if (quality === Q.calibrating || quality === Q.outOfService) return <ToolFilled />
  return quality === Q.suspect ? <ExclamationCircleFilled /> : <CloseCircleFilled />
}

function flagNames(flags: number, t: { readonly backfilled: string; readonly clockSuspect: string; readonly timeAdjusted: string }): string {
  const names: string[] = []
  if (flags & SAMPLE_FLAGS.backfilled) names.push(t.backfilled)
  if (flags & SAMPLE_FLAGS.clockSuspect) names.push(t.clockSuspect)
  if (flags & SAMPLE_FLAGS.timeAdjusted) names.push(t.timeAdjusted)
  return names.join('，')
}
