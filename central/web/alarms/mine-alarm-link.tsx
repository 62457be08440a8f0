import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useLanguage } from '../ui/preferences.tsx'
import { defineTexts, useTexts } from '../ui/texts.ts'
import { useMineAlarmCounts } from './alarms.tsx'
import { LEVEL_NAMES } from './levels.ts'
import { LevelShape } from './marks.tsx'

const texts = defineTexts(
  { none: '无', unknown: '未知', label: (levels: string) => `未恢复或未签收的告警：${levels}` },
  { none: 'none', unknown: 'unknown', label: (levels: string) => `open alarms: ${levels}` },
)

/** The open alarms of a mine by level, leading to their list. */
export function MineAlarmLink({ subjectCode }: { readonly subjectCode: string }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const counts = useMineAlarmCounts(subjectCode)
  if (!counts) return <span className="ow-muted">{t.unknown}</span>
  if (counts.length === 0) return <span className="ow-muted">{t.none}</span>
  const words = counts.map(({ level, count }) => `${LEVEL_NAMES[level][language]} ${count}`).join(language === 'zh' ? '，' : ', ')
  return (
    <Link className="ow-mine-alarms" to="/alarms" search={{ mine: subjectCode }} aria-label={t.label(words)} title={t.label(words)}>
      {counts.map(({ level, count, unacknowledged }) => (
        <span key={level} className={`ow-level-mark ow-level-${level}${unacknowledged === 0 ? ' ow-level-quiet' : ''}`} data-level={level}>
          <LevelShape level={level} /> {count}
        </span>
      ))}
    </Link>
  )
}
