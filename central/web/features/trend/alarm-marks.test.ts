import { expect, test } from 'vitest'
import { makeAlarm } from '../../test/make-alarm.ts'
import { limitsOf, markAt, marksOf } from './alarm-marks.ts'

const RANGE = { fromMs: 100, toMs: 200 }
const spans = (...alarms: Parameters<typeof marksOf>[0]) => marksOf(alarms, RANGE, 180).map(({ fromMs, toMs }) => [fromMs, toMs])

test('an episode is cut to the range', () => expect(spans(makeAlarm('a', { startMs: 50, endMs: 120 }))).toEqual([[100, 120]]))
test('an episode that goes on ends now, not in the future', () => expect(spans(makeAlarm('a', { startMs: 150 }))).toEqual([[150, 180]]))
test('what lies outside is not drawn', () => expect(spans(makeAlarm('a', { startMs: 10, endMs: 90 }), makeAlarm('b', { startMs: 201 }))).toEqual([]))
test('each limit is one line', () =>
  expect(
    limitsOf(
      marksOf(
        [makeAlarm('a', { startMs: 110 }), makeAlarm('b', { startMs: 120 }), makeAlarm('c', { startMs: 130, level: 'red', limit: 100 }), makeAlarm('d', { startMs: 140, limit: null })],
        RANGE,
        180,
      ),
    ),
  ).toEqual([
    { level: 'yellow', limit: 24 },
    { level: 'red', limit: 100 },
  ]))
test('of two at one moment the more severe is told; near is near enough', () => {
  const marks = marksOf([makeAlarm('a', { startMs: 110, endMs: 150, level: 'red' }), makeAlarm('b', { startMs: 110, endMs: 190 })], RANGE, 180)
  expect([120, 155, 160, 199].map((timeMs) => markAt(marks, timeMs, 5)?.alarm.id)).toEqual(['a', 'a', 'b', undefined])
})
