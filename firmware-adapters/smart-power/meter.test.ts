import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COUNTING_SINCE_MS, energyAt, type LoopFault, type Meter, readingsAt } from './meter.ts'
import { consumedAt, loadAt, MINE_LOOPS } from './model.ts'

const TIME_MS = Date.UTC(2026, 2, 5, 2, 0)
const HOUR_MS = 3_600_000
const meterOf = (name: string, faults: readonly LoopFault[] = [], startKwh = 1000): Meter => ({ loop: MINE_LOOPS.find((loop) => loop.name === name) as Meter['loop'], seed: 3, startKwh, faults })
const primary = ({ loop }: Meter, value: number): number => value * loop.ctRatio * loop.ptRatio

test.each(MINE_LOOPS)('at $name power is the sum of what the phases carry, and S² = P² + Q²', (loop) => {
  const seen = readingsAt({ loop, seed: 1, startKwh: 0, faults: [] }, TIME_MS)
  const apparentVa = seen.volts.reduce((sum, volts, i) => sum + volts * (seen.amperes[i] ?? 0), 0)
  expect(apparentVa / 1000).toBeCloseTo(seen.apparentKva, 9)
  expect(Math.hypot(seen.activeKw, seen.reactiveKvar)).toBeCloseTo(seen.apparentKva, 9)
  expect(seen.activeKw * loop.ctRatio * loop.ptRatio).toBeCloseTo(loadAt(loop, TIME_MS), 9)
})

test('a meter behind a 10000/100 V transformer sees 57.7 V between phase and neutral', () => {
  for (const volts of readingsAt(meterOf('main-fan'), TIME_MS).volts) expect(Math.abs(volts - 57.7)).toBeLessThan(1.5)
})

test('the energy that a meter shows grows by what the loop uses, over the ratios', () => {
  const meter = meterOf('main-hoist')
  const shown = energyAt(meter, TIME_MS + HOUR_MS) - energyAt(meter, TIME_MS)
  expect(primary(meter, shown)).toBeCloseTo(consumedAt(meter.loop, TIME_MS + HOUR_MS) - consumedAt(meter.loop, TIME_MS), 6)
})

test('a meter begins again at 0 after 999 999.99', () => {
  const meter = meterOf('office', [], 999_999.9)
  const readings = Array.from({ length: 24 }, (_, hour) => energyAt(meter, COUNTING_SINCE_MS + hour * HOUR_MS))
  expect(Math.max(...readings)).toBeLessThan(1_000_000)
  expect(readings.at(-1)).toBeLessThan(100)
})

test('a lost phase has neither voltage nor current, and energy counts what is left', () => {
  const meter = meterOf('main-fan', [{ kind: 'phase-loss', fromMs: TIME_MS, untilMs: TIME_MS + HOUR_MS }])
  const { volts, amperes, activeKw } = readingsAt(meter, TIME_MS + 1000)
  expect([volts[2], amperes[2]]).toEqual([0, 0])
  expect(activeKw / readingsAt(meterOf('main-fan'), TIME_MS + 1000).activeKw).toBeCloseTo(1.995 / 3, 9)
  expect((energyAt(meter, TIME_MS + HOUR_MS) - energyAt(meter, TIME_MS)) / (energyAt(meterOf('main-fan'), TIME_MS + HOUR_MS) - energyAt(meterOf('main-fan'), TIME_MS))).toBeCloseTo(1.995 / 3, 6)
})

test('with a wrong transformer current, power and energy are half', () => {
  const [right, wrong] = [meterOf('main-fan'), meterOf('main-fan', [{ kind: 'ct-wrong', fromMs: TIME_MS, untilMs: Number.POSITIVE_INFINITY }])]
  const at = TIME_MS + 1000
  expect(readingsAt(wrong, at).amperes[0] / readingsAt(right, at).amperes[0]).toBeCloseTo(0.5, 12)
  expect(readingsAt(wrong, at).activeKw / readingsAt(right, at).activeKw).toBeCloseTo(0.5, 12)
  expect(readingsAt(wrong, at).volts).toEqual(readingsAt(right, at).volts)
})

test('energy goes backwards by 500 kWh once', () => {
  const meter = meterOf('mill', [{ kind: 'energy-back', fromMs: TIME_MS, untilMs: TIME_MS }], 10_000)
  expect(energyAt(meter, TIME_MS - 1) - energyAt(meter, TIME_MS)).toBeCloseTo(500, 3)
  expect(energyAt(meter, TIME_MS + HOUR_MS)).toBeGreaterThan(energyAt(meter, TIME_MS))
})

test('whatever the faults, shown energy never falls but for energy-back and the roll-over', () => {
  const kind = fc.constantFrom('phase-loss' as const, 'terminal-off' as const, 'ct-wrong' as const)
  const fault = fc.record({ kind, fromMs: fc.integer({ min: 0, max: 48 }), hours: fc.integer({ min: 1, max: 20 }) })
  fc.assert(
    fc.property(fc.array(fault, { maxLength: 6 }), (list) => {
      const meter = meterOf(
        'main-hoist',
        list.map((one) => ({ kind: one.kind, fromMs: TIME_MS + one.fromMs * HOUR_MS, untilMs: TIME_MS + (one.fromMs + one.hours) * HOUR_MS })),
      )
      const readings = Array.from({ length: 100 }, (_, i) => energyAt(meter, TIME_MS + i * 1_900_000))
      expect(readings.every((reading, i) => i === 0 || reading >= (readings[i - 1] as number) - 1e-6)).toBe(true)
    }),
    { numRuns: 50 },
  )
})
