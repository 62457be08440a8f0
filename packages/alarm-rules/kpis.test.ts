import { expect, test } from 'vitest'
import { AlarmKpis } from './kpis.ts'
import type { Transition, TransitionKind } from './transition.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const transition = (kind: TransitionKind, atMs: number, subject = 'p', alarmId = `${subject}@${atMs}`): Transition => ({
  kind,
  alarmId,
  ruleId: 'GAS-1.CO',
  ruleVersion: 1,
  subject,
  atMs,
  startMs: atMs,
  level: 'yellow',
  value: 1,
  limit: 1,
  peak: 1,
  durationMs: 0,
  area: 0,
})

/** KPIs after raises of different points at these minutes, all told to one operator. */
function raised(...minutes: readonly number[]): AlarmKpis {
  const kpis = new AlarmKpis()
  for (const [i, m] of minutes.entries()) kpis.add(transition('raise', m * MINUTE, `p${i}`), 'li')
  return kpis
}
const evenly = (count: number, over: number) => Array.from({ length: count }, (_, i) => (i * over) / count)

test('the rate of an operator is that of the last ten minutes, and his alone', () => {
  const kpis = raised(0, 1, 2, 9)
  expect([2, 9, 10, 12, 19].map((m) => kpis.rateOf('li', m * MINUTE))).toEqual([4, 4, 3, 1, 0])
  expect(kpis.rateOf('wang', MINUTE)).toBe(0)
})

test('ten alarms in ten minutes are no flood, eleven are', () => {
  expect(raised(...evenly(10, 9)).floods(9 * MINUTE)).toEqual([])
  expect(raised(...evenly(11, 9)).floods(9 * MINUTE)).toMatchObject([{ operator: 'li', startMs: 0, alarms: 11 }])
})

test('a flood ends when fewer than five alarms are left in ten minutes', () => {
  const kpis = raised(...evenly(11, 5.5), 6)
  // The eighth of twelve leaves at 3.5 + 10 min: four are left.
  expect(kpis.floods(13 * MINUTE)).toMatchObject([{ alarms: 12 }])
  expect(kpis.floods(13 * MINUTE)[0]?.endMs).toBeUndefined()
  expect(kpis.floods(60 * MINUTE)).toMatchObject([{ endMs: 13.5 * MINUTE }])
})

test('three transitions of one alarm within a minute are chattering, over more than a minute not', () => {
  const chatter = (seconds: readonly number[]) => {
    const kpis = new AlarmKpis()
    for (const [i, s] of seconds.entries()) kpis.add(transition(i % 2 === 0 ? 'raise' : 'clear', s * 1000), 'li')
    return kpis.chattering((seconds.at(-1) as number) * 1000).length
  }
  expect(chatter([0, 30, 60])).toBe(1)
  expect(chatter([0, 30, 61])).toBe(0)
  expect(chatter([0, 30])).toBe(0)
})

test('a value that comes and goes is no chattering', () => {
  const kpis = new AlarmKpis()
  for (const s of [0, 10, 20, 30]) kpis.add(transition(s % 20 === 0 ? 'value-unknown' : 'value-known', s * 1000), 'li')
  expect(kpis.chattering(30_000)).toEqual([])
})

test('an alarm is stale after more than 24 hours, and no longer when it has cleared', () => {
  const kpis = new AlarmKpis()
  kpis.add(transition('raise', 0, 'p', 'a'), 'li')
  expect(kpis.stale(DAY)).toEqual([])
  expect(kpis.stale(DAY + 1)).toEqual(['a'])
  kpis.add(transition('clear', DAY + 2, 'p', 'a'), 'li')
  expect(kpis.stale(3 * DAY)).toEqual([])
})

test('top contributors have counts and shares, and begin anew with each period', () => {
  const kpis = new AlarmKpis()
  for (const [i, subject] of ['a', 'b', 'a', 'a'].entries()) kpis.add(transition('raise', i * MINUTE, subject), 'li')
  expect(kpis.topContributors(1)).toEqual([{ subject: 'a', ruleId: 'GAS-1.CO', count: 3, share: 0.75 }])
  kpis.roll()
  expect(kpis.topContributors(5)).toEqual([])
})
