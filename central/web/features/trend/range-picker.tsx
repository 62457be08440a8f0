import { Button, Input, Segmented } from 'antd'
import { type ReactNode, useState } from 'react'
import type { TimeRange } from '../../api/client.ts'
import { useTexts } from '../../ui/texts.ts'
import { fromInputValue, toInputValue } from '../../ui/time.ts'
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
      {isCustom && <CustomRange key={chosen.kind} current={current} onChoose={(range) => onChoose({ kind: 'custom', ...range })} />}
    </div>
  )
}

function CustomRange({ current, onChoose }: { readonly current: TimeRange; readonly onChoose: (range: TimeRange) => void }): ReactNode {
  const t = useTexts(texts)
  const [from, setFrom] = useState(() => toInputValue(current.fromMs))
  const [to, setTo] = useState(() => toInputValue(current.toMs))
  const [fromMs, toMs] = [fromInputValue(from), fromInputValue(to)]
  const isRight = fromMs !== undefined && toMs !== undefined && fromMs < toMs && toMs - fromMs <= LONGEST_RANGE_MS
  return (
    <form
      className="ow-custom-range"
      onSubmit={(event) => {
        event.preventDefault()
        if (isRight) onChoose({ fromMs, toMs })
      }}
    >
      <Input type="datetime-local" step={1} aria-label={t.from} value={from} onChange={(event) => setFrom(event.target.value)} status={isRight ? '' : 'error'} />
      <span>–</span>
      <Input type="datetime-local" step={1} aria-label={t.to} value={to} onChange={(event) => setTo(event.target.value)} status={isRight ? '' : 'error'} />
      <Button htmlType="submit" type="primary" disabled={!isRight}>
        {t.apply}
      </Button>
      {!isRight && (
        <span role="alert" className="ow-tone-bad">
          {t.badRange}
        </span>
      )}
    </form>
  )
}
