import { CheckCircleFilled, DisconnectOutlined, LoadingOutlined, PauseCircleFilled, QuestionCircleOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'
import type { DeviceState, DeviceSummary, GatewaySummary } from '../../api/contract.ts'
import { reasonName } from '../../reading/reason-names.ts'
import { Tag } from '../../reading/reading.tsx'
import { useLanguage } from '../../ui/preferences.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatMoment, formatSpan } from '../../ui/time.ts'
import { useNow } from '../../ui/use-now.ts'
import { texts } from './texts.ts'
import type { Counts, DeviceGroup } from './to-rows.ts'

// Offsets below this are network noise.
const CLOCK_NOISE_MS = 1_000

/** The gateways of a mine with link, backlog and clock. */
export function GatewayStrip({ gateways }: { readonly gateways: readonly GatewaySummary[] }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const nowMs = useNow()
  return (
    <ul className="ow-gateways ow-data" aria-label={t.gateways}>
      {gateways.map((gateway) => {
        const facts = [
          gateway.sinceMs === undefined ? '' : t.since(formatMoment(gateway.sinceMs, nowMs)),
          gateway.pending ? t.pending(gateway.pending) : '',
          gateway.pending && gateway.oldestMs !== undefined ? t.oldest(formatSpan(nowMs - gateway.oldestMs, language)) : '',
          Math.abs(gateway.clockOffsetMs ?? 0) > CLOCK_NOISE_MS ? t.clock(formatSpan(Math.abs(gateway.clockOffsetMs ?? 0), language)) : '',
          gateway.failure ?? '',
        ].filter(Boolean)
        return (
          <li key={gateway.id}>
            {gateway.isOnline ? <Tag standing="good" icon={<CheckCircleFilled />} text={t.online} /> : <Tag standing="bad" icon={<DisconnectOutlined />} text={t.offline} />}
            <b>{gateway.node}</b> <span className="ow-muted">{facts.join(' · ')}</span>
          </li>
        )
      })}
    </ul>
  )
}

/** One device per button: its state, and counts of what is wrong; pressing it shows only this device. */
export function DeviceStrip({
  groups,
  chosen,
  onChoose,
}: {
  readonly groups: readonly DeviceGroup[]
  readonly chosen: string | undefined
  readonly onChoose: (key: string | undefined) => void
}): ReactNode {
  const t = useTexts(texts)
  return (
    <div className="ow-devices ow-data" role="group" aria-label={t.devices}>
      <button type="button" aria-pressed={chosen === undefined} onClick={() => onChoose(undefined)}>
        {t.allDevices} <small>{groups.length}</small>
      </button>
      {groups.map((group) => (
        <button key={group.key} type="button" aria-pressed={chosen === group.key} title={group.key} onClick={() => onChoose(chosen === group.key ? undefined : group.key)}>
          <StateIcon state={group.device.state} /> {group.device.title ?? group.device.device} <TroubleCounts counts={group.counts} />
        </button>
      ))}
    </div>
  )
}

/** The head of a device within the table: state, since when, why, and counts. */
export function DeviceHead({ group }: { readonly group: DeviceGroup }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const nowMs = useNow()
  const { device } = group
  const why = [device.reason ? reasonName(device.reason, language) : '', device.detail ?? ''].filter(Boolean).join(' · ')
  return (
    <div className="ow-device-head">
      <b>{device.title ?? device.device}</b>
      <span className="ow-muted">{[device.gateway, device.title ? device.device : '', device.family ?? ''].filter(Boolean).join(' / ')}</span>
      <DeviceTag device={device} />
      {device.sinceMs !== undefined && <span className="ow-muted">{t.since(formatMoment(device.sinceMs, nowMs))}</span>}
      {why && <span className="ow-reason">{why}</span>}
      <TroubleCounts counts={group.counts} />
    </div>
  )
}

function DeviceTag({ device }: { readonly device: DeviceSummary }): ReactNode {
  const t = useTexts(texts)
  const icon = <StateIcon state={device.state} />
  switch (device.state) {
    case 'live':
      return <Tag standing="good" icon={icon} text={t.live} />
    case 'lost':
      return <Tag standing="bad" icon={icon} text={t.lost} />
    case 'starting':
      return <Tag standing="none" icon={icon} text={t.starting} />
    case 'paused':
      return <Tag standing="bad" icon={icon} text={t.paused} />
    case undefined:
      return <Tag standing="none" icon={icon} text={t.unknown} />
  }
}

function StateIcon({ state }: { readonly state: DeviceState | undefined }): ReactNode {
  const t = useTexts(texts)
  switch (state) {
    case 'live':
      return <CheckCircleFilled className="ow-tone-good" aria-label={t.live} />
    case 'lost':
      return <DisconnectOutlined className="ow-tone-bad" aria-label={t.lost} />
    case 'starting':
      return <LoadingOutlined aria-label={t.starting} />
    case 'paused':
      return <PauseCircleFilled className="ow-tone-bad" aria-label={t.paused} />
    case undefined:
      return <QuestionCircleOutlined className="ow-muted" aria-label={t.unknown} />
  }
}

function TroubleCounts({ counts }: { readonly counts: Counts }): ReactNode {
  const t = useTexts(texts)
  return (
    <small className="ow-counts">
      <span>
        {t.good} {counts.good}
      </span>
      {counts.bad > 0 && (
        <span className="ow-tone-bad">
          {t.bad} {counts.bad}
        </span>
      )}
      {counts.stale > 0 && (
        <span className="ow-tone-stale">
          {t.stale} {counts.stale}
        </span>
      )}
      {counts.none > 0 && (
        <span>
          {t.none} {counts.none}
        </span>
      )}
    </small>
  )
}
