/*
 * An imaginary county for tests of the portal: what central would answer, made from a seed time.
 * Not part of the product; the demo has its own fixtures and real data.
 */
import { formatPointCode, reasonCode, SENSOR_TYPES } from '@orewatch/core'
import type { Bucket, DeviceSummary, Latest, MineDetail, MineSummary, Overview, Point, QuarantineItem, SystemStatus, Way, WayStage } from '../api/contract.ts'

/** Subject code of the mine with all the trouble. */
export const MINE = '990121100001'
/** Subject code of a mine without trouble. */
export const OTHER_MINE = '990121200002'
const POND = '990121300003'

/** Codes of points that tests look at. */
export const CO_POINT = formatPointCode({ subjectCode: MINE, systemCode: '01', sensorTypeCode: '0101', serial: '0001' })

const CLASSES = ['0101', '0105', '0107', '0111', '0201', '0203', '0301', '0601'] as const
const HEALTHY: SystemStatus = {
  broker: { ok: true, note: 'aedes 127.0.0.1' },
  ingest: { ok: true, note: 'takes samples', pointsPerSecond: 312, queueBytes: 0, dropped: 0 },
  store: { ok: true, note: 'takes writes', name: 'duckdb' },
  relational: { ok: true, note: 'answers' },
}

/** What the store says when its disk is full. */
export const FULL_STORE: SystemStatus = { ...HEALTHY, store: { ok: false, note: '磁盘已满，暂停写入；网关保留数据', name: 'duckdb' } }

/** Everything the double knows; tests change it between two answers. */
export interface County {
  readonly points: Map<string, Point>
  readonly devices: DeviceSummary[]
  readonly quarantine: QuarantineItem[]
  status: SystemStatus
  stoppedAt: 'uplink' | undefined
}

/** Makes the county; `pointCount` points at the first mine. */
export function makeCounty(nowMs: number, pointCount = 48): County {
  const points = new Map<string, Point>()
  for (let i = 0; i < pointCount; i++) {
    const point = makePoint(i, nowMs)
    points.set(point.pointCode, point)
  }
  const deviceNames = [...new Set([...points.values()].map((point) => point.device))]
  const devices = deviceNames.map(
    (device, i): DeviceSummary => ({
      gateway: 'gw-01',
      device,
      family: i % 2 === 0 ? 'gas-substation' : 'ventilation-drainage-hoist',
      title: `${i + 1} 号分站`,
      ...(i === 1 ? { state: 'lost', sinceMs: nowMs - 754_000, reason: 'timeout', detail: '10.0.3.12:502 unit 2' } : { state: 'live', sinceMs: nowMs - 7_200_000 }),
    }),
  )
  return { points, devices, quarantine: makeQuarantine(nowMs), status: HEALTHY, stoppedAt: undefined }
}

function makePoint(i: number, nowMs: number): Point {
  const code = CLASSES[i % CLASSES.length] ?? '0101'
  const type = SENSOR_TYPES[code]
  const deviceNumber = Math.floor(i / 8)
  const latest: Latest =
    deviceNumber === 1
      ? { timeMs: nowMs - 754_000, value: null, quality: 2, reason: 'timeout', flags: 0 }
      : i === 2
        ? { timeMs: nowMs - 4_000, value: 65_535, quality: 4, reason: 'fault-code', flags: 0 }
        : { timeMs: nowMs - (i === 3 ? 400_000 : 3_000), value: type?.unit === 'bool' ? 1 : 2 + i / 10, quality: 0, reason: 'none', flags: 0 }
  return {
    pointCode: formatPointCode({ subjectCode: MINE, systemCode: code.startsWith('02') ? '04' : '01', sensorTypeCode: code, serial: String(i + 1).padStart(4, '0') }),
    name: `${100 + deviceNumber * 20} 中段 ${type?.zh ?? code}`,
    metric: `${type?.id ?? code}-${i + 1}`,
    device: `substation-${deviceNumber + 1}`,
    gateway: 'gw-01',
    subjectCode: MINE,
    sensorType: code,
    unit: type?.unit ?? '',
    periodMs: type?.periodMs ?? 20_000,
    place: `-${100 + deviceNumber * 20} m 回风巷`,
    latest,
    ...(type?.rangeLo === undefined ? {} : { rangeLo: type.rangeLo }),
    ...(type?.rangeHi === undefined ? {} : { rangeHi: type.rangeHi }),
  }
}

