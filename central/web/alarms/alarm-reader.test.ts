import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AlarmItem, AlarmPage } from '../api/contract.ts'
import { makeAlarm } from '../test/make-alarm.ts'
import { AlarmBook } from './alarm-book.ts'
import { AlarmReader } from './alarm-reader.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function setUp(answer: (after: string | undefined) => AlarmPage | Promise<AlarmPage>) {
  const book = new AlarmBook((run) => run())
  const states: string[] = []
  const asked: (string | undefined)[] = []
  const reader = new AlarmReader({
    book,
    onState: (state) => states.push(state),
    nowMs: () => Date.now(),
    readPage: async (after) => {
      asked.push(after)
      return await answer(after)
    },
  })
  const settle = () => vi.advanceTimersByTimeAsync(0)
  return { book, states, asked, reader, settle }
}

const ONE_RED = [{ subjectCode: '990121100001', level: 'red' as const, count: 1, unacknowledged: 1 }]
const page = (items: readonly AlarmItem[], next?: string): AlarmPage => ({ items, ...(next !== undefined && { next }) })

test('all pages are read, and then the list is known', async () => {
  const { book, states, asked, reader, settle } = setUp((after) => (after === undefined ? page([makeAlarm('a')], 'n1') : page([makeAlarm('b')])))
  reader.refresh()
  await settle()
  expect(asked).toEqual([undefined, 'n1'])
  expect(book.open).toHaveLength(2)
  expect(states).toEqual(['known'])
})

test('a failure is said and tried again by itself', async () => {
  let isDown = true
  const { states, reader, settle } = setUp(() => {
    if (isDown) throw new TypeError('down')
    return page([])
  })
  reader.refresh()
  await settle()
  expect(states).toEqual(['failed'])
  isDown = false
  await vi.advanceTimersByTimeAsync(3_000)
  expect(states).toEqual(['failed', 'known'])
})

test('a refresh that is asked for while one is under way follows it, once', async () => {
  const { asked, reader, settle } = setUp(() => page([]))
  reader.refresh()
  reader.refresh()
  reader.refresh()
  await settle()
  expect(asked).toHaveLength(2)
})

test('counts that differ where they agreed before lead to another reading at once', async () => {
  const { asked, reader, settle } = setUp(() => page([]))
  reader.refresh()
  await settle()
  reader.compare([])
  reader.compare(ONE_RED)
  await settle()
  expect(asked).toHaveLength(2)
})

test('counts that go on differing lead to a reading every 15 s at most', async () => {
  const { asked, reader, settle } = setUp(() => page([]))
  reader.refresh()
  await settle()
  reader.compare(ONE_RED)
  await settle()
  expect(asked).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(15_000)
  reader.compare(ONE_RED)
  await settle()
  expect(asked).toHaveLength(2)
})

test('an alarm that ended unheard just before the list is over with the next one', async () => {
  const { book, asked, reader, settle } = setUp(() => page([]))
  book.apply(makeAlarm('a'), Date.now())
  reader.refresh()
  await settle()
  expect(book.open).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(6_000)
  expect(asked).toHaveLength(2)
  expect(book.open).toEqual([])
})
