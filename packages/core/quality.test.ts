import { expect, test } from 'vitest'
import { isQuality, parseReason, qualityOfOpcUaStatus, qualityOfSparkplug, REASONS, reasonCode, reasonOf, sparkplugQuality } from './quality.ts'

test('OPC UA status codes map as the domain table says', () => {
  expect(qualityOfOpcUaStatus(0)).toBe(0)
  expect(qualityOfOpcUaStatus(0x40000000)).toBe(8) // Uncertain
  expect(qualityOfOpcUaStatus(0x80310000)).toBe(2) // BadNoCommunication
  expect(qualityOfOpcUaStatus(0x808c0000)).toBe(4) // BadSensorFailure
  expect(qualityOfOpcUaStatus(0x808d0000)).toBe(9) // BadOutOfService
  expect(qualityOfOpcUaStatus(0x80ff0000)).toBe(2) // any other Bad is no value to trust
})

test('information bits of a status code do not change its meaning', () => {
  expect(qualityOfOpcUaStatus(0x00000480)).toBe(0)
  expect(qualityOfOpcUaStatus(0x80310001)).toBe(2)
})

test('reasons keep their codes, and codes of a newer program read as unspecified', () => {
  expect(REASONS.map((r) => reasonOf(reasonCode(r)))).toEqual([...REASONS])
  expect(reasonOf(250)).toBe('unspecified')
  expect(parseReason('never-heard-of')).toBe(reasonCode('unspecified'))
  expect([reasonCode('timeout'), reasonCode('word-order'), reasonCode('stopped')]).toEqual([1, 11, 23])
})

test('only good, manual and backfilled values are good to a foreign Sparkplug host', () => {
  expect([0, 6, 7].map((q) => sparkplugQuality(q as 0))).toEqual([192, 192, 192])
  expect(sparkplugQuality(2)).toBe(500)
  expect(sparkplugQuality(4)).toBe(0)
  expect([192, 500, 0, 77].map(qualityOfSparkplug)).toEqual([0, 2, 8, 8])
  expect([-1, 10, 1.5, '1'].map(isQuality)).toEqual([false, false, false, false])
})
