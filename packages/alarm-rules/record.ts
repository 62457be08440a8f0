/*
 * The life of an alarm as people see it: active × acknowledged, and what sets it aside (shelved, suppressed by design, out of
 * service), after ISA-18.2 / IEC 62682 and OPC UA Part 9. Pure: an action gives a new record and an entry for the log, or throws.
 * Not here: whether the condition holds (the evaluator says that), who may act (access).
 */
import { alarmErrors } from './errors.ts'
import { type Level, rankOf } from './levels.ts'
import type { Transition } from './transition.ts'

/** One alarm from its raise to its end. */
export interface AlarmRecord {
  readonly id: string
  readonly ruleId: string
  readonly ruleVersion: number
  readonly subject: string
  readonly startMs: number
  readonly level: Level
  /** Highest level so far. */
  readonly worstLevel: Level
  readonly isActive: boolean
  readonly isAcknowledged: boolean
  /** The value is not known; the alarm stands nevertheless. */
  readonly isValueUnknown: boolean
  /** Stays until somebody resets it, even when the condition is over. */
  readonly isLatching: boolean
  readonly isReset: boolean
  /** Shelved until then, UTC ms. */
  readonly shelvedUntilMs?: number
  /** What suppresses it by design: the id of a root alarm, a state of the plant. */
  readonly suppressedBy?: string
  readonly isOutOfService: boolean
  readonly endMs?: number
  readonly peak: number
  readonly area: number
  /** Time of the last action, UTC ms. */
  readonly changedMs: number
}

/** States of ISA-18.2, and two for a latched alarm whose condition is over. */
export const ALARM_STATES = [
  'normal',
  'unacknowledged',
  'acknowledged',
  'returned-unacknowledged',
  'latched-unacknowledged',
  'latched-acknowledged',
  'shelved',
  'suppressed',
  'out-of-service',
] as const
export type AlarmState = (typeof ALARM_STATES)[number]

/** Who acts, when (UTC ms), and why. */
export interface Act {
  readonly who: string
  readonly atMs: number
  readonly why?: string
}

/** What can be done to an alarm. */
export type AlarmAction =
  | { readonly do: 'escalate' | 'deescalate'; readonly level: Level }
  | { readonly do: 'clear' | 'value-unknown' | 'value-known' | 'acknowledge' | 'reset' | 'unshelve' | 'unsuppress' | 'take-out-of-service' | 'return-to-service' }
  | { readonly do: 'shelve'; readonly untilMs: number }
  | { readonly do: 'suppress'; readonly by: string }

/** One line of the log of an alarm. */
export interface AlarmEntry extends Act {
  readonly action: AlarmAction['do'] | 'raise'
  readonly from: AlarmState
  readonly to: AlarmState
}

/** Longest shelving, ms: eight hours, as long as a filed maintenance window may last (S17). A product default. */
export const MAX_SHELVE_MS = 8 * 3_600_000

/** The state in which an alarm is shown. What sets it aside wins; what is beneath goes on. */
export function stateOf(alarm: AlarmRecord): AlarmState {
  if (isClosed(alarm)) return 'normal'
  if (alarm.isOutOfService) return 'out-of-service'
  if (alarm.suppressedBy !== undefined) return 'suppressed'
  if (alarm.shelvedUntilMs !== undefined) return 'shelved'
  if (alarm.isActive) return alarm.isAcknowledged ? 'acknowledged' : 'unacknowledged'
  if (alarm.isLatching && !alarm.isReset) return alarm.isAcknowledged ? 'latched-acknowledged' : 'latched-unacknowledged'
  return alarm.isAcknowledged ? 'normal' : 'returned-unacknowledged'
}

/** Whether nothing more can happen to an alarm. */
export function isClosed(alarm: AlarmRecord): boolean {
  return !alarm.isActive && alarm.isAcknowledged && (!alarm.isLatching || alarm.isReset)
}

/** Whether an alarm calls for somebody: in a list, by sound, by message. */
export function isAnnunciated(alarm: AlarmRecord): boolean {
  const state = stateOf(alarm)
  return state !== 'normal' && state !== 'shelved' && state !== 'suppressed' && state !== 'out-of-service'
}

/** The record of an alarm that has just been raised. */
export function openAlarm(raise: Transition, options: { readonly isLatching: boolean }): AlarmRecord {
  const { alarmId, ruleId, ruleVersion, subject, startMs, level, peak, area, atMs } = raise
  return {
    id: alarmId,
    ruleId,
    ruleVersion,
    subject,
    startMs,
    level,
    worstLevel: level,
    peak,
    area,
    isActive: true,
    isAcknowledged: false,
    isValueUnknown: false,
    isLatching: options.isLatching,
    isReset: false,
    isOutOfService: false,
    changedMs: atMs,
  }
}

/** What a transition of the evaluator does to a record, with its figures. */
export function applyTransition(alarm: AlarmRecord, transition: Transition): { readonly alarm: AlarmRecord; readonly entry: AlarmEntry } {
  const { kind, level, peak, area, atMs } = transition
  const action: AlarmAction = kind === 'escalate' || kind === 'deescalate' ? { do: kind, level } : kind === 'raise' ? { do: 'escalate', level } : { do: kind }
  // An action of a person may lie behind the event time of a sample that was on its way.
  return act({ ...alarm, peak, area }, action, { who: 'evaluator', atMs: Math.max(atMs, alarm.changedMs) })
}

