import { expect, test } from 'vitest'
import { CO, sample, Stage } from './test/stage.ts'

const names = { version: 1, title: { zh: '测试', en: 'test' } }
const cited = { source: 'test', confidence: 'D' }
const FOR_CO = { for: { sensorTypes: ['0101'] } }

const RISE = { kind: 'rate', id: 'GAS-2.CO', ...names, ...FOR_CO, overS: 600, direction: 'rise', minSamples: 1, levels: { yellow: { gt: 5, ...cited } } }

test('KA23-60: CO that rises by more than 5 ppm in 10 minutes is yellow, by exactly 5 is not', () => {
  expect(new Stage([RISE]).values([3, 5, 8, 8])).toEqual([])
  expect(new Stage([RISE]).values([3, 5, 8, 8.5])).toEqual(['raise yellow @60'])
})

test('the same rise over more than 10 minutes is none', () => {
  expect(new Stage([RISE]).values([3, 4, 5, 6, 7, 8, 9, 10], 0, 300)).toEqual([])
})

test('the rise is measured from the lowest value of the window, not from its first', () => {
  expect(new Stage([RISE]).values([9, 1, 6.5])).toEqual(['raise yellow @40'])
})

test('KA23-60: inflow that changes by 20 % either way is yellow', () => {
  const inflow = { key: 1, code: 'inflow', sensorType: '0302' }
  const rule = {
    kind: 'rate',
    id: 'WAT-1',
    ...names,
    for: { sensorTypes: ['0302'] },
    overS: 3600,
    direction: 'either',
    relative: { floor: 1 },
    minSamples: 1,
    levels: { yellow: { ge: 0.2, ...cited } },
  }
  expect(new Stage([rule], [inflow]).values([100, 119.9], 0, 60)).toEqual([])
  expect(new Stage([rule], [inflow]).values([100, 120], 0, 60)).toEqual(['raise yellow @60'])
  expect(new Stage([rule], [inflow]).values([100, 80], 0, 60)).toEqual(['raise yellow @60'])
  expect(new Stage([rule], [inflow]).values([0, 0.1], 0, 60)).toEqual([])
})

const RAIN = { key: 1, code: 'rain', sensorType: '0901' }
const rain = (id: string, hours: number, level: string, mm: number) => ({
  kind: 'rain',
  id,
  ...names,
  for: { sensorTypes: ['0901'] },
  overS: hours * 3600,
  minSamples: 1,
  levels: { [level]: { ge: mm, ...cited } },
})

test('T-18: 50 mm within 24 h is yellow, 49.9 mm is not, and what fell the day before does not count', () => {
  const rule = rain('TSF-5.24h', 24, 'yellow', 50)
  expect(new Stage([rule], [RAIN]).values([0, 30, 49.9], 0, 3600)).toEqual([])
  expect(new Stage([rule], [RAIN]).values([0, 30, 50], 0, 3600)).toEqual(['raise yellow @7200'])
  expect(new Stage([rule], [RAIN]).feed(sample(1, 0, 0), sample(1, 3600, 30), sample(1, 25 * 3600, 55))).toEqual([])
})

test('a rain gauge that was reset begins at nothing', () => {
  expect(new Stage([rain('TSF-5.24h', 24, 'yellow', 50)], [RAIN]).values([980, 1010, 5, 20], 0, 3600)).toEqual(['raise yellow @10800'])
})

test('sums of tenths leave exactly nothing behind', () => {
  const stage = new Stage([rain('TSF-5.1h', 1, 'yellow', 0.1)], [{ ...RAIN, facts: { rainInput: 'interval' } }])
  expect(stage.values([0.1, 0.1, 0.1, 0, 0], 0, 1800)).toEqual(['raise yellow @0', 'clear yellow @7200'])
})

const STALE = { kind: 'stale', id: 'NET-1', ...names, ...FOR_CO, levels: { blue: { periods: 3, ...cited }, yellow: { afterS: 600, ...cited }, red: { afterS: 86_400, ...cited } } }

test('no data for more than three periods is a loss, begun at the last sample', () => {
  const stage = new Stage([STALE])
  stage.values([1])
  expect(stage.pass(60)).toEqual([])
  expect(stage.pass(61)).toEqual(['raise blue @60'])
  expect(stage.transitions[0]).toMatchObject({ startMs: 0, value: 60 })
  expect(stage.pass(90_000)).toEqual(['escalate yellow @600', 'escalate red @86400'])
  expect(stage.feed(sample(1, 93_600, 1))).toEqual(['clear red @93600'])
  expect(stage.transitions.at(-1)).toMatchObject({ durationMs: 26 * 3_600_000 })
})

test('a loss is found when the next sample comes, even if nobody asked before', () => {
  expect(new Stage([STALE]).feed(sample(1, 0, 1), sample(1, 700, 1))).toEqual(['raise blue @60', 'escalate yellow @600', 'clear yellow @700'])
})

