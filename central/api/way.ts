/*
 * "Where has my value stopped?": judges the eight stages of one point's way from what the parts of the system know.
 * Pure: it asks nobody and reads no clock. The early stages are only seen through the later ones (a gateway's status
 * comes over its uplink), so a stage that cannot be seen is `unknown`, never a stale `ok`.
 */
import { Q, reasonOf } from '@orewatch/core'
import type { DeviceStatus, GatewayStatus } from '@orewatch/protocol'
import { join, sayDuration, sayQuality, sayReason, type Sentence } from './way-sentences.ts'

/** The stages of a reading, in the order in which it passes them. */
export const WAY_STAGES = ['device', 'driver', 'outbox', 'uplink', 'broker', 'ingest', 'store', 'screen'] as const

/** One stage of the way. */
export type WayStageId = (typeof WAY_STAGES)[number]

/** How a stage stands for this point: `late` works but behind, `unknown` cannot be judged from what is known. */
export type WayState = 'ok' | 'late' | 'broken' | 'unknown'

/** The judgement on one stage. */
export interface WayStage {
  readonly id: WayStageId
  readonly state: WayState
  readonly sinceMs?: number
  readonly detail: Sentence
  readonly figures: Readonly<Record<string, number | string>>
}

/** All stages and the answer; `stage` is the one where the value stopped, absent when it arrives. */
export interface WayVerdict {
  readonly stages: readonly WayStage[]
  readonly verdict: Sentence & { readonly stage?: WayStageId }
}

/** What the parts know of one point; all times UTC ms, a time that is absent was never seen since start. */
export interface WayInputs {
  readonly device: string
  /** Expected period; 0 means on change, and then only the heartbeat is awaited. */
  readonly periodMs: number
  readonly gateway: {
    readonly node: string
    readonly isOnline: boolean
    readonly sinceMs?: number
    readonly lastMessageMs?: number
    readonly status?: GatewayStatus
    /** When central received `status`, by central's clock. */
    readonly statusReceivedMs?: number
  }
  readonly broker: { readonly ok: boolean; readonly note: string }
  readonly ingest: {
    readonly ok: boolean
    readonly note: string
    readonly lastReceivedMs?: number
    readonly lastQueuedMs?: number
    readonly lastRefusedMs?: number
    readonly refusal?: string
  }
  readonly store: {
    readonly ok: boolean
    readonly note: string
    /** Event time of the newest stored sample, and what it says. */
    readonly newest?: { readonly timeMs: number; readonly quality: number; readonly reason: number }
  }
  readonly screen: { readonly viewers: number; readonly lastPushMs?: number }
}

/** A gateway reports every 10 s; three missed reports and its word is old. */
export const STATUS_FRESH_MS = 30_000
/** S17: more than three periods without a value is an interruption; the floor covers grouping on the way. */
export const LATE_FLOOR_MS = 15_000
const ON_CHANGE_HEARTBEAT_MS = 60_000
const BACKLOG_LATE_MS = 60_000
// Causes that lie in what the gateway was told, not in the device.
const SETUP_REASONS: ReadonlySet<string> = new Set(['certificate-untrusted', 'access-denied', 'illegal-address', 'word-order', 'protocol-error', 'stopped'])

interface Case {
  readonly inputs: WayInputs
  readonly nowMs: number
  readonly lateAfterMs: number
  /** The gateway's own word, when it is recent enough to be believed. */
  readonly status?: GatewayStatus
  readonly deviceStatus?: DeviceStatus
  /** A stored sample is recent: whatever its quality, it went all the way. */
  readonly hasArrived: boolean
}

/** Judges every stage and names the first broken one, or the first late one when the value is missing. */
export function judgeWay(inputs: WayInputs, nowMs: number): WayVerdict {
  const facts = gather(inputs, nowMs)
  const judged = [device, driver, outbox, uplink, broker, ingest, store, screen].map((judge) => judge(facts))
  const stages = hideBehindBreak(judged, facts)
  return { stages, verdict: conclude(stages, facts) }
}

/** How long after its last sample a point counts as interrupted, in ms. */
export function lateAfterMs(periodMs: number): number {
  return Math.max(LATE_FLOOR_MS, 3 * (periodMs > 0 ? periodMs : ON_CHANGE_HEARTBEAT_MS))
}

