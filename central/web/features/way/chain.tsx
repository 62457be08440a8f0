import {
  ApiOutlined,
  CheckCircleFilled,
  CloseCircleFilled,
  CloudServerOutlined,
  ClockCircleFilled,
  DatabaseOutlined,
  DesktopOutlined,
  DownloadOutlined,
  HddOutlined,
  QuestionCircleOutlined,
  SwapOutlined,
  WifiOutlined,
} from '@ant-design/icons'
import type { ReactNode } from 'react'
import type { StageId, StageState } from '../../api/contract.ts'
import { reasonName } from '../../reading/reason-names.ts'
import { type Language, useLanguage } from '../../ui/preferences.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatDateTime, formatMoment, formatSpan } from '../../ui/time.ts'
import { useNow } from '../../ui/use-now.ts'
import { deviceStates, figureNames, texts } from './texts.ts'
import { type ChainLink, figureForm } from './to-chain.ts'

const STAGE_ICONS: Readonly<Record<StageId, ReactNode>> = {
  device: <ApiOutlined />,
  driver: <DownloadOutlined />,
  outbox: <HddOutlined />,
  uplink: <WifiOutlined />,
  broker: <SwapOutlined />,
  ingest: <CloudServerOutlined />,
  store: <DatabaseOutlined />,
  screen: <DesktopOutlined />,
}

const STATE_ICONS: Readonly<Record<StageState, ReactNode>> = {
  ok: <CheckCircleFilled />,
  late: <ClockCircleFilled />,
  broken: <CloseCircleFilled />,
  unknown: <QuestionCircleOutlined />,
}

/** The stages as a chain that reads from the device to this screen. */
export function Chain({ links }: { readonly links: readonly ChainLink[] }): ReactNode {
  const t = useTexts(texts)
  return (
    <ol className="ow-chain ow-data" aria-label={t.chain}>
      {links.map((link, index) => (
        <Stage key={link.id} link={link} number={index + 1} />
      ))}
    </ol>
  )
}

function Stage({ link, number }: { readonly link: ChainLink; readonly number: number }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const nowMs = useNow()
  const { id, stage, state } = link
  const className = ['ow-stage', `ow-stage-${state}`, link.isCulprit ? 'ow-culprit' : '', link.isBeyond ? 'ow-beyond' : ''].filter(Boolean).join(' ')
  return (
    <li className={className} data-stage={id} data-state={state} {...(link.isCulprit ? { 'aria-current': 'step' as const } : {})}>
      <div className="ow-stage-head">
        <span className="ow-stage-icon" aria-hidden="true">
          {STAGE_ICONS[id]}
        </span>
        <div>
          <b>
            {number}. {t[id]}
          </b>
          <small>{t[`${id}Hint`]}</small>
        </div>
      </div>
      <div className="ow-stage-state">
        {STATE_ICONS[state]} {t[state]}
        {stage?.sinceMs !== undefined && <small title={formatDateTime(stage.sinceMs)}> {t.since(formatMoment(stage.sinceMs, nowMs))}</small>}
      </div>
      <p>{sentenceOf(link, t, language)}</p>
      {stage && <Figures figures={stage.figures} nowMs={nowMs} />}
    </li>
  )
}

function Figures({ figures, nowMs }: { readonly figures: Readonly<Record<string, number | string>>; readonly nowMs: number }): ReactNode {
  const language = useLanguage()
  const entries = Object.entries(figures)
  if (entries.length === 0) return null
  return (
    <dl>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{figureNames[name]?.[language] ?? name}</dt>
          <dd>{figureText(name, value, nowMs, language)}</dd>
        </div>
      ))}
    </dl>
  )
}

function sentenceOf(link: ChainLink, t: { notLive: string; noFacts: string; beyond: string }, language: Language): string {
  if (link.id === 'screen' && link.state === 'broken') return t.notLive
  if (link.stage) return link.stage.detail[language]
  return link.isBeyond ? t.beyond : t.noFacts
}

function figureText(name: string, value: number | string, nowMs: number, language: Language): string {
  if (name === 'reason' && typeof value === 'string') return reasonName(value, language) || '—'
  if (name === 'state' && typeof value === 'string') return deviceStates[value]?.[language] ?? value
  const form = figureForm(name, value)
  switch (form.kind) {
    case 'moment':
      return formatMoment(form.ms, nowMs)
    case 'span':
      return formatSpan(form.ms, language)
    case 'text':
      return form.text
  }
}
