import type { ModbusPoint, ResolvedPoint } from '@orewatch/firmware-adapters'
import { expect, test } from 'vitest'
import { isPlausible } from './probe.ts'
import { proposalOf, reportText } from './probe-text.ts'

const point: ResolvedPoint = {
  name: 'co',
  title: { zh: '一氧化碳', en: 'CO' },
  sensorType: '0101',
  unit: 'ppm',
  scale: 1,
  offset: 0,
  rangeLo: 0,
  rangeHi: 500,
  resolution: 1,
  periodMs: 20_000,
  isBoolean: false,
  priority: 'vital',
  source: { kind: 'modbus', modbus: { area: 'holding', address: 0, type: 'float32' } satisfies ModbusPoint['modbus'] },
}
const at = { area: 'holding', address: 0 } as const
const report = (findings: Parameters<typeof proposalOf>[0]['findings'], stopped?: 'silence') => ({ findings, requests: 10, answerMs: { median: 1, longest: 2 }, stopped })
const device = { id: 'd', configured: ['ABCD' as const] }

test('a map that ends proposes no limit: the device may allow more elsewhere', () => expect(proposalOf(report({ registers: { ...at, count: 27, bound: 'map' } })).quirks).toEqual({}))
test('holes that are refused are proposed to be left out', () => expect(proposalOf(report({ holes: { verdict: 'refused', served: [], refused: [3] } })).quirks).toEqual({ maxHoleRegisters: 0 }))
test('what was not reached is said to be not measured', () => {
  const text = reportText(report({ gap: { pauseMs: 50, lostAtMs: 48 } }, 'silence'), device)
  expect(text).toContain('THE DEVICE FELL SILENT')
  expect(text).toMatch(/longest read +not measured/)
  expect(text).toMatch(/smallest pause +50 ms; with 48 ms answers are lost/)
  expect(text).toContain('  minGapMs: 50\n')
})
test('an order that cannot be told is undecided, with the candidates', () => {
  expect(reportText(report({ order: { order: undefined, candidates: ['ABCD', 'CDAB'], points: 2 } }), device)).toContain('undecided between ABCD, CDAB, by 2 points')
  expect(reportText(report({ order: { order: undefined, candidates: ['ABCD'], points: 0 } }), device)).toContain('undecided: no point of several registers')
})
test('nothing found is said to be nothing', () => expect(reportText(report({}), device)).toContain('# nothing to propose'))
test('a value is plausible in its range, and 0, and not next to nothing', () => {
  expect([24.5, 0, 1e-17, -772, 501, Number.NaN].map((raw) => isPlausible(point, raw))).toEqual([true, true, false, false, false, false])
})