test('a sample that says only that communication is lost is no data', () => {
  expect(new Stage([STALE]).feed(sample(1, 0, 1), sample(1, 20, Number.NaN, 2), sample(1, 80, Number.NaN, 2))).toEqual(['raise blue @60'])
})

test('a faulty sensor still reports', () => {
  expect(new Stage([STALE]).feed(...[0, 20, 40, 60, 80, 100].map((t) => sample(1, t, Number.NaN, 4)))).toEqual([])
})

test('a point that was never heard is lost too', () => {
  expect(new Stage([STALE]).pass(61)).toEqual(['raise blue @60'])
})

// Every point of a county was told as lost, and as back, whenever central was restarted.
test('a silence over a restart, while nobody listened, is none; one that lasts is found when it counts', () => {
  const restarted = (): Stage => new Stage([STALE], [CO], {}, 'live', { sinceMs: 300_000, countsFromMs: 360_000 })
  expect(restarted().feed(sample(1, 0, 1), sample(1, 308, 1), sample(1, 328, 1))).toEqual([])
  const dead = restarted()
  expect(dead.feed(sample(1, 0, 1))).toEqual([])
  expect(dead.pass(420)).toEqual([])
  expect(dead.pass(421)).toEqual(['raise blue @420'])
  expect(dead.transitions[0]).toMatchObject({ startMs: 0 })
  expect(dead.feed(sample(1, 430, 1))).toEqual(['clear blue @430'])
})

test('what was silent before the restart, and what is after the first sample, is judged as ever', () => {
  const stage = new Stage([STALE], [CO], {}, 'live', { sinceMs: 300_000, countsFromMs: 360_000 })
  expect(stage.feed(sample(1, 0, 1), sample(1, 100, 1))).toEqual(['raise blue @60', 'clear blue @100'])
  expect(stage.feed(sample(1, 301, 1), sample(1, 500, 1))).toEqual(['raise blue @361', 'clear blue @500'])
})

const STUCK = { kind: 'stuck', id: 'NET-2.stuck', ...names, ...FOR_CO, peers: 'vary', levels: { blue: { periods: 180, ...cited } } }
const PEER = { key: 2, code: '9901211000010101010002', sensorType: '0101' }

test('E.2: a value that does not move for 180 periods while its peer does is stuck, until it moves', () => {
  const stage = new Stage([STUCK], [CO, PEER])
  const said: string[] = []
  for (let i = 0; i <= 200; i++) said.push(...stage.feed(sample(1, i * 20, 7.4), sample(2, i * 20, i % 5)))
  expect(said).toEqual(['raise blue @3600'])
  expect(stage.feed(sample(1, 4040, 7.9))).toEqual(['clear blue @4040'])
})

test('no gas in the whole mine is no fault of its sensors', () => {
  const stage = new Stage([STUCK], [CO, PEER])
  for (let i = 0; i <= 400; i++) expect(stage.feed(sample(1, i * 20, 0), sample(2, i * 20, 0))).toEqual([])
})

const SPIKE = { kind: 'spike', id: 'NET-3.spike', ...names, ...FOR_CO, level: 'blue', stepResolutions: 5, ...cited }

test('E.2: a jump that returns within two periods is a spike, begun at the jump', () => {
  const stage = new Stage([SPIKE])
  expect(stage.values([10, 11, 10, 11, 10, 200, 10, 11])).toEqual(['raise blue @120', 'clear blue @120'])
  expect(stage.transitions[0]).toMatchObject({ startMs: 100_000, value: 190 })
})

test('a jump that stays is none: gas has come', () => {
  expect(new Stage([SPIKE]).values([10, 11, 10, 11, 10, 200, 201, 199, 200, 10])).toEqual([])
})

test('a noisy sensor is measured by its own noise', () => {
  expect(new Stage([SPIKE]).values([10, 20, 30, 40, 50, 80, 30])).toEqual([])
})

const FAULT = { kind: 'sensor-fault', id: 'NET-4.fault', ...names, ...FOR_CO, level: 'blue', qualities: [3, 4, 8], ...cited }

test('a sensor fault begins with its second sample, ends with a good one, and not with silence or calibration', () => {
  const stage = new Stage([FAULT])
  expect(stage.feed(sample(1, 0, Number.NaN, 4))).toEqual([])
  expect(stage.feed(sample(1, 20, Number.NaN, 4))).toEqual(['raise blue @20'])
  expect(stage.feed(sample(1, 40, Number.NaN, 2), sample(1, 60, 5, 1))).toEqual(['value-unknown blue @40'])
  expect(stage.feed(sample(1, 80, 5, 6))).toEqual([])
  expect(stage.feed(sample(1, 100, 5))).toEqual(['value-known blue @100', 'clear blue @100'])
})
