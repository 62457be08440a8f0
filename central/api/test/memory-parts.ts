/* A second, small implementation of the ports that the interface stands on: two counties in memory, for its tests. */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sample, type SampleColumns, columnsOf } from '@orewatch/core'
import type { GatewayStatus } from '@orewatch/protocol'
import { defineErrors } from '@orewatch/core'
import { type Alarm, journalErrors } from '../../alarms/index.ts'
import { openExporter } from '../../export/index.ts'
import type { AuditEntry, Role, User } from '../../kernel/access/index.ts'
import type { QuarantineGroup } from '../../quarantine/index.ts'
import type { DataScope, DeviceRow, Gateway, MineOverview, PointRow } from '../../registry/index.ts'
import type { LatestSample } from '../../telemetry/store.ts'
import type { ApiParts, GatewaySession, PointTrace } from '../parts.ts'

const loginErrors = defineErrors('ACCESS', {
  LOGIN_REFUSED: { retry: 'never', message: 'Wrong.' },
  LOCKED: { retry: 'later', message: 'Locked.' },
})

/** Password of every account in memory. */
export const PASSWORD = 'Right-horse-9'

/** Point codes of the two counties. */
export const POINT_1 = '9901211000010101010001'
export const POINT_2 = '9901223000011008010001'

/** Alarms of the two counties. */
export const ALARM_1 = '1'.repeat(32)
export const ALARM_2 = '2'.repeat(32)

/** Everything a test may look at or change. */
export interface MemoryParts extends ApiParts {
  readonly audited: AuditEntry[]
  readonly accounts: Map<string, User>
  readonly tokens: Map<string, number>
  readonly newest: Map<number, LatestSample>
  readonly rows: Map<number, Sample[]>
  readonly sessionsOfGateways: Map<number, GatewaySession>
  readonly traces: Map<number, PointTrace>
  readonly groups: QuarantineGroup[]
  readonly healths: { broker: { ok: boolean; note: string }; ingest: { ok: boolean; note: string }; store: { ok: boolean; note: string }; relational: { ok: boolean; note: string } }
  addUser(login: string, roles: readonly Role[], divisionPrefix: string, subjectCodes?: readonly string[]): User
  emit(samples: SampleColumns): void
  readonly raised: Map<string, Alarm>
  /** Tells the listeners of alarms. */
  tell(alarms: readonly Alarm[]): void
  listenerCount(): number
}

const mines: readonly MineOverview[] = [
  { subjectCode: '990121100001', name: '示例一号铁矿', divisionCode: '990121', kind: '1', gateways: 1, devices: 1, points: 1 },
  { subjectCode: '990122300001', name: '示例二号尾矿库', divisionCode: '990122', kind: '3', gateways: 1, devices: 1, points: 1 },
]
const gateways: readonly Gateway[] = [
  { id: 1, group: '990121', node: 'gw-u1', subjectCode: '990121100001' },
  { id: 2, group: '990122', node: 'gw-t2', subjectCode: '990122300001' },
]
const devices: readonly DeviceRow[] = [
  { id: 1, gateway: 1, gatewayKey: '990121/gw-u1', name: 'gas-1', title: '一号分站', profile: 'gas-substation', points: 1 },
  { id: 2, gateway: 2, gatewayKey: '990122/gw-t2', name: 'piezo-1', points: 1 },
]
const points: readonly PointRow[] = [
  {
    id: 11,
    pointCode: POINT_1,
    gateway: 1,
    gatewayKey: '990121/gw-u1',
    device: 'gas-1',
    metric: 'CO',
    unit: 'ppm',
    sensorType: '0101',
    periodMs: 20_000,
    subjectCode: '990121100001',
    divisionCode: '990121',
    title: '回风巷 CO',
    place: '-120 m',
    rangeLo: 0,
    rangeHi: 500,
  },
  {
    id: 22,
    pointCode: POINT_2,
    gateway: 2,
    gatewayKey: '990122/gw-t2',
    device: 'piezo-1',
    metric: 'piezometer',
    unit: 'kPa',
    sensorType: '0801',
    periodMs: 600_000,
    subjectCode: '990122300001',
    divisionCode: '990122',
  },
]

