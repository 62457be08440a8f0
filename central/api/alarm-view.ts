import { SENSOR_TYPES } from '@orewatch/core'
import { type Alarm, alarmStateOf } from '../alarms/index.ts'
import type { AlarmItem } from './contract.ts'
import type { RegisterIndex } from './register-view.ts'
import { numberOrNull } from './views.ts'

/** An alarm as the contract shows it, with the names that the register has for what it is about. */
export function toAlarmItem(alarm: Alarm, { index, titleOf }: { readonly index: RegisterIndex; readonly titleOf: (ruleId: string) => { readonly zh: string; readonly en: string } }): AlarmItem {
  const point = alarm.pointId === undefined ? undefined : index.points.get(alarm.pointId)
  const mine = alarm.subjectCode === undefined ? undefined : index.mineByCode.get(alarm.subjectCode)
  const { id, ruleId, ruleVersion, subject, level, startMs, atMs, area, isActive, isAcknowledged, isValueUnknown, isHistorical, revision } = alarm
  return {
    id,
    rule: { id: ruleId, version: ruleVersion, ...titleOf(ruleId) },
    subject,
    level,
    state: alarmStateOf(alarm),
    startMs,
    atMs,
    area,
    isActive,
    isAcknowledged,
    isValueUnknown,
    isHistorical,
    revision,
    value: numberOrNull(alarm.value ?? Number.NaN),
    limit: numberOrNull(alarm.limit ?? Number.NaN),
    peak: numberOrNull(alarm.peak ?? Number.NaN),
    ...(point !== undefined && { pointCode: point.pointCode, pointName: point.title ?? SENSOR_TYPES[point.sensorType]?.zh ?? point.metric, unit: point.unit }),
    ...(point?.place !== undefined && { place: point.place }),
    ...(alarm.subjectCode !== undefined && { subjectCode: alarm.subjectCode }),
    ...(mine !== undefined && { mineName: mine.name }),
    ...pick(alarm, ['endMs', 'shelvedUntilMs', 'suppressedBy', 'acknowledgedBy', 'acknowledgedMs', 'cause', 'note', 'raisedMs', 'gatewayMs']),
  }
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))) as Partial<Pick<T, K>>
}
