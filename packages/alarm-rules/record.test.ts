import { errorCode } from '@orewatch/core'
import { expect, test } from 'vitest'
import { act, type AlarmAction, type AlarmRecord, ALARM_STATES, type AlarmState, applyTransition, expire, isAnnunciated, isClosed, MAX_SHELVE_MS, openAlarm, stateOf } from './record.ts'
import type { Transition } from './transition.ts'

const RAISE: Transition = {
  kind: 'raise',
  alarmId: 'a',
  ruleId: 'GAS-1.CO',
  ruleVersion: 1,
  subject: 'p',
  atMs: 1000,
  startMs: 900,
  level: 'orange',
  value: 50,
  limit: 48,
  peak: 50,
  durationMs: 100,
  area: 1,
}
const raised = openAlarm(RAISE, { isLatching: false })
const latching = openAlarm(RAISE, { isLatching: true })

// An alarm in each state, all of one active, unacknowledged condition where it is set aside.
const IN: Readonly<Record<AlarmState, AlarmRecord>> = {
  normal: { ...raised, isActive: false, isAcknowledged: true },
  unacknowledged: raised,
  acknowledged: { ...raised, isAcknowledged: true },
  'returned-unacknowledged': { ...raised, isActive: false },
  'latched-unacknowledged': { ...latching, isActive: false },
  'latched-acknowledged': { ...latching, isActive: false, isAcknowledged: true },
  shelved: { ...raised, shelvedUntilMs: 9000 },
  suppressed: { ...raised, suppressedBy: 'root' },
  'out-of-service': { ...raised, isOutOfService: true },
}
const ACTIONS: readonly AlarmAction[] = [
  { do: 'escalate', level: 'red' },
  { do: 'deescalate', level: 'yellow' },
  { do: 'clear' },
  { do: 'value-unknown' },
  { do: 'value-known' },
  { do: 'acknowledge' },
  { do: 'reset' },
  { do: 'shelve', untilMs: 5000 },
  { do: 'unshelve' },
  { do: 'suppress', by: 'root' },
  { do: 'unsuppress' },
  { do: 'take-out-of-service' },
  { do: 'return-to-service' },
]

// Every state by every action, in the order of ACTIONS: the state afterwards, or the error without its ALARM_.
const TABLE: Readonly<Record<AlarmState, string>> = {
  normal: 'CLOSED CLOSED CLOSED CLOSED CLOSED CLOSED CLOSED CLOSED CLOSED CLOSED CLOSED CLOSED CLOSED',
  unacknowledged: 'unacknowledged unacknowledged returned-unacknowledged unacknowledged unacknowledged acknowledged NOT_LATCHED shelved ALREADY suppressed ALREADY out-of-service ALREADY',
  acknowledged: 'unacknowledged acknowledged normal acknowledged acknowledged ALREADY NOT_LATCHED shelved ALREADY suppressed ALREADY out-of-service ALREADY',
  'returned-unacknowledged': 'NOT_ACTIVE NOT_ACTIVE NOT_ACTIVE NOT_ACTIVE NOT_ACTIVE normal NOT_LATCHED shelved ALREADY suppressed ALREADY out-of-service ALREADY',
  'latched-unacknowledged': 'NOT_ACTIVE NOT_ACTIVE NOT_ACTIVE NOT_ACTIVE NOT_ACTIVE latched-acknowledged NOT_ACKNOWLEDGED shelved ALREADY suppressed ALREADY out-of-service ALREADY',
  'latched-acknowledged': 'NOT_ACTIVE NOT_ACTIVE NOT_ACTIVE NOT_ACTIVE NOT_ACTIVE ALREADY normal shelved ALREADY suppressed ALREADY out-of-service ALREADY',
  shelved: 'shelved shelved shelved shelved shelved shelved NOT_LATCHED ALREADY unacknowledged suppressed ALREADY out-of-service ALREADY',
  suppressed: 'suppressed suppressed suppressed suppressed suppressed suppressed NOT_LATCHED suppressed ALREADY ALREADY unacknowledged out-of-service ALREADY',
  'out-of-service': 'out-of-service out-of-service out-of-service out-of-service out-of-service out-of-service NOT_LATCHED out-of-service ALREADY out-of-service ALREADY ALREADY unacknowledged',
}

/** The state after an action, or the error. */
function outcome(alarm: AlarmRecord, action: AlarmAction): string {
  try {
    return stateOf(act(alarm, action, { who: 'li', atMs: 2000, why: 'test' }).alarm)
  } catch (err) {
    return errorCode(err).replace('ALARM_', '')
  }
}

test.each(ALARM_STATES)('every action on an alarm that is %s', (state) => {
  expect(stateOf(IN[state])).toBe(state)
  expect(ACTIONS.map((action) => outcome(IN[state], action)).join(' ')).toBe(TABLE[state])
})

