import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LEAST_COHERENCE, makeRadar, orderRadar, scanAt, WAVELENGTH_MM } from './model.ts'

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors/zones.json'), 'utf8')) as {
  readonly quarterWavelengthMm: { readonly low: number; readonly high: number }
  readonly acceleration: { readonly hours: readonly number[]; readonly velocitiesMmPerH: readonly number[]; readonly failureHour: number }
}
const HOUR_MS = 3_600_000
const SCAN_MS = 300_000
const ONSET_MS = Date.UTC(2026, 2, 5)
const scans = (hours: number): number[] => Array.from({ length: (hours * HOUR_MS) / SCAN_MS }, (_, i) => ONSET_MS + i * SCAN_MS)

test('a quarter of the wavelength is what the table says for Ku band', () => {
  const { low, high } = vectors.quarterWavelengthMm
  expect([WAVELENGTH_MM / 4 > low, WAVELENGTH_MM / 4 < high]).toEqual([true, true])
})

test('the falling zone speeds up as the published vector does, and falls at its hour', () => {
  const radar = makeRadar({ onsetMs: ONSET_MS })
  const { hours, velocitiesMmPerH, failureHour } = vectors.acceleration
  for (const [i, hour] of hours.entries()) expect(Math.abs(scanAt(radar, 3, ONSET_MS + hour * HOUR_MS).velocityMmPerH - (velocitiesMmPerH[i] as number))).toBeLessThan(0.03)
  expect(scanAt(radar, 3, ONSET_MS + (failureHour - 0.2) * HOUR_MS).velocityMmPerH).toBeGreaterThan(15)
  expect(scanAt(radar, 3, ONSET_MS + (failureHour + 0.1) * HOUR_MS).velocityMmPerH).toBeLessThan(1)
})

test('velocity is what displacement gains, and a value holds from its scan to the next', () => {
  const radar = makeRadar({ onsetMs: ONSET_MS })
  const from = scanAt(radar, 3, ONSET_MS + 5 * HOUR_MS)
  const to = scanAt(radar, 3, ONSET_MS + 6 * HOUR_MS)
  const mean = (from.velocityMmPerH + to.velocityMmPerH) / 2
  expect(Math.abs(to.displacementMm - from.displacementMm - mean)).toBeLessThan(0.4)
  expect(scanAt(radar, 3, ONSET_MS + SCAN_MS - 1)).toEqual(scanAt(radar, 3, ONSET_MS))
})

test('a wall at rest and one that creeps are never marked and always coherent', () => {
  const radar = makeRadar({ onsetMs: ONSET_MS })
  for (const zone of [1, 2]) {
    const seen = scans(48).map((timeMs) => scanAt(radar, zone, timeMs))
    expect(seen.filter(({ isMarked, coherence, pixelsAbove }) => isMarked || coherence < LEAST_COHERENCE || pixelsAbove > 0)).toEqual([])
  }
})

test('every jump of more than a quarter of the wavelength between two scans is marked, ordered or not', () => {
  const radar = makeRadar({ onsetMs: ONSET_MS })
  orderRadar(radar, 'phase-jump', 1, ONSET_MS + 2 * HOUR_MS)
  for (const zone of [1, 2, 3]) {
    const seen = scans(10).map((timeMs) => scanAt(radar, zone, timeMs))
    // A tenth of a millimetre is lost to rounding.
    const unmarked = seen.filter(({ displacementMm, isMarked }, i) => Math.abs(displacementMm - (seen[i - 1]?.displacementMm ?? displacementMm)) > WAVELENGTH_MM / 4 + 0.1 && !isMarked)
    expect(unmarked).toEqual([])
  }
})

test('a phase jump is half a wavelength that is marked until the radar has found it, and then gone', () => {
  const radar = makeRadar({ onsetMs: ONSET_MS })
  const atMs = ONSET_MS + 2 * HOUR_MS
  const before = scanAt(radar, 1, atMs - SCAN_MS).displacementMm
  orderRadar(radar, 'phase-jump', 1, atMs)
  const seen = Array.from({ length: 6 }, (_, i) => scanAt(radar, 1, atMs + i * SCAN_MS))
  expect(seen.map(({ isMarked }) => isMarked)).toEqual([true, true, true, true, false, false])
  expect(seen.map(({ displacementMm }) => Math.abs(displacementMm - before) > WAVELENGTH_MM / 4)).toEqual([true, true, true, false, false, false])
})

test('a zone whose coherence is lost for half an hour sees badly for half an hour', () => {
  const radar = makeRadar({ onsetMs: ONSET_MS })
  const atMs = ONSET_MS + HOUR_MS
  orderRadar(radar, 'low-coherence', 2, atMs)
  const seen = Array.from({ length: 7 }, (_, i) => scanAt(radar, 2, atMs + i * SCAN_MS).coherence < LEAST_COHERENCE)
  expect(seen).toEqual([true, true, true, true, true, true, false])
})

test('an ordered acceleration begins where the zone stands and fails ten hours later', () => {
  const radar = makeRadar({ onsetMs: ONSET_MS })
  const atMs = ONSET_MS + 3 * HOUR_MS
  const before = scanAt(radar, 2, atMs).displacementMm
  orderRadar(radar, 'acceleration', 2, atMs)
  expect(Math.abs(scanAt(radar, 2, atMs).displacementMm - before)).toBeLessThan(0.3)
  const late = scanAt(radar, 2, atMs + 9.8 * HOUR_MS)
  expect([late.velocityMmPerH > 15, late.pixelsAbove]).toEqual([true, 1_200])
})
