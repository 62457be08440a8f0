import { CheckCircleFilled, DisconnectOutlined, LoadingOutlined, WarningFilled } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import type { PartHealth, SystemStatus } from '../api/contract.ts'
import { useLive } from '../live/live.tsx'
import type { LiveState } from '../live/live-connection.ts'
import { useLanguage } from '../ui/preferences.tsx'
import { defineTexts, useTexts } from '../ui/texts.ts'
import { formatMoment, formatTime } from '../ui/time.ts'
import { useNow } from '../ui/use-now.ts'

const texts = defineTexts(
  {
    live: '实时',
    connecting: '正在连接',
    down: (since: string) => `已断开 自 ${since}`,
    downHint: '以下数据不是现在的数据',
    retryIn: (seconds: number) => `${seconds} 秒后重连`,
    trying: '正在重连',
    retry: '立即重连',
    attempt: (n: number) => `（第 ${n} 次）`,
    label: '实时状态与系统健康',
    broker: '消息服务',
    ingest: '接收',
    store: '存储',
    relational: '登记库',
    ok: '正常',
    bad: (note: string) => `异常：${note}`,
    rate: (rate: string) => `${rate} 点/秒`,
    dropped: (count: number) => `已丢弃待重传 ${count} 条`,
    unknown: '系统健康未知',
    now: '北京时间',
  },
  {
    live: 'Live',
    connecting: 'Connecting',
    down: (since: string) => `Not live since ${since}`,
    downHint: 'What you see is not the present',
    retryIn: (seconds: number) => `next attempt in ${seconds} s`,
    trying: 'reconnecting',
    retry: 'Reconnect now',
    attempt: (n: number) => ` (attempt ${n})`,
    label: 'Live state and health of the system',
    broker: 'Broker',
    ingest: 'Ingest',
    store: 'Store',
    relational: 'Register',
    ok: 'OK',
    bad: (note: string) => `in trouble: ${note}`,
    rate: (rate: string) => `${rate} points/s`,
    dropped: (count: number) => `${count} dropped, will be resent`,
    unknown: 'health of the system unknown',
    now: 'Beijing time',
  },
)

/** The bar on every page: whether what one sees is the present, and whether central is well. */
export function LiveBar(): ReactNode {
  const { state, status, retryNow } = useLive()
  const t = useTexts(texts)
  const nowMs = useNow()
  return (
    <section className={`ow-live-bar ow-live-${state.kind}`} aria-label={t.label}>
      <LiveSign state={state} nowMs={nowMs} onRetry={retryNow} />
      <Health status={status} isPast={state.kind === 'down'} />
      <span className="ow-clock" title={t.now}>
        {formatTime(nowMs)}
      </span>
    </section>
  )
}

function LiveSign({ state, nowMs, onRetry }: { readonly state: LiveState; readonly nowMs: number; readonly onRetry: () => void }): ReactNode {
  const t = useTexts(texts)
  if (state.kind === 'live')
    return (
      <output className="ow-live-sign" data-live="live">
        <CheckCircleFilled /> {t.live}
      </output>
    )
  if (state.kind === 'connecting')
    return (
      <output className="ow-live-sign" data-live="connecting">
        <LoadingOutlined /> {t.connecting}
      </output>
    )
  const wait = state.retryMs === undefined ? t.trying : t.retryIn(Math.max(0, Math.ceil((state.retryMs - nowMs) / 1_000)))
  return (
    <div className="ow-live-sign">
      <strong role="alert" data-live="down">
        <DisconnectOutlined /> {t.down(formatMoment(state.sinceMs, nowMs))}
      </strong>
      <span>{t.downHint}</span>
      <span>
        {wait}
        {t.attempt(state.attempt)}
      </span>
      <Button size="small" onClick={onRetry}>
        {t.retry}
      </Button>
    </div>
  )
}

function Health({ status, isPast }: { readonly status: SystemStatus | undefined; readonly isPast: boolean }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  if (!status) return <div className="ow-health ow-muted">{t.unknown}</div>
  const rate = t.rate(status.ingest.pointsPerSecond.toLocaleString(language, { maximumFractionDigits: 0 }))
  const dropped = status.ingest.dropped > 0 ? ` · ${t.dropped(status.ingest.dropped)}` : ''
  return (
    <div className={`ow-health${isPast ? ' ow-past' : ''}`}>
      <Part name={t.broker} part={status.broker} />
      <Part name={t.ingest} part={status.ingest} figure={rate + dropped} />
      <Part name={`${t.store} ${status.store.name}`} part={status.store} />
      <Part name={t.relational} part={status.relational} />
    </div>
  )
}

function Part({ name, part, figure }: { readonly name: string; readonly part: PartHealth; readonly figure?: string }): ReactNode {
  const t = useTexts(texts)
  if (part.ok)
    return (
      <span title={part.note}>
        <CheckCircleFilled className="ow-ok" /> {name} {t.ok}
        {figure && <small> {figure}</small>}
      </span>
    )
  return (
    <strong role="alert" className="ow-trouble">
      <WarningFilled /> {name} {t.bad(part.note)}
      {figure && <small> {figure}</small>}
    </strong>
  )
}
