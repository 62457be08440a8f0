import { Select } from 'antd'
import { type ReactNode, useState } from 'react'
import { LEVEL_NAMES, LEVELS_DOWN } from '../../alarms/levels.ts'
import { LevelShape } from '../../alarms/marks.tsx'
import type { AlarmLevel } from '../../api/contract.ts'
import { serverTime } from '../../api/server-time.ts'
import { CustomRange } from '../../ui/custom-range.tsx'
import { useLanguage } from '../../ui/preferences.tsx'
import { useTexts } from '../../ui/texts.ts'
import { useMines } from './queries.ts'
import type { AlarmsSearch } from './search.ts'
import { texts } from './texts.ts'

const SPANS_MS = { last1h: 3_600_000, last24h: 86_400_000, last7d: 604_800_000 } as const
type Span = keyof typeof SPANS_MS

/** Narrows the list by mine, level and time. */
export function AlarmFilters({ search, onChange }: { readonly search: AlarmsSearch; readonly onChange: (search: AlarmsSearch) => void }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const mines = useMines()
  return (
    <>
      <Select
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        className="ow-class-select"
        aria-label={t.mineLabel}
        placeholder={t.allMines}
        value={search.mine ?? null}
        onChange={(mine: string | null | undefined) => onChange(withFilter(search, 'mine', mine ?? undefined))}
        options={mines.map(({ subjectCode, name }) => ({ value: subjectCode, label: name }))}
      />
      <Select<AlarmLevel | null>
        allowClear
        className="ow-level-select"
        aria-label={t.levelLabel}
        placeholder={t.allLevels}
        value={search.level ?? null}
        onChange={(level?: AlarmLevel | null) => onChange(withFilter(search, 'level', level ?? undefined))}
        options={LEVELS_DOWN.map((level) => ({
          value: level,
          label: (
            <>
              <LevelShape level={level} /> {LEVEL_NAMES[level][language]}
            </>
          ),
        }))}
      />
      <TimeFilter search={search} onChange={onChange} />
    </>
  )
}

function TimeFilter({ search, onChange }: { readonly search: AlarmsSearch; readonly onChange: (search: AlarmsSearch) => void }): ReactNode {
  const t = useTexts(texts)
  const isNarrowed = search.from !== undefined || search.to !== undefined
  const [choice, setChoice] = useState<Span | 'custom' | 'anyTime'>(isNarrowed ? 'custom' : 'anyTime')
  const { from: _, to: __, ...others } = search
  const nowMs = Math.round(serverTime.nowMs())
  return (
    <>
      <Select<Span | 'custom' | 'anyTime'>
        className="ow-time-select"
        aria-label={t.timeLabel}
        value={isNarrowed || choice === 'custom' ? choice : 'anyTime'}
        onChange={(chosen) => {
          setChoice(chosen)
          if (chosen === 'anyTime') onChange(others)
          else if (chosen !== 'custom') onChange({ ...others, from: nowMs - SPANS_MS[chosen] })
        }}
        options={(['anyTime', 'last1h', 'last24h', 'last7d', 'custom'] as const).map((value) => ({ value, label: t[value] }))}
      />
      {choice === 'custom' && (
        <CustomRange fromMs={search.from ?? nowMs - SPANS_MS.last24h} toMs={search.to ?? nowMs} wrong={t.badRange} onChoose={({ fromMs, toMs }) => onChange({ ...others, from: fromMs, to: toMs })} />
      )}
    </>
  )
}

function withFilter<K extends 'mine' | 'level'>(search: AlarmsSearch, key: K, value: AlarmsSearch[K] | undefined): AlarmsSearch {
  const { [key]: _, ...others } = search
  return value === undefined ? others : { ...others, [key]: value }
}
