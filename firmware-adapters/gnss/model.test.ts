import { expect, test } from 'vitest'
import { makeSlope } from '../simulation/creep.ts'
import { EPOCH_MS, type GnssResult, type MonitoringPoint, resultAt } from './model.ts'

const ONSET_MS = Date.UTC(2026, 6, 4)
const HOUR_MS = 3_600_000
const slope = makeSlope({ onsetMs: ONSET_MS, failureMs: ONSET_MS + 48 * HOUR_MS, creepMmPerH: 2 })
const failing: MonitoringPoint = { slope, azimuthDeg: 135, dipDeg: 30 }
const firm: MonitoringPoint = { slope: undefined, azimuthDeg: 0, dipDeg: 0 }

const at = (point: MonitoringPoint, timeMs: number, slot = 1): GnssResult => resultAt(point, { seed: 1, slot, timeMs })
const fixesOf = (point: MonitoringPoint, fromMs: number, toMs: number): { timeMs: number; result: GnssResult }[] =>
  Array.from({ length: Math.floor((toMs - fromMs) / EPOCH_MS) }, (_, i) => fromMs + i * EPOCH_MS)
    .map((timeMs) => ({ timeMs, result: at(point, timeMs) }))
    .filter(({ result }) => result.solution === 1)

test('the same time gives the same result, and between two epochs nothing changes', () => {
  expect(at(failing, ONSET_MS + 1)).toEqual(at(failing, ONSET_MS + EPOCH_MS - 1))
  expect(at(failing, ONSET_MS + EPOCH_MS)).not.toEqual(at(failing, ONSET_MS))
})

test('fixes are within the limits of acceptance, float solutions far outside, and about one in fifty', () => {
  const results = Array.from({ length: 5000 }, (_, i) => at(firm, ONSET_MS + i * EPOCH_MS))
  const fixes = results.filter(({ solution }) => solution === 1)
  const floats = results.filter(({ solution }) => solution === 2)
  expect(fixes.every(({ sigmaH, sigmaV }) => sigmaH > 0 && sigmaH <= 3 && sigmaV > 0 && sigmaV <= 6)).toBe(true)
  expect(floats.every(({ sigmaH, sigmaV }) => sigmaH > 3 && sigmaV > 6)).toBe(true)
  expect(floats.length / results.length).toBeCloseTo(0.02, 2)
})

test('a point on firm rock stays within a few millimetres', () => {
  expect(fixesOf(firm, ONSET_MS, ONSET_MS + HOUR_MS).every(({ result }) => Math.hypot(result.north, result.east, result.height) < 3)).toBe(true)
})

test('a failing point moves down and south-east', () => {
  const { result } = fixesOf(failing, ONSET_MS + 40 * HOUR_MS, ONSET_MS + 41 * HOUR_MS)[0] ?? expect.unreachable()
  expect(result.north).toBeLessThan(-50)
  expect(result.east).toBeGreaterThan(50)
  expect(result.height).toBeLessThan(-50)
})

test('the inverse velocity of its fixes leads to the hour of the failure (ALG-4)', () => {
  // Mean velocity of each two hours from 24 h to 44 h, as a monitoring system would make it.
  const hours = Array.from({ length: 10 }, (_, i) => 24 + 2 * i)
  const moved = (hour: number): number => {
    const fixes = fixesOf(failing, ONSET_MS + hour * HOUR_MS, ONSET_MS + hour * HOUR_MS + 20 * EPOCH_MS)
    return fixes.reduce((sum, { result }) => sum + Math.hypot(result.north, result.east, result.height), 0) / fixes.length
  }
  const points = hours.map((hour) => ({ t: hour + 1, inverse: 2 / (moved(hour + 2) - moved(hour)) }))
  const mean = (of: (point: (typeof points)[number]) => number): number => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [t0, y0] = [mean(({ t }) => t), mean(({ inverse }) => inverse)]
  const b = points.reduce((sum, { t, inverse }) => sum + (t - t0) * (inverse - y0), 0) / points.reduce((sum, { t }) => sum + (t - t0) ** 2, 0)
  expect(t0 - y0 / b).toBeCloseTo(48, -0.5)
})
