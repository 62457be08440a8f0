import { SENSOR_TYPES } from '@orewatch/core'
import { type Alarm, alarmStateOf, type RuleWords } from '../alarms/index.ts'
import type { AlarmItem } from './contract.ts'
import type { RegisterIndex } from './register-view.ts'
import { numberOrNull } from './views.ts'

// Of what a rule compares when it is not the value of its point; periods and truths have none.
const UNITS: Readonly<Record<Exclude<RuleWords['measures'], 'value'>, string | undefined>> = { rain: 'mm', seconds: 's', periods: undefined, truth: undefined }

/** An alarm as the contract shows it, with the names that the register has for what it is about. */
export function toAlarmItem(alarm: Alarm, { index, describeRule }: { readonly index: RegisterIndex; readonly describeRule: (ruleId: string) => RuleWords }): AlarmItem {
  const point = alarm.pointId === undefined ? undefined : index.points.get(alarm.pointId)
  const mine = alarm.subjectCode === undefined ? undefined : index.mineByCode.get(alarm.subjectCode)
  const { title, measures } = describeRule(alarm.ruleId)
  const unit = measures === 'value' ? point?.unit : UNITS[measures]
  const shown = (value: number | undefined): number | null => (measures === 'truth' ? null : numberOrNull(value ?? Number.NaN))
  const { id, ruleId, ruleVersion, subject, level, startMs, atMs, area, isActive, isAcknowledged, isValueUnknown, isHistorical, revision } = alarm
  return {
    id,
    rule: { id: ruleId, version: ruleVersion, ...title },
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
    value: shown(alarm.value),
    limit: shown(alarm.limit),
    peak: shown(alarm.peak),
    ...(point !== undefined && { pointCode: point.pointCode, pointName: point.title ?? SENSOR_TYPES[point.sensorType]?.zh ?? point.metric }),
    ...(unit !== undefined && { unit }),
    ...(point?.place !== undefined && { place: point.place }),
    ...(alarm.subjectCode !== undefined && { subjectCode: alarm.subjectCode }),
    ...(mine !== undefined && { mineName: mine.name }),
    ...pick(alarm, ['endMs', 'shelvedUntilMs', 'suppressedBy', 'acknowledgedBy', 'acknowledgedMs', 'cause', 'note', 'raisedMs', 'gatewayMs']),
  }
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))) as Partial<Pick<T, K>>
}