function gather(inputs: WayInputs, nowMs: number): Case {
  const { gateway, broker: link, store: kept } = inputs
  const lateMs = lateAfterMs(inputs.periodMs)
  const heardMs = gateway.statusReceivedMs ?? gateway.lastMessageMs
  const isVisible = link.ok && gateway.isOnline && heardMs !== undefined && nowMs - heardMs <= STATUS_FRESH_MS
  const status = isVisible ? gateway.status : undefined
  const deviceStatus = status?.devices[inputs.device]
  const hasArrived = kept.newest !== undefined && nowMs - kept.newest.timeMs <= lateMs
  return { inputs, nowMs, lateAfterMs: lateMs, hasArrived, ...(status && { status }), ...(deviceStatus && { deviceStatus }) }
}

function stage(id: WayStageId, state: WayState, detail: Sentence, sinceMs?: number, figures: WayStage['figures'] = {}): WayStage {
  return { id, state, detail, figures, ...(sinceMs !== undefined && { sinceMs }) }
}

function unseen(id: WayStageId): WayStage {
  return stage(id, 'unknown', { zh: '看不到：网关当前没有状态报告', en: 'not visible: there is no current report from the gateway' })
}

function device(facts: Case): WayStage {
  const { inputs, deviceStatus: found, status } = facts
  const bad = facts.hasArrived ? badQuality(inputs.store.newest) : undefined
  if (found === undefined || status === undefined) return bad ?? unseen('device')
  const figures = { state: found.state, line: found.line, ...(found.lastReadMs !== undefined && { lastReadMs: found.lastReadMs }) }
  if (isLost(found) && !isSetupFault(found)) return stage('device', 'broken', sayLost(found), found.sinceMs, figures)
  if (found.state !== 'live')
    return stage('device', 'unknown', { zh: '网关尚未与设备正常通信，设备本身无从判断', en: 'the gateway is not talking to the device, so the device cannot be judged' }, found.sinceMs, figures)
  if (bad !== undefined) return { ...bad, figures: { ...figures, ...bad.figures } }
  // Both times are the gateway's, so its clock may be off without harm.
  const silentMs = status.timeMs - (found.lastReadMs ?? found.sinceMs)
  if (silentMs > facts.lateAfterMs) {
    const length = sayDuration(silentMs)
    return stage(
      'device',
      'late',
      { zh: `设备在线，但已 ${length.zh} 没有新读数：检查设备是否停止测量`, en: `the device is connected but gave no reading for ${length.en}: check whether it measures` },
      found.lastReadMs,
      figures,
    )
  }
  return stage('device', 'ok', { zh: '设备应答正常', en: 'the device answers' }, found.sinceMs, figures)
}

function badQuality(newest: WayInputs['store']['newest']): WayStage | undefined {
  if (newest === undefined) return undefined
  const { quality, reason, timeMs } = newest
  if (quality === Q.good || quality === Q.manual || quality === Q.backfilled) return undefined
  const name = sayQuality(quality)
  const why = reason === 0 ? { zh: '请现场检查', en: 'check on site' } : sayReason(reasonOf(reason))
  const detail = join({ zh: `读数已送达，但质量为“${name.zh}”`, en: `readings arrive, but with quality "${name.en}"` }, why)
  // Calibration and filed outages are intended: the way stands, only the value is not for use.
  const isIntended = quality === Q.calibrating || quality === Q.outOfService
  return stage('device', isIntended ? 'late' : 'broken', detail, timeMs, { quality, reason: reasonOf(reason) })
}

function driver(facts: Case): WayStage {
  const { status, deviceStatus: found, inputs } = facts
  if (status === undefined) return unseen('driver')
  if (found === undefined) {
    return stage('driver', 'broken', {
      zh: `网关 ${inputs.gateway.node} 上没有配置设备 ${inputs.device}：在网关配置里加入或恢复它`,
      en: `gateway ${inputs.gateway.node} has no device ${inputs.device}: add it to the gateway's configuration`,
    })
  }
  if (isSetupFault(found)) return stage('driver', 'broken', sayLost(found), found.sinceMs, { reason: found.reason ?? '' })
  if (found.state === 'starting') return stage('driver', 'late', { zh: '网关正在连接设备：稍候', en: 'the gateway is connecting to the device: wait' }, found.sinceMs)
  if (found.state === 'live' && isPointSilent(facts)) {
    return stage('driver', 'late', {
      zh: '设备有读数，但没有这个测点的：核对网关点表（profile）是否包含该测点',
      en: 'the device is read, but this point is not among the readings: check the profile at the gateway',
    })
  }
  return stage('driver', 'ok', { zh: '采集驱动正常', en: 'the driver works' }, found.sinceMs)
}

