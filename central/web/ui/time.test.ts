import { expect, test } from 'vitest'
import { formatDateTime, formatMoment, formatSpan, fromInputValue, toInputValue } from './time.ts'

const MOMENT_MS = Date.parse('2026-03-01T16:30:05Z')

test('times are those of Beijing', () => expect(formatDateTime(MOMENT_MS)).toBe('2026-03-02 00:30:05'))
test('another day is named, today is not', () => {
  expect(formatMoment(MOMENT_MS, MOMENT_MS + 1_000)).toBe('00:30:05')
  expect(formatMoment(MOMENT_MS, MOMENT_MS - 3_600_000)).toBe('03-02 00:30:05')
})
test('what an input shows is read back', () => expect(fromInputValue(toInputValue(MOMENT_MS))).toBe(MOMENT_MS))
test('an input without seconds is read', () => expect(fromInputValue('2026-03-02T00:30')).toBe(MOMENT_MS - 5_000))
test('nonsense is not read', () => expect(['', 'x', '2026-13-01T00:00'].map(fromInputValue)).toEqual([undefined, undefined, undefined]))
test('spans have their two largest units', () => {
  expect(formatSpan(200_000, 'zh')).toBe('3 分 20 秒')
  expect(formatSpan(100_800_000, 'en')).toBe('1 d 4 h')
  expect(formatSpan(-5, 'zh')).toBe('0 秒')
})
test('a wrong time does not throw', () => expect(formatDateTime(Number.NaN)).toContain('--:--:--'))
