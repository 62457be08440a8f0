import { expect, test } from 'vitest'
import type { Latest, Point } from '../../api/contract.ts'
import { type BoardFilter, layOut, toBoard } from './to-rows.ts'

const NOW_MS = 1_000_000

function point(name: string, more: Partial<Point> = {}): Point {
  return { pointCode: name, name, metric: name, device: 'd1', gateway: 'g', subjectCode: 's', sensorType: '0101', unit: 'ppm', periodMs: 20_000, latest: fresh(), ...more }
}

function fresh(more: Partial<Latest> = {}): Latest {
  return { timeMs: NOW_MS - 1_000, value: 1, quality: 0, reason: 'none', flags: 0, ...more }
}

const POINTS = [
  point('b2'),
  point('b10'),
  point('bad', { device: 'd2', latest: fresh({ quality: 4, reason: 'fault-code' }) }),
  point('old', { device: 'd2', latest: fresh({ timeMs: NOW_MS - 61_000 }), sensorType: '0105' }),
  point('never', { device: 'd3', latest: fresh({ timeMs: 0, quality: 2 }) }),
]
const DEVICES = [
  { gateway: 'g', device: 'd1' },
  { gateway: 'g', device: 'd4' },
]

function board(filter: Partial<BoardFilter> = {}) {
  return toBoard(layOut({ devices: DEVICES, points: POINTS }), { text: '', ...filter }, { nowMs: NOW_MS, latestOf: (one) => one.latest })
}

const keys = (filter: Partial<BoardFilter>) => board(filter).rows.map((row) => row.key)

test('points stand below their device, numbers in the order of numbers', () => expect(keys({})).toEqual(['device g/d1', 'b2', 'b10', 'device g/d2', 'bad', 'old', 'device g/d3', 'never']))
test('every device is listed, also one that only points name and one without points', () => expect(board().groups.map((group) => group.key)).toEqual(['g/d1', 'g/d2', 'g/d3', 'g/d4']))
test('counts tell good, bad and stale', () => expect(board().counts).toEqual({ good: 2, bad: 2, stale: 1, none: 0 }))
test('the filter for bad leaves only bad', () => expect(keys({ standing: 'bad' })).toEqual(['device g/d2', 'bad', 'device g/d3', 'never']))
test('the filter for stale leaves only stale', () => expect(keys({ standing: 'stale' })).toEqual(['device g/d2', 'old']))
test('the filter for a class leaves its points', () => expect(keys({ sensorType: '0105' })).toEqual(['device g/d2', 'old']))
test('the filter for a device leaves its points', () => expect(keys({ deviceKey: 'g/d1' })).toEqual(['device g/d1', 'b2', 'b10']))
test('a chosen device without points still shows its head', () => expect(keys({ deviceKey: 'g/d4' })).toEqual(['device g/d4']))
test('text finds parts of names in any case', () => expect(keys({ text: ' B1' })).toEqual(['device g/d1', 'b10']))
test('counts do not change with the filter', () => expect(board({ standing: 'bad' }).counts).toEqual(board().counts))
