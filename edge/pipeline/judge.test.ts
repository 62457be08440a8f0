import { columnsOf, Q, reasonOf, SAMPLE_FLAGS, type Sample, SampleBuilder, samplesOf } from '@orewatch/core'
import type { ResolvedPoint } from '@orewatch/firmware-adapters'
import { expect, test } from 'vitest'
import { DeviceJudge, measure, type TimePolicy } from './judge.ts'

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
  source: { kind: 'modbus', modbus: { area: 'holding', address: 0, type: 'float32' } },
}
const loop: ResolvedPoint = { ...point, name: 'level', loop: { lo: 0, hi: 10 }, rangeHi: 10 }
const byGateway: TimePolicy = { clock: 'gateway', maxSkewMs: 5_000 }
const byDevice: TimePolicy = { clock: 'device', maxSkewMs: 5_000 }

function reading(value: number, more: Partial<Sample> = {}): Sample {
  return { key: 0, timeMs: Number.NaN, value, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0, ...more }
}

/** Feeds readings one by one, each at its own gateway time; returns the samples that they were worth. */
function judged(policy: TimePolicy, readings: readonly (readonly [atMs: number, reading: Sample, isTrusted?: boolean])[]): Sample[] {
  const judge = new DeviceJudge([point], policy)
  const out = new SampleBuilder()
  for (const [nowMs, one, isTrusted = true] of readings) judge.judge(columnsOf([one]), { nowMs, isTrusted }, Uint32Array.of(16), () => out)
  return samplesOf(out)
}

const checkMeasure = (p: ResolvedPoint, raw: number, value: number, q: number, why: string): void => {
  const got = measure(p, raw, 0, 0)
  expect({ value: got.value, q: got.q, why: reasonOf(got.why) }).toEqual({ value, q, why })
}

test('scale and offset are applied: 245 at 0.1 is 24.5', () => checkMeasure({ ...point, scale: 0.1 }, 245, 24.5, Q.good, 'none'))
test('a scaled integer is the decimal number that it stands for: 46 at 0.1 is 4.6', () => checkMeasure({ ...point, scale: 0.1 }, 46, 4.6, Q.good, 'none'))
test('a scale that is no fraction of one multiplies', () => checkMeasure({ ...point, scale: 2.5, offset: 1 }, 4, 11, Q.good, 'none'))
test('a value above the range keeps its number and is over range', () => checkMeasure(point, 501, 501, Q.overRange, 'out-of-range'))
test('a value below the range keeps its number and is over range', () => checkMeasure(point, -1, -1, Q.overRange, 'out-of-range'))
test('infinity is suspect and has no number', () => checkMeasure(point, Number.POSITIVE_INFINITY, Number.NaN, Q.suspect, 'not-a-number'))
test('NaN that the protocol called good is suspect', () => checkMeasure(point, Number.NaN, Number.NaN, Q.suspect, 'not-a-number'))
test('a secondary value is multiplied by the ratio of its transformers: 220.5 V at 10000/100 is 22 050 V', () =>
  checkMeasure({ ...point, scale: 0.1, ratio: 100, rangeHi: 45_000 }, 2205, 22_050, Q.good, 'none'))
test('a ratio leaves the decimal number what it is: 4.6 A at 15/5 is 13.8 A', () => checkMeasure({ ...point, scale: 0.1, ratio: 3 }, 46, 13.8, Q.good, 'none'))
test('the range is that of the primary value', () => checkMeasure({ ...point, ratio: 20, rangeHi: 500 }, 26, 520, Q.overRange, 'out-of-range'))
test('12 mA is the middle of the range', () => checkMeasure(loop, 12, 5, Q.good, 'none'))
test('4 mA is the low end', () => checkMeasure(loop, 4, 0, Q.good, 'none'))
test('3.5 mA is a broken loop, not a low value', () => checkMeasure(loop, 3.5, Number.NaN, Q.sensorFault, 'loop-current'))
test('21.1 mA is a broken loop, not a high value', () => checkMeasure(loop, 21.1, Number.NaN, Q.sensorFault, 'loop-current'))
test('a fault that the device reports is not overruled by plausibility', () => {
  expect(measure(point, 24.5, Q.calibrating, 8)).toEqual({ value: 24.5, q: Q.calibrating, why: 8 })
})

test('gateway times strictly increase, also when the clock stands or steps back a little, and say so', () => {
  const samples = judged(byGateway, [
    [1000, reading(1)],
    [1000, reading(2)],
    [900, reading(3)],
    [2000, reading(4)],
  ])
  expect(samples.map((s) => [s.timeMs, s.flags])).toEqual([
    [1000, 0],
    [1001, 4],
    [1002, 4],
    [2000, 0],
  ])
})

test('after a step back of more than a minute the new time counts at once', () => {
  const samples = judged(byGateway, [
    [10_000_000, reading(1)],
    [5_000_000, reading(2), false],
  ])
  expect(samples.map((s) => [s.timeMs, s.flags])).toEqual([
    [10_000_000, 0],
    [5_000_000, 2],
  ])
})

test('samples stamped while the clock is not trusted carry the flag', () => {
  expect(judged(byGateway, [[1000, reading(1), false]])[0]?.flags).toBe(2)
})

test('a checked device clock gives the event time, and the gateway time rides along', () => {
  expect(judged(byDevice, [[10_250, reading(1, { timeMs: 10_000 })]])[0]).toMatchObject({ timeMs: 10_000, gatewayDeltaMs: 250, flags: 0 })
})

