import { expect, test } from 'vitest'
import type { Alarm, RuleWords } from '../alarms/index.ts'
import { toAlarmItem } from './alarm-view.ts'
import type { RegisterIndex } from './register-view.ts'

const index = { points: new Map([[7, { pointCode: '9901211000010101010001', title: '一氧化碳', sensorType: '0101', metric: 'co', unit: 'ppm' }]]), mineByCode: new Map() } as unknown as RegisterIndex
const alarm = { id: 'a', pointId: 7, ruleId: 'NET-1', ruleVersion: 1, value: 30, limit: 30, peak: 30, isActive: true } as unknown as Alarm
const shown = (measures: RuleWords['measures']) => {
  const { value, limit, peak, unit } = toAlarmItem(alarm, { index, describeRule: () => ({ title: { zh: '规则', en: 'rule' }, measures }) })
  return [value, limit, peak, unit]
}

test('a limit on a value has the unit of its point', () => expect(shown('value')).toEqual([30, 30, 30, 'ppm']))
test('a silence is seconds and rain is mm, whatever the point measures', () => expect([shown('seconds')[3], shown('rain')[3]]).toEqual(['s', 'mm']))
test('periods without a move have no unit', () => expect(shown('periods')).toEqual([30, 30, 30, undefined]))
// It was shown as "1.0 mm, limit 1.0 mm" of a displacement whose sensor was ill.
test('a condition that holds shows no number', () => expect(shown('truth')).toEqual([null, null, null, undefined]))
