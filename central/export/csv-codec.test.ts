import { columnsOf } from '@orewatch/core'
import { expect, test } from 'vitest'
import { beijingTime, COLUMNS, csvHead, csvRows, textCell } from './csv-codec.ts'

const point = { id: 1, pointCode: '9901211000010101010001', name: '回风巷 CO', unit: 'ppm' }

test('the file begins with a byte order mark, so that Excel reads Chinese', () => {
  expect(Buffer.from(csvHead()).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
  expect(csvHead()).toContain('测点编码,测点名称')
})

test('a line has a cell for each title, with names beside the codes', () => {
  const text = csvRows(point, columnsOf([{ key: 1, timeMs: Date.UTC(2026, 10, 5, 12), value: 24.5, quality: 3, reason: 9, flags: 0, gatewayDeltaMs: -7 }]))
  expect(text).toBe('9901211000010101010001,回风巷 CO,ppm,2026-11-05T20:00:00.000+08:00,1793880000000,24.5,3,超量程,9,out-of-range,0,-7\r\n')
  expect(text.split(',')).toHaveLength(COLUMNS.length)
})

test('a sample without a value has an empty cell, and a backfilled good one shows quality 7', () => {
  const sample = { key: 1, timeMs: 0, value: Number.NaN, quality: 2, reason: 1, flags: 0, gatewayDeltaMs: 0 }
  const [without, backfilled] = csvRows(point, columnsOf([sample, { ...sample, timeMs: 1, value: 3, quality: 0, reason: 0, flags: 1 }])).split('\r\n')
  expect(without).toContain(',0,,2,断线,1,timeout,')
  expect(backfilled).toContain(',1,3,7,补传,0,none,1,')
})

// OWASP, CSV injection: cells that begin with these are run as formulas by spreadsheets.
test.for(['=HYPERLINK("http://x")', '+1', '-1+2', '@SUM(A1)', '\t=1', '\r=1', '＝1+1'])('a name that a spreadsheet would run is neutralised: %s', (name) => {
  expect(textCell(name).replace(/^"/, '')).toMatch(/^'/)
})

test('commas, quotes and line ends in a name stay within its cell', () => expect(textCell('a,"b"\nc')).toBe('"a,""b""\nc"'))

test('the time is that of Beijing, also over midnight', () => expect(beijingTime(Date.UTC(2026, 11, 31, 16))).toBe('2027-01-01T00:00:00.000+08:00'))
