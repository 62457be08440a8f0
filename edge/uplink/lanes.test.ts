import { RangeSet } from '@orewatch/core'
import type { Stream } from '@orewatch/protocol'
import { expect, test } from 'vitest'
import { FIRST_TIMEOUT_MS, Lanes, runsOfRows } from './lanes.ts'
import { Pace } from './pace.ts'

/** Just the positions of an outbox: what was given out and what is confirmed. */
class Positions {
  readonly #next: Partial<Record<Stream, number>>
  readonly confirmed = new RangeSet()

  constructor(next: Partial<Record<Stream, number>>) {
    this.#next = next
  }

  next(stream: Stream): number {
    return this.#next[stream] ?? 0
  }

  firstPending(stream: Stream, from: number, limit: number): ReturnType<RangeSet['firstGap']> {
    return stream === 'vital' ? this.confirmed.firstGap(from, limit) : from < limit ? { first: from, count: limit - from } : undefined
  }
}

const windows = { record: 1000, live: 1000, backlog: 500 }

function lanesOf(next: Partial<Record<Stream, number>>, liveStart: number, confirmed: readonly (readonly [number, number])[] = []): { lanes: Lanes; positions: Positions } {
  const positions = new Positions(next)
  for (const [first, count] of confirmed) positions.confirmed.add(first, count)
  return { lanes: new Lanes(positions, windows, () => liveStart), positions }
}

test('the live lane begins behind the backlog, and both have work at once', () => {
  const { lanes } = lanesOf({ vital: 100 }, 90)
  expect(lanes.next('live')).toMatchObject({ stream: 'vital', from: 90, limit: 100 })
  expect(lanes.next('backlog')).toMatchObject({ stream: 'vital', from: 0, limit: 90 })
})

test('what central has confirmed is not sent again in a new session', () => {
  const { lanes } = lanesOf({ vital: 100 }, 90, [
    [0, 40],
    [50, 45],
  ])
  expect(lanes.next('backlog')).toMatchObject({ from: 40 })
  expect(lanes.next('live')).toMatchObject({ from: 95 })
})

test('alarms and events go in a lane of their own, alarms first', () => {
  const { lanes } = lanesOf({ alarm: 3, event: 5, vital: 10 }, 10)
  expect(lanes.next('record')).toMatchObject({ stream: 'alarm', from: 0, limit: 3 })
})

test('a full window stops its lane and no other, until an acknowledgement opens it', () => {
  const { lanes, positions } = lanesOf({ vital: 100 }, 50)
  lanes.sent('live', 'vital', [{ first: 50, count: 10 }], 1000, 0)
  expect(lanes.next('live')).toBeUndefined()
  expect(lanes.next('backlog')).toBeDefined()
  positions.confirmed.add(50, 10)
  lanes.settle()
  expect(lanes.next('live')).toBeDefined()
  expect(lanes.inFlightBytes).toBe(0)
})

test('an acknowledgement of half a message does not open the window', () => {
  const { lanes, positions } = lanesOf({ vital: 100 }, 0)
  lanes.sent('live', 'vital', [{ first: 0, count: 10 }], 700, 0)
  positions.confirmed.add(0, 5)
  lanes.settle()
  expect(lanes.inFlightBytes).toBe(700)
})

test('a message without an answer is read again after its time-out, with twice the patience', () => {
  const { lanes } = lanesOf({ vital: 10 }, 0)
  lanes.taken({ lane: 'live', stream: 'vital', from: 0, limit: 10, isResend: false }, 10)
  lanes.sent('live', 'vital', [{ first: 0, count: 10 }], 100, 0)
  lanes.expire(FIRST_TIMEOUT_MS - 1)
  expect(lanes.next('live')).toBeUndefined()
  lanes.expire(FIRST_TIMEOUT_MS)
  const task = lanes.next('live')
  expect(task).toMatchObject({ from: 0, limit: 10, isResend: true })
  expect(task && lanes.timeoutFor(task)).toBe(2 * FIRST_TIMEOUT_MS)
  expect(lanes.resent).toBe(10)
})

test('a resend that was read in parts goes on where it stopped', () => {
  const { lanes } = lanesOf({ vital: 10 }, 0)
  lanes.taken({ lane: 'live', stream: 'vital', from: 0, limit: 10, isResend: false }, 10)
  lanes.sent('live', 'vital', [{ first: 0, count: 10 }], 100, 0)
  lanes.expire(FIRST_TIMEOUT_MS)
  const task = lanes.next('live')
  if (task === undefined) expect.unreachable()
  lanes.taken(task, 4)
  expect(lanes.next('live')).toMatchObject({ from: 4, limit: 10, isResend: true })
  lanes.taken({ ...task, from: 4 }, 10)
  expect(lanes.next('live')).toBeUndefined()
})

test('a live lane that falls behind jumps to now and leaves the rest to the backlog', () => {
  const { lanes } = lanesOf({ vital: 100 }, 20)
  lanes.taken({ lane: 'backlog', stream: 'vital', from: 0, limit: 20, isResend: false }, 20)
  lanes.taken({ lane: 'live', stream: 'vital', from: 20, limit: 100, isResend: false }, 30)
  lanes.skipToLive('vital')
  expect(lanes.next('live')).toBeUndefined()
  expect(lanes.next('backlog')).toMatchObject({ from: 30, limit: 100 })
  expect(lanes.backlogSize()).toBe(70)
})

test('rows of one device keep their positions when a chunk is split by device', () => {
  const runs = [
    { first: 10, count: 3 },
    { first: 20, count: 4 },
  ]
  expect(runsOfRows(runs, [0, 1, 2, 3, 4, 5, 6])).toEqual(runs)
  expect(runsOfRows(runs, [0, 2, 3, 6])).toEqual([
    { first: 10, count: 1 },
    { first: 12, count: 1 },
    { first: 20, count: 1 },
    { first: 23, count: 1 },
  ])
})

test('the backlog keeps to its rate and makes up for what it did not use, by a second at most', () => {
  const pace = new Pace(100)
  expect(pace.isOpen(0)).toBe(true)
  pace.spend(150)
  expect(pace.isOpen(400)).toBe(false)
  expect(pace.isOpen(600)).toBe(true)
  expect(pace.isOpen(100_000)).toBe(true)
  pace.spend(101)
  expect(pace.isOpen(100_000)).toBe(false)
})
