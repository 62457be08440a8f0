import { describe, expect, test } from 'vitest'
import type { AlarmItem } from '../api/contract.ts'
import { AlarmBook, MOST_OPEN } from './alarm-book.ts'
import { makeAlarm } from '../test/make-alarm.ts'

const MINE = '990121100001'
const atOnce = (run: () => void) => run()

function bookOf(...alarms: readonly AlarmItem[]): AlarmBook {
  const book = new AlarmBook(atOnce)
  for (const alarm of alarms) book.apply(alarm, 0)
  return book
}

const ids = (book: AlarmBook) => book.open.map(({ id }) => id)

describe('revisions', () => {
  test('a newer revision takes the place of an older one', () => expect(bookOf(makeAlarm('a', { revision: 1 }), makeAlarm('a', { revision: 2, level: 'red' })).get('a')?.level).toBe('red'))
  test('an older revision changes nothing, whichever way it comes', () => {
    const book = bookOf(makeAlarm('a', { revision: 3, level: 'red' }))
    expect(book.apply(makeAlarm('a', { revision: 2 }), 1)).toBe(false)
    const list = book.beginList(1)
    list.add([makeAlarm('a', { revision: 2 })], 2)
    list.finish()
    expect(book.get('a')?.level).toBe('red')
  })
  test('a list that was read before an alarm ended does not open it again', () => {
    const book = bookOf(makeAlarm('a', { revision: 2, isActive: false, isAcknowledged: true, state: 'normal' }))
    book.beginList(1).add([makeAlarm('a', { revision: 1 })], 2)
    expect(ids(book)).toEqual([])
    expect(book.get('a')?.state).toBe('normal')
  })
  test('an alarm that is raised anew after it ended is open again', () =>
    expect(ids(bookOf(makeAlarm('a', { revision: 2, isActive: false, isAcknowledged: true, state: 'normal' }), makeAlarm('a', { revision: 3 })))).toEqual(['a']))
})

describe('lists', () => {
  test('what a whole list no longer has is over', () => {
    const book = bookOf(makeAlarm('a'), makeAlarm('b'))
    const list = book.beginList(60_000)
    list.add([makeAlarm('b')], 60_010)
    list.finish()
    expect(ids(book)).toEqual(['b'])
  })
  test('what came while the list was read stays', () => {
    const book = bookOf()
    const list = book.beginList(60_000)
    book.apply(makeAlarm('new'), 60_005)
    list.add([], 60_010)
    list.finish()
    expect(ids(book)).toEqual(['new'])
  })
  test('a list that broke off ends nothing', () => {
    const book = bookOf(makeAlarm('a'))
    book.beginList(60_000).add([makeAlarm('b')], 60_010)
    expect(ids(book).toSorted()).toEqual(['a', 'b'])
  })
})

test('the newest start comes first', () => expect(ids(bookOf(makeAlarm('a', { startMs: 1 }), makeAlarm('b', { startMs: 3 }), makeAlarm('c', { startMs: 2 })))).toEqual(['b', 'c', 'a']))
test('historical alarms are never open', () => expect(ids(bookOf(makeAlarm('a', { isHistorical: true, state: 'historical' })))).toEqual([]))
test('what is shelved, suppressed or out of service is open and calls nobody', () => {
  const book = bookOf(makeAlarm('a', { state: 'shelved' }), makeAlarm('b', { state: 'suppressed' }), makeAlarm('c', { state: 'out-of-service' }), makeAlarm('d', { state: 'returned-unacknowledged' }))
  expect(book.open).toHaveLength(4)
  expect(book.calling.map(({ id }) => id)).toEqual(['d'])
})

describe('the counts of central', () => {
  const alarm = (id: string, more: Partial<AlarmItem> = {}) => makeAlarm(id, { subjectCode: MINE, ...more })
  test('agree when nothing was missed; quiet alarms and those of no mine are not in them', () => {
    const book = bookOf(alarm('a'), alarm('b', { isAcknowledged: true, state: 'acknowledged' }), alarm('c', { state: 'shelved' }), makeAlarm('d'))
    expect(book.agreesWith([{ subjectCode: MINE, level: 'yellow', count: 2, unacknowledged: 1 }])).toBe(true)
  })
  test('disagree when one was missed, or its signature', () => {
    const book = bookOf(alarm('a'))
    expect(book.agreesWith([{ subjectCode: MINE, level: 'yellow', count: 2, unacknowledged: 2 }])).toBe(false)
    expect(book.agreesWith([{ subjectCode: MINE, level: 'yellow', count: 1, unacknowledged: 0 }])).toBe(false)
    expect(book.agreesWith([])).toBe(false)
  })
})

test('a flood redraws once and is told at once', () => {
  const deferred: (() => void)[] = []
  const book = new AlarmBook((run) => void deferred.push(run))
  let [redrawn, told] = [0, 0]
  book.watch(() => redrawn++)
  book.watchInstantly(() => told++)
  for (let i = 0; i < 1_000; i++) book.apply(makeAlarm(`a${i}`), 0)
  for (const run of deferred) run()
  expect([redrawn, told]).toEqual([1, 1_000])
})

test('beyond its bound the book holds no more and says so, but a more severe alarm finds room', () => {
  const book = new AlarmBook(atOnce)
  const list = book.beginList(0)
  list.add(
    Array.from({ length: MOST_OPEN + 1 }, (_, i) => makeAlarm(`a${i}`)),
    0,
  )
  expect(book.open).toHaveLength(MOST_OPEN)
  expect(book.hasOverflowed).toBe(true)
  expect(book.apply(makeAlarm('red', { level: 'red' }), 1)).toBe(true)
  expect(book.get('red')?.level).toBe('red')
  expect(book.open).toHaveLength(MOST_OPEN)
})
