/*
 * What people may do to an alarm and what it changes, on the two axes of ISA-18.2 (active, acknowledged) and beside them
 * (shelved for a time, out of service). Pure. What values do is packages/alarm-rules.
 */
import type { Alarm, AlarmAction } from './alarms.ts'
import { alarmErrors } from './errors.ts'

/** Longest shelving; the alarm calls again then. A setting of the operator's rules later on. */
export const MAX_SHELVING_MS = 8 * 3_600_000

interface Change {
  readonly isAcknowledged?: boolean
  readonly acknowledgedBy?: string
  readonly acknowledgedMs?: number
  /** Absent or undefined: see whether the key is there. */
  readonly shelvedUntilMs?: number | undefined
  readonly isOutOfService?: boolean
  readonly cause?: string
  readonly note?: string
}

/** What an action changes; throws ALARM_REFUSED when the alarm does not allow it. */
export function changeOf(alarm: Alarm, { actor, action, nowMs }: { readonly actor: string; readonly action: AlarmAction; readonly nowMs: number }): Change {
  const refuse = (why: string): never => {
    throw alarmErrors.REFUSED({ id: alarm.id, action: action.kind, why })
  }
  switch (action.kind) {
    case 'acknowledge':
      if (alarm.isAcknowledged) return refuse(alarm.isHistorical ? 'a historical alarm needs no signature' : `it is signed for by ${alarm.acknowledgedBy ?? 'somebody'}`)
      return { isAcknowledged: true, acknowledgedBy: actor, acknowledgedMs: Math.round(nowMs), ...(action.note !== undefined && { note: action.note }) }
    case 'shelve':
      if (alarm.isHistorical) return refuse('a historical alarm calls nobody')
      if (!alarm.isActive && alarm.isAcknowledged) return refuse('it is over')
      if (!(action.untilMs > nowMs) || action.untilMs - nowMs > MAX_SHELVING_MS) return refuse(`untilMs must lie in the next ${MAX_SHELVING_MS / 3_600_000} h`)
      return { shelvedUntilMs: Math.round(action.untilMs) }
    case 'unshelve':
      return alarm.shelvedUntilMs === undefined ? refuse('it is not shelved') : { shelvedUntilMs: undefined }
    case 'take-out-of-service':
      return alarm.isOutOfService ? refuse('it is out of service') : { isOutOfService: true }
    case 'return-to-service':
      return alarm.isOutOfService ? { isOutOfService: false } : refuse('it is in service')
    case 'explain':
      return { cause: action.cause, note: action.note }
  }
}