// A paused device is a lost one that the gateway asks more rarely; nobody has paused it, and it comes back by itself.
function isLost(found: DeviceStatus): boolean {
  return found.state === 'lost' || found.state === 'paused'
}

function isSetupFault(found: DeviceStatus): boolean {
  return isLost(found) && found.reason !== undefined && SETUP_REASONS.has(found.reason)
}

function sayLost(found: DeviceStatus): Sentence {
  const advice = sayReason(found.reason)
  return found.detail === undefined ? advice : { zh: `${advice.zh}（${found.detail}）`, en: `${advice.en} (${found.detail})` }
}

// Everything around it moves, nothing waits, and still nothing of this point comes: it is not being read.
function isPointSilent({ inputs, status, nowMs, lateAfterMs: lateMs, hasArrived }: Case): boolean {
  if (hasArrived || status === undefined || inputs.ingest.lastRefusedMs !== undefined) return false
  const { oldestMs } = status.outbox
  const isDrained = status.outbox.pending === 0 || oldestMs === undefined || status.timeMs - oldestMs < BACKLOG_LATE_MS
  const receivedMs = inputs.ingest.lastReceivedMs ?? inputs.store.newest?.timeMs
  return isDrained && inputs.ingest.ok && inputs.store.ok && (receivedMs === undefined || nowMs - receivedMs > lateMs)
}

function outbox({ status }: Case): WayStage {
  if (status === undefined) return unseen('outbox')
  const { pending, oldestMs, diskBytes, failure } = status.outbox
  const figures = { pending, diskBytes, ...(oldestMs !== undefined && { oldestMs }) }
  if (failure !== undefined)
    return stage(
      'outbox',
      'broken',
      { zh: `网关无法落盘（${failure}）：检查网关磁盘空间和读写`, en: `the gateway cannot write to its disk (${failure}): check space and health of the disk` },
      undefined,
      figures,
    )
  const waitedMs = oldestMs === undefined || pending === 0 ? 0 : status.timeMs - oldestMs
  if (waitedMs > BACKLOG_LATE_MS) {
    const length = sayDuration(waitedMs)
    return stage(
      'outbox',
      'late',
      { zh: `积压 ${pending} 条，最早的已等 ${length.zh}：正在补传，数据没有丢`, en: `${pending} records wait, the oldest for ${length.en}: they are being sent, nothing is lost` },
      oldestMs,
      figures,
    )
  }
  return stage('outbox', 'ok', { zh: `已落盘，待确认 ${pending} 条`, en: `on disk, ${pending} records await confirmation` }, undefined, figures)
}

function uplink({ inputs: { gateway, broker: link }, nowMs }: Case): WayStage {
  if (!link.ok) return stage('uplink', 'unknown', { zh: '中心与消息服务断开，看不到网关是否在线', en: 'central has lost the broker, so it cannot see the gateway' })
  const figures = gateway.lastMessageMs === undefined ? {} : { lastMessageMs: gateway.lastMessageMs }
  if (!gateway.isOnline) {
    const isNew = gateway.lastMessageMs === undefined && gateway.sinceMs === undefined
    const detail = isNew
      ? { zh: `网关 ${gateway.node} 还没有连上过：检查网关的地址、证书或口令`, en: `gateway ${gateway.node} has not connected yet: check its address and credentials` }
      : {
          zh: `网关 ${gateway.node} 离线：检查矿端网络、供电和网关程序；数据在网关里保存着，恢复后自动补传`,
          en: `gateway ${gateway.node} is offline: check network, power and program at the mine; its readings are kept there and follow by themselves`,
        }
    return stage('uplink', 'broken', detail, gateway.sinceMs ?? gateway.lastMessageMs, figures)
  }
  const silentMs = gateway.lastMessageMs === undefined ? 0 : nowMs - gateway.lastMessageMs
  if (silentMs > STATUS_FRESH_MS) {
    const length = sayDuration(silentMs)
    return stage(
      'uplink',
      'late',
      {
        zh: `网关在线，但已 ${length.zh} 没有消息：链路可能拥塞，持续则检查网络`,
        en: `the gateway is connected but silent for ${length.en}: the link may be congested; check the network if it lasts`,
      },
      gateway.lastMessageMs,
      figures,
    )
  }
  return stage('uplink', 'ok', { zh: '网关在线', en: 'the gateway is online' }, gateway.sinceMs, figures)
}

