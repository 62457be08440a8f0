import { expect, test } from 'vitest'
import { alarmId } from './alarm-id.ts'

const ALARM = { subject: '9901211000010101010001', ruleId: 'GAS-1.CO', ruleVersion: 3, startMs: 1_772_697_600_000 }

test('the id is that of sha256sum over the five lines', () => {
  // printf 'orewatch-alarm/1\n9901211000010101010001\nGAS-1.CO\n3\n1772697600000' | sha256sum
  expect(alarmId(ALARM)).toBe('cba207cf1eebdbc9e6e0d8dd9998e37d')
})

test('another subject, rule, version or start is another alarm', () => {
  const ids = [ALARM, { ...ALARM, subject: 'x' }, { ...ALARM, ruleId: 'GAS-2.CO' }, { ...ALARM, ruleVersion: 4 }, { ...ALARM, startMs: 1 }].map(alarmId)
  expect(new Set(ids).size).toBe(5)
})