test('a device clock ten minutes ahead is not believed: gateway time, flagged', () => {
  expect(judged(byDevice, [[1_000_000, reading(1, { timeMs: 1_600_000 })]])[0]).toMatchObject({ timeMs: 1_000_000, flags: 2 })
})

test('a device that shows the same sample again gives it once', () => {
  expect(
    judged(byDevice, [
      [10_000, reading(1, { timeMs: 9_900 })],
      [10_500, reading(1, { timeMs: 9_900 })],
    ]),
  ).toHaveLength(1)
})

test('loss of contact is said once with its cause, then nothing until there is a value', () => {
  const lost = reading(Number.NaN, { quality: Q.commLost, reason: 1 })
  const samples = judged(byGateway, [
    [1000, reading(5)],
    [2000, lost],
    [3000, lost],
    [4000, reading(6)],
    [5000, lost],
  ])
  expect(samples.map((s) => [s.value, s.quality, s.reason])).toEqual([
    [5, 0, 0],
    [Number.NaN, 2, 1],
    [6, 0, 0],
    [Number.NaN, 2, 1],
  ])
})

test('a fault that a device that answers reports is repeated every period: completeness needs it', () => {
  const fault = reading(Number.NaN, { quality: Q.sensorFault, reason: 7 })
  expect(
    judged(byGateway, [
      [1000, fault],
      [2000, fault],
    ]),
  ).toHaveLength(2)
})

const historic = (timeMs: number, value: number, more: Partial<Sample> = {}): Sample => reading(value, { timeMs, flags: SAMPLE_FLAGS.backfilled, ...more })

test("rows of a device's history keep their own times whoever stamps the live ones, and are flagged", () => {
  for (const policy of [byGateway, byDevice]) {
    const samples = judged(policy, [
      [1_000_000, reading(1, { timeMs: 999_990 })],
      [2_000_000, historic(1_200_000, 2, { gatewayDeltaMs: 40 })],
      [2_000_000, historic(1_300_000, 900, { gatewayDeltaMs: 40 })],
    ])
    expect(samples.slice(1).map(({ timeMs, value, quality, flags, gatewayDeltaMs }) => [timeMs, value, quality, flags, gatewayDeltaMs])).toEqual([
      [1_200_000, 2, Q.good, SAMPLE_FLAGS.backfilled, 40],
      [1_300_000, 900, Q.overRange, SAMPLE_FLAGS.backfilled, 40],
    ])
  }
})

test('history moves neither the live time of a point nor what was said of its contact', () => {
  const lost = reading(Number.NaN, { quality: Q.commLost, reason: 1 })
  const samples = judged(byDevice, [
    [1_000_000, reading(1, { timeMs: 1_000_000 })],
    [1_010_000, lost],
    [1_020_000, historic(1_019_999, 2)],
    [1_020_000, historic(1_005_000, Number.NaN, { quality: Q.commLost })],
    // Still lost: it is not said again. And a live time older than the history's is good.
    [1_021_000, lost],
    [1_022_000, reading(3, { timeMs: 1_019_500 })],
  ])
  expect(samples.map(({ timeMs, quality, flags }) => [timeMs, quality, flags])).toEqual([
    [1_000_000, Q.good, 0],
    [1_010_000, Q.commLost, 0],
    [1_019_999, Q.good, SAMPLE_FLAGS.backfilled],
    [1_005_000, Q.commLost, SAMPLE_FLAGS.backfilled],
    [1_019_500, Q.good, 0],
  ])
})

test('a row of history that has the time at which the loss was said stands a millisecond later', () => {
  const samples = judged(byGateway, [
    [1_010_000, reading(Number.NaN, { quality: Q.commLost, reason: 1 })],
    [1_020_000, historic(1_010_000, 2)],
  ])
  expect(samples.map(({ timeMs, flags }) => [timeMs, flags])).toEqual([
    [1_010_000, 0],
    [1_010_001, SAMPLE_FLAGS.backfilled | SAMPLE_FLAGS.timeAdjusted],
  ])
})

test('history of a clock that is too far off is moved by the difference and marked', () => {
  const [sample] = judged(byGateway, [[10_000_000, historic(2_000_000, 2, { gatewayDeltaMs: 3_600_000 })]])
  expect([sample?.timeMs, sample?.flags]).toEqual([5_600_000, SAMPLE_FLAGS.backfilled | SAMPLE_FLAGS.clockSuspect])
})

test('energy that falls by 500 kWh without roll-over is suspect with its value, and good again above the old reading', () => {
  const judge = new DeviceJudge([{ ...point, rangeHi: 999_999.99, scale: 0.01, resolution: 0.01, counter: { rollOver: 999_999.99, window: 50_000 } }], byGateway)
  const out = new SampleBuilder()
  for (const [i, raw] of [18_392_044, 18_342_044, Number.NaN, 18_392_101, 99_999_999, 12].entries()) {
    judge.judge(columnsOf([reading(raw, Number.isNaN(raw) ? { quality: Q.sensorFault, reason: 7 } : {})]), { nowMs: 1000 * i, isTrusted: true }, Uint32Array.of(16), () => out)
  }
  expect(samplesOf(out).map((s) => [s.value, s.quality, reasonOf(s.reason)])).toEqual([
    [183_920.44, 0, 'none'],
    [183_420.44, Q.suspect, 'counter-fell'],
    [Number.NaN, Q.sensorFault, 'fault-code'],
    [183_921.01, 0, 'none'],
    [999_999.99, 0, 'none'],
    [0.12, 0, 'none'],
  ])
})
