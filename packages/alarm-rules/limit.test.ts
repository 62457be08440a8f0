import { expect, test } from 'vitest'
import { CO, coLimit, sample, Stage } from './test/stage.ts'

const FOUR = { yellow: { ge: 24, clear: 22 }, orange: { ge: 48 }, red: { ge: 100, minSamples: 1 } }

test('ALG-1: an episode from 40 to 140 s with peak 26, and a second one open at 180 s with peak 24', () => {
  const stage = new Stage([coLimit({ yellow: { ge: 24, clear: 22 } })])
  expect(stage.values([20, 23, 24, 25, 26, 23.5, 22.5, 21, 20, 24, 24])).toEqual(['raise yellow @60', 'clear yellow @140', 'raise yellow @200'])
  const [first, end, second] = stage.transitions
  expect(first).toMatchObject({ startMs: 40_000, limit: 24, value: 25 })
  // (0 + 1 + 2) × 20 s: what lies below the limit while the alarm waits to clear takes nothing away.
  expect(end).toMatchObject({ startMs: 40_000, atMs: 140_000, durationMs: 100_000, peak: 26, area: 60, value: 21 })
  expect(second).toMatchObject({ startMs: 180_000, peak: 24 })
})

test('A1: 24.5 ppm for three samples is yellow, 48 orange, 100 red', () => {
  const stage = new Stage([coLimit(FOUR)])
  expect(stage.values([24.5, 24.5, 24.5])).toEqual(['raise yellow @20'])
  expect(stage.values([48, 48], 60)).toEqual(['escalate orange @80'])
  expect(stage.values([100], 100)).toEqual(['escalate red @100'])
  expect(stage.transitions.at(-1)).toMatchObject({ previousLevel: 'orange', limit: 100, peak: 100 })
})

test('just below the limit is no alarm, and one sample beyond it is none either', () => {
  expect(new Stage([coLimit(FOUR)]).values([23.999, 23.999, 24, 23.999])).toEqual([])
})

test('red needs one sample only and skips what lies between', () => {
  expect(new Stage([coLimit(FOUR)]).values([120])).toEqual(['raise red @0'])
})

test('a level ends below limit × 0.917, one after the other', () => {
  const stage = new Stage([coLimit(FOUR)])
  stage.values([120, 120])
  expect(stage.values([92], 40)).toEqual([])
  expect(stage.values([91.6], 60)).toEqual(['deescalate orange @60'])
  expect(stage.values([44.1, 44], 80)).toEqual(['deescalate yellow @100'])
  expect(stage.values([22, 21.9], 120)).toEqual(['clear yellow @140'])
})

test('an alarm never ends by loss of data: the value is unknown, once, until it is known again', () => {
  const stage = new Stage([coLimit(FOUR)])
  stage.values([30, 30])
  expect(stage.feed(sample(1, 40, Number.NaN, 2), sample(1, 60, Number.NaN, 2), sample(1, 80, 0, 4))).toEqual(['value-unknown yellow @40'])
  expect(stage.transitions.at(-1)).toMatchObject({ quality: 2, value: 30 })
  expect(stage.pass(90_000)).toEqual([])
  expect(stage.feed(sample(1, 100, 31))).toEqual(['value-known yellow @100'])
  expect(stage.feed(sample(1, 120, Number.NaN, 2), sample(1, 140, 10))).toEqual(['value-unknown yellow @120', 'value-known yellow @140', 'clear yellow @140'])
})

test('time without data adds nothing to the area beyond the limit', () => {
  const stage = new Stage([coLimit(FOUR)])
  stage.values([34, 34])
  stage.feed(sample(1, 40, Number.NaN, 2), sample(1, 4000, 10))
  expect(stage.transitions.at(-1)).toMatchObject({ kind: 'clear', area: 400 })
})

test('test gas during calibration raises nothing and a zero during calibration clears nothing', () => {
  const stage = new Stage([coLimit(FOUR)])
  expect(stage.feed(sample(1, 0, 300, 1), sample(1, 20, 300, 1), sample(1, 40, 5))).toEqual([])
  stage.values([30, 30], 60)
  expect(stage.feed(sample(1, 100, 0, 1), sample(1, 120, 0, 1), sample(1, 140, 30))).toEqual([])
})

test('what began before calibration does not count on after it', () => {
  expect(new Stage([coLimit(FOUR)]).feed(sample(1, 0, 30), sample(1, 20, 30, 1), sample(1, 40, 30))).toEqual([])
})

test('a bad sample between two high ones does not hide them', () => {
  expect(new Stage([coLimit(FOUR)]).feed(sample(1, 0, 30), sample(1, 20, Number.NaN, 2), sample(1, 40, 30))).toEqual(['raise yellow @40'])
})

test('two high samples hours apart are not in a row', () => {
  expect(new Stage([coLimit(FOUR)]).feed(sample(1, 0, 30), sample(1, 7200, 30))).toEqual([])
})

test('E.2 saturation: a sensor at the end of its range is beyond the limit after three samples, not unknown', () => {
  const stage = new Stage([coLimit(FOUR)])
  expect(stage.feed(sample(1, 0, 500, 3), sample(1, 20, 500, 3))).toEqual([])
  expect(stage.feed(sample(1, 40, 500, 3))).toEqual(['raise red @40'])
})

