import { expect, test } from 'vitest'
import { makeAlarm } from '../../test/make-alarm.ts'
import { whatCanBeDone } from './what-can-be-done.ts'

const OFFICER = ['duty-officer']

test('a duty officer may sign, explain and silence', () => expect(whatCanBeDone(makeAlarm('a'), OFFICER)).toEqual(['acknowledge', 'explain', 'shelve', 'take-out-of-service']))
test('the safety officer of an enterprise may not silence', () => expect(whatCanBeDone(makeAlarm('a'), ['enterprise-safety'])).toEqual(['acknowledge', 'explain']))
test('a leader and the system administrator may only look', () => {
  expect(whatCanBeDone(makeAlarm('a'), ['read-only-leader'])).toEqual([])
  expect(whatCanBeDone(makeAlarm('a'), ['system-administrator'])).toEqual([])
})
test('nobody signs twice', () => expect(whatCanBeDone(makeAlarm('a', { isAcknowledged: true, state: 'acknowledged' }), ['enterprise-safety'])).toEqual(['explain']))
test('a shelved alarm can be unshelved, one out of service returned', () => {
  expect(whatCanBeDone(makeAlarm('a', { state: 'shelved', shelvedUntilMs: 9 }), OFFICER)).toEqual(['acknowledge', 'explain', 'unshelve', 'take-out-of-service'])
  expect(whatCanBeDone(makeAlarm('a', { state: 'out-of-service' }), OFFICER)).toEqual(['acknowledge', 'explain', 'return-to-service'])
})
test('what is over or came afterwards can only be explained', () => {
  expect(whatCanBeDone(makeAlarm('a', { state: 'normal', isActive: false, isAcknowledged: true }), OFFICER)).toEqual(['explain'])
  expect(whatCanBeDone(makeAlarm('a', { state: 'historical', isHistorical: true, isAcknowledged: true }), OFFICER)).toEqual(['explain'])
})
