import { useNavigate } from '@tanstack/react-router'
import { Empty } from 'antd'
import { type ReactNode, useCallback, useMemo, useState } from 'react'
import { alarmLine } from '../../alarms/alarm-words.ts'
import { LevelMark } from '../../alarms/marks.tsx'
import type { Point } from '../../api/contract.ts'
import { serverTime } from '../../api/server-time.ts'
import { usePreferences } from '../../ui/preferences.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatDateTime } from '../../ui/time.ts'
import { type AlarmMark, markAt } from './alarm-marks.ts'
import { BandList, Readout } from './band-list.tsx'
import { bandsOf, chartOptions, chartPalette } from './chart-options.ts'
import { Chart } from './chart.tsx'
import type { TrendContent } from './queries.ts'
import { texts } from './texts.ts'

// About four pixels of a chart: an episode of seconds within a day can be hit.
const NEAR_SHARE = 1 / 250

/** The line, its bands and its alarms; what is under the pointer stands above it in words, and a click on an alarm opens it. */
export function TrendChart({ content, point, marks, drawKey }: { readonly content: TrendContent; readonly point: Point; readonly marks: readonly AlarmMark[]; readonly drawKey: string }): ReactNode {
  const t = useTexts(texts)
  const { language, isDark } = usePreferences()
  const navigate = useNavigate()
  const [hoverMs, setHoverMs] = useState<number>()
  const onHover = useCallback((timeMs: number | undefined) => setHoverMs(timeMs), [])
  const nearMs = (content.range.toMs - content.range.fromMs) * NEAR_SHARE
  const onPick = useCallback(
    (timeMs: number) => {
      const mark = markAt(marks, timeMs, nearMs)
      if (mark) void navigate({ to: '/alarms/$id', params: { id: mark.alarm.id } })
    },
    [marks, nearMs, navigate],
  )
  const bands = useMemo(() => bandsOf(content, point, serverTime.nowMs()), [content, point])
  const palette = chartPalette(isDark)
  const options = useMemo(() => chartOptions({ content, point, bands, marks, palette, language }), [content, point, bands, marks, palette, language])
  if (countOf(content) === 0) return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.empty} />
  const under = hoverMs === undefined ? undefined : markAt(marks, hoverMs, nearMs)
  return (
    <>
      <Readout content={content} point={point} bands={bands} hoverMs={hoverMs} />
      <p className="ow-mark-readout" data-under={under?.alarm.id}>
        {under && (
          <>
            <LevelMark level={under.alarm.level} /> {alarmLine(under.alarm, language)} <span className="ow-muted">{t.clickForAlarm}</span>
          </>
        )}
      </p>
      <Chart
        options={options}
        label={t.chartLabel(point.name, formatDateTime(content.range.fromMs), formatDateTime(content.range.toMs), bands.length)}
        drawKey={`${drawKey} ${content.kind} ${isDark}`}
        onHover={onHover}
        onPick={onPick}
      />
      <BandList bands={bands} />
    </>
  )
}

function countOf(content: TrendContent): number {
  return content.kind === 'raw' ? content.samples.length : content.buckets.length
}