/** A fresh set of parts. */
export function memoryParts(): MemoryParts {
  const accounts = new Map<string, User>()
  const tokens = new Map<string, number>()
  const audited: AuditEntry[] = []
  const newest = new Map<number, LatestSample>()
  const rows = new Map<number, Sample[]>()
  const sessionsOfGateways = new Map<number, GatewaySession>()
  const traces = new Map<number, PointTrace>()
  const listeners = new Set<(samples: SampleColumns) => void>()
  const raised = new Map([alarmOf(ALARM_1, points[0] as PointRow), alarmOf(ALARM_2, points[1] as PointRow)].map((alarm) => [alarm.id, alarm]))
  const alarmListeners = new Set<(alarms: readonly Alarm[]) => void>()
  const fine = () => ({ ok: true, note: 'works' })
  const healths = { broker: fine(), ingest: fine(), store: fine(), relational: fine() }
  const groups = [groupOf(1, '990121/gw-u1'), groupOf(2, '990122/gw-t2'), groupOf(3, '990129/stranger')]
  const userOf = (id: number | undefined) => [...accounts.values()].find((user) => user.id === id)
  const store: ApiParts['store'] = {
    name: 'memory',
    health: () => healths.store,
    latest: async (ids) => ids.flatMap((id) => newest.get(id) ?? []),
    range: async (point, fromMs, toMs, limit) => {
      const found = (rows.get(point) ?? []).filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs)
      const next = found[limit]
      return { samples: columnsOf(found.slice(0, limit)), ...(next !== undefined && { nextMs: next.timeMs }) }
    },
    aggregate: async (point, fromMs) => (rows.has(point) ? [{ startMs: fromMs, count: 2, good: 0, min: Number.NaN, max: Number.NaN, mean: Number.NaN, last: Number.NaN }] : []),
  }
  return {
    audited,
    accounts,
    tokens,
    newest,
    rows,
    sessionsOfGateways,
    traces,
    groups,
    healths,
    addUser: (login, roles, divisionPrefix, subjectCodes) => {
      const user: User = { id: accounts.size + 1, login, displayName: login, roles, divisionPrefix, mustChangePassword: false, ...(subjectCodes && { subjectCodes }) }
      accounts.set(login, user)
      return user
    },
    emit: (samples) => {
      for (const listener of listeners) listener(samples)
    },
    listenerCount: () => listeners.size,
    raised,
    tell: (alarms) => {
      for (const listener of alarmListeners) listener(alarms)
    },
    alarms: {
      get: async (id) => raised.get(id),
      list: async ({ scope, limit, pointId }) => ({
        rows: [...raised.values()].filter((alarm) => isIn(alarm as { divisionCode: string; subjectCode: string }, scope) && (pointId ?? alarm.pointId) === alarm.pointId).slice(0, limit),
      }),
      log: async () => [{ id: 1, kind: 'raise', atMs: 5, level: 'yellow', detail: {}, recordedMs: 6 }],
      openCounts: async (scope) =>
        [...raised.values()]
          .filter((alarm) => isIn(alarm as { divisionCode: string; subjectCode: string }, scope))
          .map(({ subjectCode = '', level }) => ({ subjectCode, level, count: 1, unacknowledged: 1 })),
      act: async (id, revision, actor, action) => {
        const alarm = raised.get(id)
        if (alarm === undefined || alarm.revision !== revision) throw journalErrors.STALE({ id })
        const after = { ...alarm, ...(action.kind === 'acknowledge' && { isAcknowledged: true, acknowledgedBy: actor }) }
        raised.set(id, after)
        return after
      },
      describeRule: () => ({ title: { zh: '一氧化碳超限', en: 'carbon monoxide' }, measures: 'value' }),
      onChange: (listener) => {
        alarmListeners.add(listener)
        return () => alarmListeners.delete(listener)
      },
    },
    users: {
      byLogin: async (login) => accounts.get(login),
      changePassword: async (_id, oldPassword) => {
        if (oldPassword !== PASSWORD) throw loginErrors.LOGIN_REFUSED()
      },
    },
    sessions: {
      login: async (login, password) => {
        const user = accounts.get(login)
        if (login === 'locked') throw loginErrors.LOCKED({ untilMs: 1_800_000_000_000 })
        if (user === undefined || password !== PASSWORD) throw loginErrors.LOGIN_REFUSED()
        const token = `token-${tokens.size}-${login}`
        tokens.set(token, user.id)
        return { token, user }
      },
      resolve: async (token) => userOf(tokens.get(token)),
      logout: async (token) => void tokens.delete(token),
    },
    audit: { append: async (entry) => void audited.push(entry) },
    registry: {
      overview: async (scope) => mines.filter((mine) => isIn(mine, scope)).map(({ divisionCode }) => ({ divisionCode, name: `县${divisionCode}`, mines: 1, gateways: 1, points: 1 })),
      mines: async (scope) => ({ rows: mines.filter((mine) => isIn(mine, scope)) }),
      mine: async (subjectCode) => mines.find((mine) => mine.subjectCode === subjectCode),
      gateways: async (scope) => gateways.filter(({ subjectCode }) => mines.some((mine) => mine.subjectCode === subjectCode && isIn(mine, scope))),
      gatewayByTopic: async (group, node) => gateways.find((gateway) => gateway.group === group && gateway.node === node),
      devices: async (subjectCode) => devices.filter((device) => gateways.some((g) => g.id === device.gateway && g.subjectCode === subjectCode)),
      points: async ({ scope, subjectCode, after, limit, text }) => {
        const found = points.filter(
          (point) => isIn(point, scope) && (subjectCode ?? point.subjectCode) === point.subjectCode && point.pointCode > (after ?? '') && (point.title ?? '').includes(text ?? ''),
        )
        const page = found.slice(0, limit)
        const last = page.at(-1)
        return { rows: page, ...(found.length > limit && last !== undefined && { next: last.pointCode }) }
      },
      pointByCode: async (pointCode) => points.find((point) => point.pointCode === pointCode),
      pointsById: async (ids) => points.filter((point) => ids.includes(point.id)),
    },
    quarantine: {
      groups: async ({ scope, reason, limit }) => ({
        rows: groups.filter((g) => g.gatewayKey.startsWith(scope.divisionPrefix) && scope.subjectCodes === undefined && (reason ?? g.reason) === g.reason).slice(0, limit),
      }),
      group: async (id) => groups.find((group) => group.id === id),
      samples: async () => ({ rows: [{ timeMs: 5, value: '1.5', quality: 0, reasonCode: 0, flags: 0, receivedMs: 6 }] }),
    },
    adopt: async () => ({ stored: 3, conflicts: 1, point: points[0] as PointRow }),
    ingest: {
      health: () => healths.ingest,
      brokerHealth: () => healths.broker,
      stats: () => ({ pointsPerSecond: 12, queueBytes: 0, dropped: 0 }),
      session: (gateway) => sessionsOfGateways.get(gateway) ?? { isOnline: false },
      trace: (point) => traces.get(point) ?? {},
      onSamples: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    store,
    exporter: openExporter({ store, directory: join(tmpdir(), `orewatch-memory-parts-${randomUUID()}`) }),
    relational: { health: () => healths.relational },
  }
}

