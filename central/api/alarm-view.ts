import { SENSOR_TYPES } from '@orewatch/core'
import type { Alarm } from '../alarms/index.ts'
import type { AlarmItem } from './contract.ts'
import type { RegisterIndex } from './register-view.ts'
import { numberOrNull } from './views.ts'

/** An alarm as the contract shows it, with the names that the register has for what it is about. */
export function toAlarmItem(
  alarm: Alarm,
  { index, titleOf, nowMs }: { readonly index: RegisterIndex; readonly titleOf: (ruleId: string) => { readonly zh: string; readonly en: string }; readonly nowMs: number },
): AlarmItem {
  const point = alarm.pointId === undefined ? undefined : index.points.get(alarm.pointId)
  const mine = alarm.subjectCode === undefined ? undefined : index.mineByCode.get(alarm.subjectCode)
  const { id, ruleId, ruleVersion, subject, level, startMs, atMs, area, isActive, isAcknowledged, isValueUnknown, isHistorical, revision } = alarm
  return {
    id,
    rule: { id: ruleId, version: ruleVersion, ...titleOf(ruleId) },
    subject,
    level,
    state: stateOf(alarm, nowMs),
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

/** The one word of ISA-18.2 for an alarm: why nobody is called comes before how the value stands. */
export function stateOf(alarm: Pick<Alarm, 'isActive' | 'isAcknowledged' | 'isHistorical' | 'isOutOfService' | 'suppressedBy' | 'shelvedUntilMs'>, nowMs: number): AlarmItem['state'] {
  if (alarm.isHistorical) return 'historical'
  if (alarm.isOutOfService) return 'out-of-service'
  if (alarm.suppressedBy !== undefined) return 'suppressed'
  if (alarm.shelvedUntilMs !== undefined && alarm.shelvedUntilMs > nowMs) return 'shelved'
  if (alarm.isActive) return alarm.isAcknowledged ? 'acknowledged' : 'unacknowledged'
  return alarm.isAcknowledged ? 'normal' : 'returned'
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))) as Partial<Pick<T, K>>
}