function makeQuarantine(nowMs: number): QuarantineItem[] {
  const times = { firstMs: nowMs - 3_600_000, lastMs: nowMs - 20_000 }
  return [
    { id: 1, gateway: 'gw-01', device: 'substation-9', metric: 'CO-east', reason: 'unknown-point', detail: 'announced without a point code', count: 180, lastValue: '12.5', ...times },
    { id: 2, gateway: 'gw-01', device: 'substation-1', metric: 'O2-2', reason: 'unit-mismatch', detail: 'announced %, class has %VOL', count: 60, lastValue: '20.8', ...times },
    { id: 3, gateway: 'gw-02', device: 'piezo-4', metric: 'piezometer', reason: 'time-skew', detail: '2 h ahead of central', count: 6, lastValue: '131.2', ...times },
    { id: 4, gateway: 'gw-77', device: 'box', metric: '<b>bold</b>', reason: 'unknown-gateway', detail: '990121/gw-77 is not registered', count: 3, lastValue: null, ...times },
  ]
}

/** GET /api/overview. */
export function overviewOf(county: County, nowMs: number): Overview {
  const first = mineOf(county, nowMs).mine
  const rest: MineSummary[] = [
    {
      subjectCode: OTHER_MINE,
      name: '石桥露天采石场',
      kind: '2',
      gateways: [{ id: 2, group: '990121', node: 'gw-02', isOnline: true }],
      points: 12,
      good: 12,
      bad: 0,
      stale: 0,
      lastSampleMs: nowMs - 2_000,
    },
    {
      subjectCode: POND,
      name: '柳沟尾矿库',
      kind: '3',
      gateways: [{ id: 3, group: '990121', node: 'gw-03', isOnline: false, sinceMs: nowMs - 5_400_000 }],
      points: 20,
      good: 0,
      bad: 0,
      stale: 20,
      lastSampleMs: nowMs - 5_400_000,
    },
  ]
  const mines = [first, ...rest]
  const sum = (of: (mine: MineSummary) => number) => mines.map(of).reduce((a, b) => a + b, 0)
  return {
    nowMs,
    counties: [
      { divisionCode: '990121', name: '示例县', mines },
      { divisionCode: '990122', name: '样板县', mines: [{ ...(rest[0] as MineSummary), subjectCode: '990122100001', name: '金岭铁矿', kind: '1' }] },
    ],
    totals: {
      mines: 4,
      gateways: 4,
      gatewaysOnline: 3,
      points: sum((m) => m.points) + 12,
      good: sum((m) => m.good) + 12,
      bad: sum((m) => m.bad),
      stale: sum((m) => m.stale),
      quarantined: county.quarantine.filter((item) => item.adoptedAs === undefined).length,
    },
  }
}

/** GET /api/mines/:subjectCode of the first mine. */
export function mineOf(county: County, nowMs: number): MineDetail {
  const points = [...county.points.values()]
  const bad = points.filter((point) => (point.latest?.quality ?? 2) !== 0).length
  const stale = points.filter((point) => point.latest?.quality === 0 && nowMs - point.latest.timeMs > 60_000).length
  const gateway = { id: 1, group: '990121', node: 'gw-01', isOnline: true, sinceMs: nowMs - 7_200_000, pending: 42, oldestMs: nowMs - 1_400, clockOffsetMs: 12 }
  return {
    mine: { subjectCode: MINE, name: '青石岭金矿', kind: '1', gateways: [gateway], points: points.length, good: points.length - bad - stale, bad, stale, lastSampleMs: nowMs - 900 },
    devices: county.devices,
    points,
  }
}

/** A gas wave after a blast: rises within minutes, decays over a quarter of an hour. */
export function coAt(timeMs: number): number {
  const minutes = (timeMs / 60_000) % 60
  return Math.round((3 + (60 * Math.max(0, minutes - 10) * Math.exp(-Math.max(0, minutes - 10) / 6)) / 6) * 10) / 10
}

