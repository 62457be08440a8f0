import { Button, Input } from 'antd'
import { type ReactNode, useState } from 'react'
import { defineTexts, useTexts } from './texts.ts'
import { fromInputValue, toInputValue } from './time.ts'

const texts = defineTexts({ from: '开始时间', to: '结束时间', apply: '查询' }, { from: 'From', to: 'To', apply: 'Show' })

/** Asks for a range of time with two ends, UTC ms, shown in Beijing time; `longestMs` bounds it, `wrong` says what would be right. */
export function CustomRange({
  fromMs,
  toMs,
  longestMs = Number.POSITIVE_INFINITY,
  wrong,
  onChoose,
}: {
  readonly fromMs: number
  readonly toMs: number
  readonly longestMs?: number
  readonly wrong: string
  readonly onChoose: (range: { readonly fromMs: number; readonly toMs: number }) => void
}): ReactNode {
  const t = useTexts(texts)
  const [first, setFirst] = useState(() => toInputValue(fromMs))
  const [last, setLast] = useState(() => toInputValue(toMs))
  const [chosenFrom, chosenTo] = [fromInputValue(first), fromInputValue(last)]
  const isRight = chosenFrom !== undefined && chosenTo !== undefined && chosenFrom < chosenTo && chosenTo - chosenFrom <= longestMs
  return (
    <form
      className="ow-custom-range"
      onSubmit={(event) => {
        event.preventDefault()
        if (isRight) onChoose({ fromMs: chosenFrom, toMs: chosenTo })
      }}
    >
      <Input type="datetime-local" step={1} aria-label={t.from} value={first} onChange={(event) => setFirst(event.target.value)} status={isRight ? '' : 'error'} />
      <span>–</span>
      <Input type="datetime-local" step={1} aria-label={t.to} value={last} onChange={(event) => setLast(event.target.value)} status={isRight ? '' : 'error'} />
      <Button htmlType="submit" type="primary" disabled={!isRight}>
        {t.apply}
      </Button>
      {!isRight && (
        <span role="alert" className="ow-tone-bad">
          {wrong}
        </span>
      )}
    </form>
  )
}