test('an acknowledged alarm that escalates calls again', () => {
  const { alarm } = act(IN.acknowledged, { do: 'escalate', level: 'red' }, { who: 'evaluator', atMs: 2000 })
  expect(alarm).toMatchObject({ level: 'red', worstLevel: 'red', isAcknowledged: false })
  expect(act(alarm, { do: 'deescalate', level: 'yellow' }, { who: 'evaluator', atMs: 2001 }).alarm).toMatchObject({ level: 'yellow', worstLevel: 'red' })
})

test('the same escalation from the other side does not call again', () => {
  const once = act(raised, { do: 'escalate', level: 'red' }, { who: 'evaluator', atMs: 2000 }).alarm
  const acknowledged = act(once, { do: 'acknowledge' }, { who: 'li', atMs: 2001 }).alarm
  expect(outcome(acknowledged, { do: 'escalate', level: 'red' })).toBe('OUT_OF_ORDER')
  expect(() => act(acknowledged, { do: 'escalate', level: 'red' }, { who: 'gateway', atMs: 2002 })).toThrow(/in that state already/)
})

test('an alarm that is over and acknowledged is normal, whatever set it aside', () => {
  const shelved = act(IN.acknowledged, { do: 'shelve', untilMs: 5000 }, { who: 'li', atMs: 2000, why: 'x' }).alarm
  expect(stateOf(act(shelved, { do: 'clear' }, { who: 'evaluator', atMs: 2001 }).alarm)).toBe('normal')
})

test('the log says who did what when and why, and what it changed', () => {
  const { entry } = act(raised, { do: 'acknowledge' }, { who: 'li', atMs: 2000, why: '炮烟' })
  expect(entry).toEqual({ who: 'li', atMs: 2000, why: '炮烟', action: 'acknowledge', from: 'unacknowledged', to: 'acknowledged' })
})

test('shelving ends by itself, and the alarm beneath has gone on', () => {
  const shelved = act(raised, { do: 'shelve', untilMs: 5000 }, { who: 'li', atMs: 2000, why: 'repair' }).alarm
  const escalated = act(shelved, { do: 'escalate', level: 'red' }, { who: 'evaluator', atMs: 3000 }).alarm
  expect(isAnnunciated(escalated)).toBe(false)
  expect(stateOf(expire(escalated, 4999))).toBe('shelved')
  expect(expire(escalated, 5000)).toMatchObject({ level: 'red', isActive: true })
  expect(isAnnunciated(expire(escalated, 5000))).toBe(true)
})

test('nobody shelves for longer than a shift, into the past, or without a reason', () => {
  const shelve = (untilMs: number, why?: string) => () => act(raised, { do: 'shelve', untilMs }, { who: 'li', atMs: 2000, ...(why !== undefined && { why }) })
  expect(shelve(2000 + MAX_SHELVE_MS + 1, 'x')).toThrow(/cannot be shelved for that long/)
  expect(shelve(2000, 'x')).toThrow(/cannot be shelved for that long/)
  expect(shelve(Number.NaN, 'x')).toThrow(/cannot be shelved for that long/)
  expect(shelve(3000, ' ')).toThrow(/has to say why/)
  expect(shelve(3000)).toThrow(/has to say why/)
  expect(shelve(2000 + MAX_SHELVE_MS, 'x')).not.toThrow()
})

test('an unknown value leaves the alarm as it stands', () => {
  const { alarm } = applyTransition(IN.acknowledged, { ...RAISE, kind: 'value-unknown', atMs: 2000, quality: 2 })
  expect(alarm).toMatchObject({ isValueUnknown: true, isActive: true, isAcknowledged: true })
})

test('a cleared alarm carries its end, peak and area, and is closed once acknowledged', () => {
  const { alarm } = applyTransition(raised, { ...RAISE, kind: 'clear', atMs: 3000, peak: 70, area: 99 })
  expect(alarm).toMatchObject({ endMs: 3000, peak: 70, area: 99, isActive: false })
  expect(isClosed(alarm)).toBe(false)
  expect(isClosed(act(alarm, { do: 'acknowledge' }, { who: 'li', atMs: 4000 }).alarm)).toBe(true)
})

test('an action before the last one is refused, a sample that was on its way is not', () => {
  const acknowledged = act(raised, { do: 'acknowledge' }, { who: 'li', atMs: 2000 }).alarm
  expect(() => act(acknowledged, { do: 'shelve', untilMs: 2500 }, { who: 'li', atMs: 1999, why: 'x' })).toThrow(/before the last one/)
  expect(applyTransition(acknowledged, { ...RAISE, kind: 'clear', atMs: 1999 }).alarm.endMs).toBe(2000)
})