/** A gateway's report in which everything is well. */
export function healthyStatus(nowMs: number): GatewayStatus {
  return {
    timeMs: nowMs,
    devices: { 'gas-1': { line: 'tcp', state: 'live', sinceMs: nowMs - 60_000, lastReadMs: nowMs - 500 } },
    outbox: { incarnation: 'a', pending: 3, oldestMs: nowMs - 800, diskBytes: 1_000 },
    uplink: { sinceMs: nowMs - 60_000, inFlightBytes: 0, resent: 0, backlog: 0 },
    clock: { source: 'ntp', offsetMs: 2, isTrusted: true },
  }
}

function alarmOf(id: string, { id: pointId, pointCode, subjectCode, divisionCode }: PointRow): Alarm {
  return {
    id,
    ruleId: 'GAS-1.CO',
    ruleVersion: 1,
    subject: pointCode,
    pointId,
    subjectCode,
    divisionCode,
    level: 'yellow',
    startMs: 1_000,
    atMs: 2_000,
    value: 30,
    limit: 24,
    peak: 31,
    area: 12,
    isActive: true,
    isValueUnknown: false,
    isHistorical: false,
    isAcknowledged: false,
    isOutOfService: false,
    revision: 1,
  }
}

function groupOf(id: number, gatewayKey: string): QuarantineGroup {
  const subject = gateways.find((gateway) => `${gateway.group}/${gateway.node}` === gatewayKey)?.subjectCode
  return {
    id,
    gatewayKey,
    device: 'd',
    metric: 'm',
    reason: 'unknown-point',
    detail: 'no such point',
    count: 1,
    kept: 1,
    dropped: 0,
    adopted: 0,
    firstMs: 1,
    lastMs: 5,
    lastValue: '1.5',
    lastReceivedMs: 6,
    divisionCode: gatewayKey.slice(0, 6),
    ...(subject !== undefined && { subjectCode: subject }),
  }
}

function isIn({ divisionCode, subjectCode }: { readonly divisionCode: string; readonly subjectCode: string }, scope: DataScope): boolean {
  return divisionCode.startsWith(scope.divisionPrefix) && (scope.subjectCodes?.includes(subjectCode) ?? true)
}