function broker({ inputs: { broker: link } }: Case): WayStage {
  if (link.ok) return stage('broker', 'ok', { zh: '消息服务正常', en: 'the broker works' })
  return stage('broker', 'broken', {
    zh: `消息服务不通（${link.note}）：检查消息服务程序、地址和口令；网关会保存数据`,
    en: `the broker cannot be reached (${link.note}): check its program, address and credentials; gateways keep their readings`,
  })
}

function ingest({ inputs: { ingest: part, store: behind }, nowMs, lateAfterMs: lateMs, hasArrived }: Case): WayStage {
  const figures = pick({ lastReceivedMs: part.lastReceivedMs, lastQueuedMs: part.lastQueuedMs, lastRefusedMs: part.lastRefusedMs })
  // It holds back because the store takes nothing: the store is what somebody must look at.
  if (!part.ok && !behind.ok)
    return stage('ingest', 'late', { zh: `接收在等待存储（${part.note}）；网关会重发`, en: `ingest waits for the store (${part.note}); gateways send again` }, undefined, figures)
  if (!part.ok)
    return stage(
      'ingest',
      'broken',
      { zh: `接收程序异常（${part.note}）：查看中心日志；网关会重发`, en: `ingest is in trouble (${part.note}): see central's log; gateways send again` },
      undefined,
      figures,
    )
  // One conflicting sample among good ones is refused and kept; the value as such still arrives.
  const isQueuing = hasArrived && part.lastQueuedMs !== undefined && nowMs - part.lastQueuedMs <= lateMs
  const isRefused = part.lastRefusedMs !== undefined && part.lastRefusedMs >= (part.lastQueuedMs ?? 0)
  if (isRefused && !isQueuing) {
    const why = part.refusal ?? 'unknown'
    return stage(
      'ingest',
      'broken',
      { zh: `中心拒收并隔离（${why}）：到“隔离区”查看并认领`, en: `central refuses it and keeps it in quarantine (${why}): look there and adopt it` },
      part.lastRefusedMs,
      { ...figures, refusal: why },
    )
  }
  if (part.lastReceivedMs === undefined && !hasArrived)
    return stage('ingest', 'unknown', { zh: '中心启动以来没有收到过该测点', en: 'nothing of this point was received since central started' }, undefined, figures)
  const silentMs = part.lastReceivedMs === undefined ? 0 : nowMs - part.lastReceivedMs
  if (silentMs > lateMs && !hasArrived) {
    const length = sayDuration(silentMs)
    return stage('ingest', 'late', { zh: `已 ${length.zh} 没有收到该测点`, en: `nothing of this point for ${length.en}` }, part.lastReceivedMs, figures)
  }
  return stage('ingest', 'ok', { zh: '接收正常', en: 'received' }, part.lastReceivedMs, figures)
}

function store({ inputs: { store: part, ingest: before }, nowMs, lateAfterMs: lateMs, hasArrived }: Case): WayStage {
  const newestMs = part.newest?.timeMs
  const figures = pick({ newestMs })
  if (!part.ok)
    return stage(
      'store',
      'broken',
      { zh: `存储不可写（${part.note}）：检查存储程序和磁盘；数据在网关里保存着`, en: `the store takes no writes (${part.note}): check it and its disk; the readings are kept at the gateways` },
      undefined,
      figures,
    )
  if (hasArrived) return stage('store', 'ok', { zh: '已入库', en: 'stored' }, newestMs, figures)
  const isQueued = before.lastQueuedMs !== undefined && nowMs - before.lastQueuedMs <= lateMs
  if (isQueued) return stage('store', 'late', { zh: '正在入库，当前写入的是较早的数据（补传）', en: 'writing, but what it writes is of an earlier time (backlog)' }, newestMs, figures)
  return stage(
    'store',
    newestMs === undefined ? 'unknown' : 'late',
    newestMs === undefined
      ? { zh: '库中还没有该测点的数据', en: 'nothing of this point is stored yet' }
      : { zh: `最新入库的数据已过 ${sayDuration(nowMs - newestMs).zh}`, en: `the newest stored value is ${sayDuration(nowMs - newestMs).en} old` },
    newestMs,
    figures,
  )
}

