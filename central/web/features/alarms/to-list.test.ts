import { describe, expect, test } from 'vitest'
import { makeAlarm } from '../../test/make-alarm.ts'
import { readAlarmsSearch } from './search.ts'
import { holdOrder, isListed, mergePages } from './to-list.ts'

const ids = (alarms: readonly { readonly id: string }[]) => alarms.map(({ id }) => id)

describe('filters', () => {
  test('an alarm that overlaps the time is listed, one that ended before or began after is not', () => {
    const search = { tab: 'all' as const, from: 100, to: 200 }
    expect(
      [makeAlarm('a', { startMs: 50 }), makeAlarm('b', { startMs: 50, endMs: 99 }), makeAlarm('c', { startMs: 200 }), makeAlarm('d', { startMs: 50, endMs: 100 })].map((alarm) =>
        isListed(alarm, search),
      ),
    ).toEqual([true, false, false, true])
  })
  test('mine and level narrow', () => {
    expect(isListed(makeAlarm('a', { subjectCode: '990121100001' }), { mine: '990121100002' })).toBe(false)
    expect(isListed(makeAlarm('a'), { level: 'red' })).toBe(false)
  })
  test('the tabs part the open alarms; historical ones have their own', () => {
    const alarms = [
      makeAlarm('new'),
      makeAlarm('signed', { isAcknowledged: true, state: 'acknowledged' }),
      makeAlarm('quiet', { isAcknowledged: true, state: 'shelved' }),
      makeAlarm('late', { isHistorical: true, isAcknowledged: true, state: 'historical' }),
    ]
    const on = (tab: string) => ids(alarms.filter((alarm) => isListed(alarm, readAlarmsSearch({ tab }))))
    expect([on('open'), on('unacknowledged'), on('shelved'), on('historical'), on('all')]).toEqual([['new', 'signed', 'quiet'], ['new'], ['quiet'], ['late'], ['new', 'signed', 'quiet', 'late']])
  })
})

describe('an address', () => {
  test('keeps what makes sense', () =>
    expect(readAlarmsSearch({ tab: 'all', mine: 990121100001, level: 'red', from: 1, to: 2 })).toEqual({ tab: 'all', mine: '990121100001', level: 'red', from: 1, to: 2 }))
  test('loses what does not', () => expect(readAlarmsSearch({ tab: 'x', mine: '<b>', level: 'pink', from: 'yesterday', to: -1 })).toEqual({}))
})

describe('pages and the feed', () => {
  const all = { tab: 'all' as const }
  test('the newer revision wins on both sides', () =>
    expect(
      mergePages([makeAlarm('a', { revision: 2, level: 'red' }), makeAlarm('b', { revision: 1 })], [makeAlarm('a', { revision: 1 }), makeAlarm('b', { revision: 2, level: 'red' })], all, true).map(
        ({ level }) => level,
      ),
    ).toEqual(['red', 'red']))
  test('what the feed told of first stands above the pages', () => expect(ids(mergePages([makeAlarm('a', { startMs: 5 })], [makeAlarm('b', { startMs: 9 })], all, false))).toEqual(['b', 'a']))
  test('nothing older than the last page is put below it', () => expect(ids(mergePages([makeAlarm('a', { startMs: 5 })], [makeAlarm('b', { startMs: 2 })], all, false))).toEqual(['a']))
  test('what no longer fits the filter leaves', () => expect(mergePages([makeAlarm('a')], [makeAlarm('a', { revision: 2, level: 'red' })], { ...all, level: 'yellow' }, true)).toEqual([]))
})

describe('under the pointer', () => {
  const before = [makeAlarm('b', { startMs: 2 }), makeAlarm('a', { startMs: 1 })]
  test('new alarms wait and are counted', () => expect(holdOrder(before, [makeAlarm('c', { startMs: 3 }), ...before], () => undefined)).toEqual({ rows: before, waiting: 1 }))
  test('rows change in their place, and those that ended stay with their end', () => {
    const ended = makeAlarm('b', { revision: 2, state: 'normal' })
    const { rows } = holdOrder(before, [makeAlarm('a', { revision: 2, level: 'red' })], () => ended)
    expect(rows.map(({ id, level, state }) => [id, level, state])).toEqual([
      ['b', 'yellow', 'normal'],
      ['a', 'red', 'unacknowledged'],
    ])
  })
  test('without a hold the list is as it should be', () => expect(holdOrder(undefined, before, () => undefined)).toEqual({ rows: before, waiting: 0 }))
})
