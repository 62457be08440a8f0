import { expect, test } from 'vitest'
import { makeAlarm } from '../test/make-alarm.ts'
import { alarmLine, alarmValue, lastedMs } from './alarm-words.ts'

const CO = '9901211000010101010001'
const FAN = '9901211000010402030001'

test('a value has the decimals and the unit of its point', () => expect(alarmValue({ pointCode: CO, unit: 'ppm' }, 24.56, 'zh')).toBe('25 ppm'))
test('a switch has its word', () => expect([alarmValue({ pointCode: FAN, unit: 'bool' }, 0, 'zh'), alarmValue({ pointCode: FAN, unit: 'bool' }, 1, 'en')]).toEqual(['停', 'running']))
test('a silence of a switch is seconds, not on or off', () => expect(alarmValue({ pointCode: FAN, unit: 's' }, 0, 'zh')).toBe('0 s'))
test('what is not known is a dash, never a zero', () => expect([null, undefined].map((value) => alarmValue({ pointCode: CO, unit: 'ppm' }, value, 'zh'))).toEqual(['—', '—']))
test('a rule over several points has its plain number', () => expect(alarmValue({}, 112, 'zh')).toBe('112'))
test('the line names rule, point, place and mine', () =>
  expect(alarmLine(makeAlarm('a', { pointName: '一氧化碳', place: '回风巷', mineName: '青石岭金矿' }), 'zh')).toBe('一氧化碳超限 · 一氧化碳 回风巷 · 青石岭金矿'))
test('an active alarm lasts until now, one that is over until its end', () => {
  expect(lastedMs({ startMs: 10, atMs: 20, isActive: true }, 100)).toBe(90)
  expect(lastedMs({ startMs: 10, endMs: 50, atMs: 50, isActive: false }, 100)).toBe(40)
})