/** GET …/samples: every 20 s, silent for eight minutes (40 to 32 minutes before now), without link from 20 to 14 minutes before. */
export function samplesOf(fromMs: number, toMs: number, nowMs: number): (readonly [number, number | null, number, number, number, number])[] {
  const rows: (readonly [number, number | null, number, number, number, number])[] = []
  for (let timeMs = Math.ceil(fromMs / 20_000) * 20_000; timeMs < Math.min(toMs, nowMs); timeMs += 20_000) {
    const ageMin = (nowMs - timeMs) / 60_000
    if (ageMin > 32 && ageMin < 40) continue
    const isLost = ageMin > 14 && ageMin < 20
    rows.push(isLost ? [timeMs, null, 2, reasonCode('timeout'), 0, 0] : [timeMs, coAt(timeMs), 0, 0, ageMin > 50 ? 1 : 0, 0])
  }
  return rows
}

/** GET …/aggregate, from the same samples. */
export function bucketsOf(fromMs: number, toMs: number, bucketMs: number, nowMs: number): Bucket[] {
  const buckets = new Map<number, number[]>()
  const counts = new Map<number, number>()
  for (const [timeMs, value] of samplesOf(fromMs, toMs, nowMs)) {
    const startMs = Math.floor(timeMs / bucketMs) * bucketMs
    counts.set(startMs, (counts.get(startMs) ?? 0) + 1)
    if (value !== null) buckets.set(startMs, [...(buckets.get(startMs) ?? []), value])
  }
  return [...counts].map(([startMs, count]) => {
    const values = buckets.get(startMs) ?? []
    if (values.length === 0) return { startMs, count, good: 0, min: null, max: null, mean: null, last: null }
    return { startMs, count, good: values.length, min: Math.min(...values), max: Math.max(...values), mean: values.reduce((a, b) => a + b, 0) / values.length, last: values.at(-1) ?? null }
  })
}

/** GET …/way. */
export function wayOf(county: County, point: Point, nowMs: number): Way {
  const ok = (id: WayStage['id'], zh: string, en: string, figures: WayStage['figures'] = {}): WayStage => ({ id, state: 'ok', sinceMs: nowMs - 7_200_000, detail: { zh, en }, figures })
  const stages: WayStage[] = [
    ok('device', '设备应答正常', 'the device answers', { state: 'live', line: '10.0.3.11:502', lastReadMs: nowMs - 800 }),
    ok('driver', '采集驱动正常', 'the driver works'),
    ok('outbox', '已落盘，待确认 42 条', 'on disk, 42 records await confirmation', { pending: 42, diskBytes: 7_340_032, oldestMs: nowMs - 1_400 }),
    ok('uplink', '网关在线', 'the gateway is online', { lastMessageMs: nowMs - 500 }),
    ok('broker', '消息服务正常', 'the broker works'),
    ok('ingest', '接收正常', 'received', { lastReceivedMs: nowMs - 400, lastQueuedMs: nowMs - 400 }),
    ok('store', '已入库', 'stored', { newestMs: nowMs - 900 }),
    ok('screen', '实时推送正常', 'the live feed works', { viewers: 1, lastPushMs: nowMs - 200 }),
  ]
  if (county.stoppedAt === undefined) return { point, nowMs, stages, verdict: { zh: '数值正常到达，最新一条在 1 秒前', en: 'the value arrives; the newest is 1 s old' } }
  const cut = {
    zh: '网关 gw-01 离线：检查矿端网络、供电和网关程序；数据在网关里保存着，恢复后自动补传',
    en: 'gateway gw-01 is offline: check network, power and program at the mine; its readings are kept there and follow by themselves',
  }
  const broken = stages.map((stage, i): WayStage => {
    if (stage.id === 'uplink') return { ...stage, state: 'broken', sinceMs: nowMs - 754_000, detail: cut, figures: { lastMessageMs: nowMs - 754_000 } }
    const hidden = { ...stage, state: 'unknown' as const, figures: {} }
    return i < 3
      ? { ...hidden, detail: { zh: '看不到：网关当前没有状态报告', en: 'not visible: there is no current report from the gateway' } }
      : { ...hidden, detail: { zh: '前面已断，此处无从判断', en: 'the way is broken before it, so it cannot be judged' } }
  })
  return { point, nowMs, stages: broken, verdict: { stage: 'uplink', zh: `停在“上传链路”：${cut.zh}`, en: `stopped at uplink: ${cut.en}` } }
}
