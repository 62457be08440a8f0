import { Segmented } from 'antd'
import { type ReactNode, useState } from 'react'
import type { TimeRange } from '../../api/client.ts'
import { CustomRange } from '../../ui/custom-range.tsx'
import { useTexts } from '../../ui/texts.ts'
import { LONGEST_RANGE_MS, SPANS } from './plan-query.ts'
import { texts } from './texts.ts'

/** A preset that ends now, or a range with two ends. */
export type ChosenRange = { readonly kind: 'span'; readonly span: keyof typeof SPANS } | ({ readonly kind: 'custom' } & TimeRange)

/** Picks a preset or a range of its own, in Beijing time. */
export function RangePicker({ chosen, nowMs, onChoose }: { readonly chosen: ChosenRange; readonly nowMs: number; readonly onChoose: (range: ChosenRange) => void }): ReactNode {
  const t = useTexts(texts)
  const [isCustom, setIsCustom] = useState(chosen.kind === 'custom')
  const spans = Object.keys(SPANS) as (keyof typeof SPANS)[]
  const current: TimeRange = chosen.kind === 'custom' ? chosen : { fromMs: nowMs - SPANS[chosen.span], toMs: nowMs }
  return (
    <div className="ow-range">
      <Segmented<string>
        aria-label={t.range}
        value={isCustom ? 'custom' : chosen.kind === 'span' ? chosen.span : 'custom'}
        options={[...spans.map((span) => ({ value: span, label: t[span] })), { value: 'custom', label: t.custom }]}
        onChange={(value) => {
          const span = spans.find((name) => name === value)
          setIsCustom(span === undefined)
          if (span) onChoose({ kind: 'span', span })
        }}
      />
      {isCustom && <CustomRange key={chosen.kind} {...current} longestMs={LONGEST_RANGE_MS} wrong={t.badRange} onChoose={(range) => onChoose({ kind: 'custom', ...range })} />}
    </div>
  )
}