test('an over-range value on the other side says nothing about an upper limit', () => {
  expect(new Stage([coLimit(FOUR)]).feed(sample(1, 0, -1, 3), sample(1, 20, -1, 3), sample(1, 40, -1, 3), sample(1, 60, -1, 3))).toEqual([])
})

test('suspect, faulty and unpowered values raise nothing, whatever they say', () => {
  for (const quality of [2, 4, 5, 8, 9]) expect(new Stage([coLimit(FOUR)]).feed(...[0, 20, 40, 60].map((t) => sample(1, t, 400, quality)))).toEqual([])
})

test('a good quality without a number is a value unknown', () => {
  const stage = new Stage([coLimit(FOUR)])
  stage.values([30, 30])
  expect(stage.feed(sample(1, 40, Number.NaN), sample(1, 60, Number.POSITIVE_INFINITY))).toEqual(['value-unknown yellow @40'])
})

test('manual values count', () => {
  expect(new Stage([coLimit(FOUR)]).feed(sample(1, 0, 30, 6), sample(1, 20, 30, 6))).toEqual(['raise yellow @20'])
})

test('a lower limit: oxygen below 20 % is yellow, and ends above it by two resolutions', () => {
  const o2 = { key: 1, code: 'o2', sensorType: '0105' }
  const rule = { ...(coLimit({ yellow: { lt: 20 }, red: { lt: 18, minSamples: 1 } }) as object), for: { sensorTypes: ['0105'] } }
  const stage = new Stage([rule], [o2])
  expect(stage.values([20, 20, 19.9, 19.9])).toEqual(['raise yellow @60'])
  expect(stage.values([17], 80)).toEqual(['escalate red @80'])
  expect(stage.values([18.2, 18.3, 20.2, 20.3], 100)).toEqual(['deescalate yellow @100', 'clear yellow @140'])
  expect(stage.transitions.at(-1)).toMatchObject({ peak: 17 })
})

test('a condition must last as long as its delay, and a shorter one leaves no trace', () => {
  const stage = new Stage([coLimit({ yellow: { ge: 24 } }, { onDelayS: 60 })])
  expect(stage.values([30, 30, 30, 10, 30, 30, 30, 30])).toEqual(['raise yellow @140'])
  expect(stage.transitions[0]).toMatchObject({ startMs: 80_000 })
})

test('a switch says it once: the delay ends by itself, at the moment at which it ends', () => {
  const door = { key: 1, code: 'door', sensorType: '0205' }
  const rule = { ...(coLimit({ yellow: { ge: 1 } }, { onDelayS: 60 }) as object), for: { sensorTypes: ['0205'] } }
  const ticked = new Stage([rule], [door])
  ticked.feed(sample(1, 100, 1))
  expect(ticked.pass(160)).toEqual([])
  expect(ticked.pass(175)).toEqual(['raise yellow @160'])
  expect(ticked.feed(sample(1, 200, 0))).toEqual(['clear yellow @200'])
  const untold = new Stage([rule], [door])
  expect(untold.feed(sample(1, 100, 1), sample(1, 200, 0))).toEqual(['raise yellow @160', 'clear yellow @200'])
  expect(untold.transitions).toEqual(ticked.transitions)
})

test('a delay does not run on over a value that is no longer known', () => {
  const stage = new Stage([coLimit({ yellow: { ge: 24, minSamples: 1 } }, { onDelayS: 600 })])
  stage.values([30])
  expect(stage.pass(10_000)).toEqual([])
})

test('an alarm ends only after its off-delay, at the higher of the levels on the way', () => {
  const stage = new Stage([coLimit(FOUR, { offDelayS: 60 })])
  stage.values([120])
  expect(stage.values([10, 10, 10], 20)).toEqual([])
  expect(stage.values([10], 80)).toEqual(['clear red @80'])
  stage.values([120], 100)
  expect(stage.values([50, 10, 10, 10], 120)).toEqual(['deescalate orange @180'])
})

test('a loss of data while an alarm is about to end begins its off-delay anew', () => {
  const stage = new Stage([coLimit(FOUR, { offDelayS: 60 })])
  stage.values([120])
  expect(stage.feed(sample(1, 20, 10), sample(1, 40, Number.NaN, 2), sample(1, 100, 10))).toEqual(['value-unknown red @40', 'value-known red @100'])
  expect(stage.feed(sample(1, 120, 10), sample(1, 140, 10), sample(1, 160, 10))).toEqual(['clear red @160'])
})

test('samples that are late or repeated change nothing and are counted', () => {
  const stage = new Stage([coLimit(FOUR)])
  stage.values([30, 30])
  expect(stage.feed(sample(1, 0, 10), sample(1, 20, 10), sample(1, 10, 500), sample(7, 40, 500))).toEqual([])
  expect(stage.evaluator.ignored).toBe(4)
})

test('A6: a backlog raises nothing live, and the same samples raise it in history', () => {
  const backlog = [sample(1, 0, 30, 0, 1), sample(1, 20, 30, 7), sample(1, 40, 30, 7)]
  expect(new Stage([coLimit(FOUR)]).feed(...backlog)).toEqual([])
  expect(new Stage([coLimit(FOUR)], [CO], {}, 'history').feed(...backlog)).toEqual(['raise yellow @20'])
})
