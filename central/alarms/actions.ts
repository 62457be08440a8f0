/*
 * What people may do to an alarm, by the state machine that gateway and central share (packages/alarm-rules), and what it
 * changes in the journal. Pure.
 */
import { act, type AlarmRecord, stateOf } from '@orewatch/alarm-rules'
import type { Alarm, AlarmAction } from './alarms.ts'
import { journalErrors } from './errors.ts'

/** What an action changes; `shelvedUntilMs` is there and undefined when shelving ends. */
export interface AlarmChange {
  readonly isAcknowledged?: boolean
  readonly acknowledgedBy?: string
  readonly acknowledgedMs?: number
  readonly shelvedUntilMs?: number | undefined
  readonly isOutOfService?: boolean
  readonly cause?: string
  readonly note?: string
}

/** What an action changes; throws an ALARM_* error when the alarm does not allow it. */
export function changeOf(alarm: Alarm, { actor, action, nowMs }: { readonly actor: string; readonly action: AlarmAction; readonly nowMs: number }): AlarmChange {
  const { note } = action
  // Also of what is over: causes are found afterwards.
  if (action.kind === 'explain') return { cause: action.cause, note: action.note }
  if (alarm.isHistorical) throw journalErrors.HISTORICAL({ id: alarm.id, action: action.kind })
  const by = { who: actor, atMs: nowMs, ...(note !== undefined && { why: note }) }
  const { alarm: after } = act(recordOf(alarm), action.kind === 'shelve' ? { do: 'shelve', untilMs: action.untilMs } : { do: action.kind }, by)
  if (action.kind === 'acknowledge') return { isAcknowledged: true, acknowledgedBy: actor, acknowledgedMs: Math.round(nowMs), ...(note !== undefined && { note }) }
  return { shelvedUntilMs: after.shelvedUntilMs === undefined ? undefined : Math.round(after.shelvedUntilMs), isOutOfService: after.isOutOfService }
}

/** The one word for an alarm, as the portal shows it. */
export function alarmStateOf(alarm: Alarm): ReturnType<typeof stateOf> | 'historical' {
  return alarm.isHistorical ? 'historical' : stateOf(recordOf(alarm))
}

function recordOf(alarm: Alarm): AlarmRecord {
  const { id, ruleId, ruleVersion, subject, startMs, level, isActive, isAcknowledged, isValueUnknown, isOutOfService, area, shelvedUntilMs, suppressedBy, endMs } = alarm
  return {
    id,
    ruleId,
    ruleVersion,
    subject,
    startMs,
    level,
    isActive,
    isAcknowledged,
    isValueUnknown,
    isOutOfService,
    area,
    worstLevel: level,
    isLatching: false,
    isReset: false,
    peak: alarm.peak ?? Number.NaN,
    changedMs: 0,
    ...(shelvedUntilMs !== undefined && { shelvedUntilMs }),
    ...(suppressedBy !== undefined && { suppressedBy }),
    ...(endMs !== undefined && { endMs }),
  }
}
