import { expect, test } from 'vitest'
import { catalogOfMonth, fileOfMonth, monthOf, monthOfFile } from './month.ts'

test('a month begins and ends at midnight UTC', () => {
  expect(monthOf(Date.UTC(2026, 11, 31, 23, 59, 59, 999))).toEqual({ name: '2026-12', fromMs: Date.UTC(2026, 11, 1), toMs: Date.UTC(2027, 0, 1) })
  expect(monthOf(Date.UTC(2027, 0, 1)).name).toBe('2027-01')
  expect(monthOf(0).name).toBe('1970-01')
})

test('a month is found again by its file', () => {
  const month = monthOf(Date.UTC(2028, 1, 29))
  expect(fileOfMonth(month)).toBe('samples-2028-02.duckdb')
  expect(monthOfFile(fileOfMonth(month))).toEqual(month)
  expect(catalogOfMonth(month)).toBe('m2028_02')
})

test('other files are no months', () => {
  expect(['samples-2026-13.duckdb', 'samples-2026-00.duckdb', 'samples-2026-11.duckdb.wal', 'samples.duckdb', 'x'].map(monthOfFile)).toEqual([undefined, undefined, undefined, undefined, undefined])
})