function screen({ inputs: { screen: part, store: kept, ingest: before }, nowMs, hasArrived }: Case): WayStage {
  const figures = { viewers: part.viewers, ...pick({ lastPushMs: part.lastPushMs }) }
  if (!hasArrived) return stage('screen', 'unknown', { zh: '没有新数据可显示', en: 'there is nothing new to show' }, part.lastPushMs, figures)
  if (part.viewers === 0) return stage('screen', 'ok', { zh: '当前没有打开的实时画面', en: 'no live view is open' }, undefined, figures)
  const enteredMs = before.lastQueuedMs ?? kept.newest?.timeMs ?? 0
  const behindMs = enteredMs - (part.lastPushMs ?? 0)
  if (behindMs > LATE_FLOOR_MS && nowMs - enteredMs > LATE_FLOOR_MS) {
    return stage('screen', 'broken', { zh: '实时推送停滞：刷新页面，持续则重启中心服务', en: 'the live feed has stalled: reload the page; if it stays, restart central' }, part.lastPushMs, figures)
  }
  return stage('screen', 'ok', { zh: '实时推送正常', en: 'the live feed works' }, part.lastPushMs, figures)
}

// Behind a break nothing passes, so what stands there says nothing about this value, unless a fresh sample proves the way.
function hideBehindBreak(stages: readonly WayStage[], facts: Case): readonly WayStage[] {
  const first = stages.findIndex((s) => s.state === 'broken')
  if (first < 0) return stages
  return stages.map((s, i) => {
    if (i <= first || (facts.hasArrived && s.state === 'ok')) return s
    const own = s.state === 'broken' ? { zh: `；它自己报告：${s.detail.zh}`, en: `; it reports by itself: ${s.detail.en}` } : { zh: '', en: '' }
    return { ...s, state: 'unknown' as const, detail: { zh: `前面已断，此处无从判断${own.zh}`, en: `the way is broken before it, so it cannot be judged${own.en}` } }
  })
}

function conclude(stages: readonly WayStage[], { inputs, nowMs, hasArrived }: Case): WayVerdict['verdict'] {
  const broken = stages.find((s) => s.state === 'broken')
  if (broken !== undefined) return { stage: broken.id, ...named(broken) }
  const newest = inputs.store.newest
  const late = stages.find((s) => s.state === 'late')
  if (late !== undefined && (!hasArrived || late.id === 'device')) return { stage: late.id, ...named(late) }
  if (hasArrived && newest !== undefined) {
    const age = sayDuration(nowMs - newest.timeMs)
    return { zh: `数值正常到达，最新一条在 ${age.zh}前`, en: `the value arrives; the newest is ${age.en} old` }
  }
  const reason =
    newest === undefined
      ? { zh: '还没有数据：等待第一条读数，超过三个周期仍没有则检查网关', en: 'no value yet: wait for the first reading; if none comes within three periods, check the gateway' }
      : {
          zh: `最新一条在 ${sayDuration(nowMs - newest.timeMs).zh}前，各环节没有报错：检查设备是否停止上报`,
          en: `the newest value is ${sayDuration(nowMs - newest.timeMs).en} old and no stage reports a fault: check whether the device still reports`,
        }
  return reason
}

const STAGE_NAMES: Readonly<Record<WayStageId, Sentence>> = {
  device: { zh: '设备', en: 'device' },
  driver: { zh: '采集', en: 'driver' },
  outbox: { zh: '网关缓存', en: 'outbox' },
  uplink: { zh: '上传链路', en: 'uplink' },
  broker: { zh: '消息服务', en: 'broker' },
  ingest: { zh: '接收', en: 'ingest' },
  store: { zh: '存储', en: 'store' },
  screen: { zh: '画面', en: 'screen' },
}

function named({ id, detail }: WayStage): Sentence {
  const name = STAGE_NAMES[id]
  return { zh: `停在“${name.zh}”：${detail.zh}`, en: `stopped at ${name.en}: ${detail.en}` }
}

function pick(figures: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== undefined))
}