/** Does something to an alarm; throws an ALARM_* error where it cannot be done. */
export function act(alarm: AlarmRecord, action: AlarmAction, by: Act): { readonly alarm: AlarmRecord; readonly entry: AlarmEntry } {
  if (by.atMs < alarm.changedMs) throw alarmErrors.OUT_OF_ORDER({ alarm: alarm.id, atMs: by.atMs, changedMs: alarm.changedMs })
  const current = expire(alarm, by.atMs)
  if (isClosed(current)) throw alarmErrors.CLOSED({ alarm: alarm.id, action: action.do })
  const next: AlarmRecord = { ...perform(current, action, by), changedMs: by.atMs }
  return { alarm: next, entry: { ...by, action: action.do, from: stateOf(current), to: stateOf(next) } }
}

/** The record once shelving that ended by `nowMs` is over. */
export function expire(alarm: AlarmRecord, nowMs: number): AlarmRecord {
  if (alarm.shelvedUntilMs === undefined || alarm.shelvedUntilMs > nowMs) return alarm
  const { shelvedUntilMs: _, ...unshelved } = alarm
  return unshelved
}

function perform(alarm: AlarmRecord, action: AlarmAction, by: Act): AlarmRecord {
  switch (action.do) {
    case 'escalate':
    case 'deescalate':
    case 'clear':
    case 'value-unknown':
    case 'value-known':
      if (!alarm.isActive) throw alarmErrors.NOT_ACTIVE({ alarm: alarm.id, action: action.do })
      if ('level' in action && rankOf(action.level) > rankOf(alarm.level) !== (action.do === 'escalate')) throw alarmErrors.ALREADY({ alarm: alarm.id, action: action.do, level: alarm.level })
      return follow(alarm, action, by)
    case 'acknowledge':
      if (alarm.isAcknowledged) throw alarmErrors.ALREADY({ alarm: alarm.id, action: action.do })
      return { ...alarm, isAcknowledged: true }
    case 'reset':
      return reset(alarm)
    default:
      return setAside(alarm, action, by)
  }
}

// What the condition does. A higher level is news: whoever has acknowledged the lower one has not seen it.
function follow(alarm: AlarmRecord, action: AlarmAction, by: Act): AlarmRecord {
  switch (action.do) {
    case 'escalate':
      return { ...alarm, level: action.level, worstLevel: rankOf(action.level) > rankOf(alarm.worstLevel) ? action.level : alarm.worstLevel, isAcknowledged: false }
    case 'deescalate':
      return { ...alarm, level: action.level }
    case 'clear':
      return { ...alarm, isActive: false, isValueUnknown: false, endMs: by.atMs }
    default:
      return { ...alarm, isValueUnknown: action.do === 'value-unknown' }
  }
}

function reset(alarm: AlarmRecord): AlarmRecord {
  if (!alarm.isLatching || alarm.isActive) throw alarmErrors.NOT_LATCHED({ alarm: alarm.id, isActive: alarm.isActive })
  if (!alarm.isAcknowledged) throw alarmErrors.NOT_ACKNOWLEDGED({ alarm: alarm.id })
  return { ...alarm, isReset: true }
}

function setAside(alarm: AlarmRecord, action: AlarmAction, by: Act): AlarmRecord {
  const already = () => alarmErrors.ALREADY({ alarm: alarm.id, action: action.do })
  switch (action.do) {
    case 'shelve': {
      requireReason(alarm, action, by)
      if (alarm.shelvedUntilMs !== undefined) throw already()
      const forMs = action.untilMs - by.atMs
      if (!(forMs > 0) || forMs > MAX_SHELVE_MS) throw alarmErrors.SHELVED_TOO_LONG({ alarm: alarm.id, forMs, maxMs: MAX_SHELVE_MS })
      return { ...alarm, shelvedUntilMs: action.untilMs }
    }
    case 'unshelve': {
      if (alarm.shelvedUntilMs === undefined) throw already()
      const { shelvedUntilMs: _, ...rest } = alarm
      return rest
    }
    case 'suppress':
      if (alarm.suppressedBy !== undefined) throw already()
      return { ...alarm, suppressedBy: action.by }
    case 'unsuppress': {
      if (alarm.suppressedBy === undefined) throw already()
      const { suppressedBy: _, ...rest } = alarm
      return rest
    }
    default: {
      const isOutOfService = action.do === 'take-out-of-service'
      if (alarm.isOutOfService === isOutOfService) throw already()
      if (isOutOfService) requireReason(alarm, action, by)
      return { ...alarm, isOutOfService }
    }
  }
}

function requireReason(alarm: AlarmRecord, action: AlarmAction, by: Act): void {
  if (by.why === undefined || by.why.trim() === '') throw alarmErrors.REASON_MISSING({ alarm: alarm.id, action: action.do })
}
