import { expect, test } from 'vitest'
import { APPROVED_PERSONS, AREAS, countAt, insideAt, LEVELS, makePositioning, OVER_CAPACITY_PERSONS, orderPositioning, type PositioningEvent, positioningEvents } from './model.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
// 08:00 in Shanghai.
const MORNING_MS = Date.UTC(2026, 2, 5, 0)

const passages = (events: readonly PositioningEvent[], dir: 'IN' | 'OUT'): number => events.filter((event) => event.dir === dir).length

/** A mine in which everything was ordered that can be, across two days. */
function busyMine() {
  const mine = makePositioning(3)
  for (const hour of [1, 7.9, 20]) {
    orderPositioning(mine, 'over-capacity', MORNING_MS + hour * HOUR_MS)
    orderPositioning(mine, 'lost-card', MORNING_MS + hour * HOUR_MS)
    orderPositioning(mine, 'sos', MORNING_MS + hour * HOUR_MS)
  }
  return mine
}

test.each([
  ['without orders', makePositioning(1)],
  ['with every order', busyMine()],
])('%s a count is always what was in before, plus what went in, less what came out', (_, mine) => {
  const startMs = MORNING_MS - 3 * HOUR_MS
  const events = positioningEvents(mine, startMs, startMs + 48 * HOUR_MS)
  const before = countAt(mine, startMs)
  const wrong: number[] = []
  for (let timeMs = startMs; timeMs < startMs + 48 * HOUR_MS; timeMs += 7 * MINUTE_MS + 311) {
    const sofar = events.filter((event) => event.timeMs <= timeMs)
    if (countAt(mine, timeMs) !== before + passages(sofar, 'IN') - passages(sofar, 'OUT')) wrong.push(timeMs)
  }
  expect(wrong).toEqual([])
})

test('areas add up to their level and levels to the mine, and a card is where its last event says', () => {
  const mine = busyMine()
  for (let timeMs = MORNING_MS; timeMs < MORNING_MS + 24 * HOUR_MS; timeMs += 53 * MINUTE_MS) {
    const byLevel = LEVELS.map((lvl) => countAt(mine, timeMs, { lvl }))
    expect(byLevel).toEqual(LEVELS.map((lvl) => AREAS.filter((area) => area.lvl === lvl).reduce((sum, area) => sum + countAt(mine, timeMs, { area }), 0)))
    expect(byLevel.reduce((sum, count) => sum + count, 0)).toBe(countAt(mine, timeMs))
  }
  const events = positioningEvents(mine, MORNING_MS - 24 * HOUR_MS, MORNING_MS + 4 * HOUR_MS)
  for (const area of AREAS) {
    const last = new Map(events.filter(({ schema }) => /passage|area-change/.test(schema)).map((event) => [event.visit.card, event]))
    const there = [...last.values()].filter((event) => event.dir !== 'OUT' && event.area === area).length
    expect(countAt(mine, MORNING_MS + 4 * HOUR_MS, { area })).toBe(there)
  }
})

test('a shift goes down within 40 minutes and is up before the next one, and never more than approved are in', () => {
  const mine = makePositioning(1)
  for (let shift = 0; shift < 9; shift++) {
    const startMs = MORNING_MS + shift * 8 * HOUR_MS
    expect(countAt(mine, startMs - 1)).toBeLessThanOrEqual(1)
    expect(countAt(mine, startMs + 40 * MINUTE_MS)).toBeGreaterThan(0.8 * APPROVED_PERSONS)
    expect(passages(positioningEvents(mine, startMs + 40 * MINUTE_MS, startMs + 8 * HOUR_MS - 40 * MINUTE_MS - 1), 'IN')).toBe(0)
    for (let minute = 0; minute < 480; minute += 10) expect(countAt(mine, startMs + minute * MINUTE_MS)).toBeLessThanOrEqual(APPROVED_PERSONS)
  }
})

test('over-capacity is 112 of 86 approved within a minute, more than 130 %, and ends after half an hour', () => {
  const mine = makePositioning(1)
  const atMs = MORNING_MS + 3 * HOUR_MS
  const normal = countAt(mine, atMs)
  orderPositioning(mine, 'over-capacity', atMs)
  expect(countAt(mine, atMs)).toBe(normal)
  expect(countAt(mine, atMs + MINUTE_MS)).toBe(OVER_CAPACITY_PERSONS)
  expect(OVER_CAPACITY_PERSONS / APPROVED_PERSONS).toBeGreaterThan(1.3)
  expect(countAt(mine, atMs + 32 * MINUTE_MS)).toBe(normal)
})

test('a lost card is said after 30 minutes of silence, while its bearer still counts as in', () => {
  const mine = makePositioning(1)
  const atMs = MORNING_MS + 2 * HOUR_MS
  orderPositioning(mine, 'lost-card', atMs)
  const [lost, ...more] = positioningEvents(mine, atMs, atMs + 6 * HOUR_MS).filter(({ schema }) => schema === 'positioning.lost-card/1')
  expect([more.length, lost?.timeMs, lost?.visit.lostMs]).toEqual([0, atMs + 30 * MINUTE_MS, atMs])
  const card = lost?.visit.card
  expect(insideAt(mine, atMs + 31 * MINUTE_MS).map((visit) => visit.card)).toContain(card)
  const ofCard = positioningEvents(mine, atMs, atMs + 8 * HOUR_MS).filter(({ visit }) => visit.card === card)
  expect(ofCard.map(({ schema }) => schema)).toEqual(['positioning.lost-card/1', 'positioning.passage/1'])
})

test('a call for help comes at once, of somebody who is in', () => {
  const mine = makePositioning(1)
  const atMs = MORNING_MS + 2 * HOUR_MS
  orderPositioning(mine, 'sos', atMs)
  const [sos] = positioningEvents(mine, atMs - 1, atMs).filter(({ schema }) => schema === 'positioning.sos/1')
  expect(insideAt(mine, atMs).map(({ card }) => card)).toContain(sos?.visit.card)
})

test('while nobody is in, a call for help waits for the next shift', () => {
  const mine = makePositioning(1)
  let emptyMs = MORNING_MS
  while (countAt(mine, emptyMs) > 0) emptyMs += 8 * HOUR_MS
  orderPositioning(mine, 'sos', emptyMs)
  const [sos] = positioningEvents(mine, emptyMs - 1, emptyMs + 16 * HOUR_MS).filter(({ schema }) => schema === 'positioning.sos/1')
  expect(sos?.timeMs).toBeGreaterThan(emptyMs)
})

test('who works two shifts is told as too long underground after 12 hours', () => {
  const events = positioningEvents(makePositioning(1), MORNING_MS, MORNING_MS + 96 * HOUR_MS).filter(({ schema }) => schema === 'positioning.over-time/1')
  expect(events).toHaveLength(2)
  for (const { timeMs, visit } of events) expect([timeMs - visit.enterMs, visit.leaveMs > timeMs]).toEqual([12 * HOUR_MS, true])
})

test('the same seed, orders and time give the same events however the span is cut', () => {
  const whole = positioningEvents(busyMine(), MORNING_MS, MORNING_MS + 12 * HOUR_MS)
  const parts = Array.from({ length: 24 }, (_, i) => positioningEvents(busyMine(), MORNING_MS + i * 30 * MINUTE_MS, MORNING_MS + (i + 1) * 30 * MINUTE_MS)).flat()
  expect(parts).toEqual(whole)
})
