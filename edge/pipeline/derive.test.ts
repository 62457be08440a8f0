// Gates and computed points of one device, behind the judge: published numbers, bad inputs, loss, times.
import { columnsOf, Q, type Reason, reasonCode, reasonOf, SAMPLE_FLAGS, type Sample, SampleBuilder, samplesOf } from '@orewatch/core'
import { parseProfile, type ResolvedPoint, resolvePoints } from '@orewatch/firmware-adapters'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DerivingJudge, judgeOf } from './derive.ts'
import { DeviceJudge, type TimePolicy } from './judge.ts'

const profile = parseProfile(
  `id: test
title: { zh: 测试, en: test }
protocol: modbus
points:
  - { name: hz, sensorType: "0811", title: { zh: 频, en: hz }, gates: [{ point: hz, min: 400, max: 6000, quality: 4 }], modbus: { area: holding, address: 0, type: float32 } }
  - { name: celsius, sensorType: "0111", title: { zh: 温, en: celsius }, modbus: { area: holding, address: 2, type: float32 } }
  - name: kpa
    sensorType: "0801"
    title: { zh: 压, en: kpa }
    computed: { formula: vibrating-wire-pressure, inputs: { frequency: hz, temperature: celsius }, constants: { f0: 2850, G: 0.085, K: 0, T0: 20 } }
    gates: [{ point: celsius, min: -20, max: 60, quality: 4 }]
  - { name: head, sensorType: "0301", title: { zh: 头, en: head }, computed: { formula: head, inputs: { pressure: kpa } } }
  - { name: north, sensorType: "0701", title: { zh: 北, en: north }, gates: [{ point: solution, equals: 1, quality: 8 }, { point: sigma, max: 3, quality: 8 }], modbus: { area: holding, address: 10, type: float32 } }
  - { name: sigma, sensorType: "0711", title: { zh: 差, en: sigma }, modbus: { area: holding, address: 12, type: float32 } }
  - { name: solution, sensorType: "0710", title: { zh: 解, en: solution }, modbus: { area: holding, address: 14, type: uint16 } }
`,
  'p.yaml',
)
const points = resolvePoints(profile)
const indexOf = (name: string): number => points.findIndex((point) => point.name === name)
const byGateway: TimePolicy = { clock: 'gateway', maxSkewMs: 5_000 }
const byDevice: TimePolicy = { clock: 'device', maxSkewMs: 5_000 }

interface Raw {
  readonly value?: number
  readonly quality?: number
  readonly reason?: Reason
  readonly deviceMs?: number
}

/** A device under a judge, told in batches by name; `said` are its samples in order. */
class Bench {
  readonly said: { name: string; value: number; q: number; why: Reason; timeMs: number; flags: number; deltaMs: number }[] = []
  readonly #judge: DerivingJudge

  constructor(policy = byGateway) {
    this.#judge = new DerivingJudge(points, policy)
  }

  batch(nowMs: number, raws: Readonly<Record<string, number | Raw>>, isTrusted = true): this {
    const rows = Object.entries(raws).map(([name, raw]): Sample => {
      const { value = Number.NaN, quality = Q.good, reason = 'none', deviceMs = Number.NaN } = typeof raw === 'number' ? { value: raw } : raw
      return { key: indexOf(name), timeMs: deviceMs, value, quality, reason: reasonCode(reason), flags: 0, gatewayDeltaMs: 0 }
    })
    return this.#keep((aliases, out) => this.#judge.judge(columnsOf(rows), { nowMs, isTrusted }, aliases, out))
  }

  lose(nowMs: number): this {
    return this.#keep((aliases, out) => this.#judge.loseAll(reasonCode('timeout'), { nowMs, isTrusted: true }, aliases, out))
  }

  of(name: string): [value: number, q: number, why: Reason][] {
    return this.said.filter((sample) => sample.name === name).map(({ value, q, why }) => [value, q, why])
  }

  #keep(fill: (aliases: Uint32Array, out: () => SampleBuilder) => void): this {
    const out = new SampleBuilder()
    fill(
      Uint32Array.from(points, (_, i) => 100 + i),
      () => out,
    )
    for (const { key, value, quality, reason, timeMs, flags, gatewayDeltaMs } of samplesOf(out))
      this.said.push({ name: points[key - 100]?.name ?? '', value, q: quality, why: reasonOf(reason), timeMs, flags, deltaMs: gatewayDeltaMs })
    return this
  }
}

const lost: Raw = { quality: Q.commLost, reason: 'illegal-address' }

describe('computed points', () => {
  test('the published piezometer: 2700 Hz becomes 70.763 kPa and 7.216 m in the batch that brought it', () => {
    const bench = new Bench().batch(1000, { hz: 2700, celsius: 20 })
    expect(bench.said.map(({ name, q }) => [name, q])).toEqual([
      ['hz', 0],
      ['celsius', 0],
      ['kpa', 0],
      ['head', 0],
    ])
    expect(bench.of('kpa')[0]?.[0]).toBeCloseTo(70.763, 2)
    expect(bench.of('head')[0]?.[0]).toBeCloseTo(7.216, 3)
  })

  test('nothing is computed before every input has been read, and nothing without a new input', () => {
    const bench = new Bench().batch(1000, { hz: 2700 }).batch(2000, { celsius: 20 }).batch(3000, { sigma: 1 })
    expect(bench.said.filter(({ name }) => name === 'kpa').map(({ timeMs }) => timeMs)).toEqual([2000])
  })

  test('a broken wire is a sensor fault up to the last computed point, never the last good pressure', () => {
    const bench = new Bench().batch(1000, { hz: 2700, celsius: 20 }).batch(2000, { hz: 0, celsius: 20 })
    expect(bench.of('hz')[1]).toEqual([0, Q.sensorFault, 'gate'])
    expect(bench.of('kpa')[1]).toEqual([Number.NaN, Q.sensorFault, 'gate'])
    expect(bench.of('head')[1]).toEqual([Number.NaN, Q.sensorFault, 'gate'])
  })

  test('of two bad inputs the worse gives quality and reason', () => {
    const calibrating: Raw = { value: 20, quality: Q.calibrating, reason: 'status-word' }
    expect(new Bench().batch(1000, { hz: 2700, celsius: calibrating }).of('head')).toEqual([[Number.NaN, Q.calibrating, 'status-word']])
    expect(new Bench().batch(1000, { hz: 0, celsius: calibrating }).of('head')).toEqual([[Number.NaN, Q.sensorFault, 'gate']])
  })

  test('a computed value outside the range of its class keeps its number and is over range', () => {
    expect(new Bench().batch(1000, { hz: 2860, celsius: 20 }).of('kpa')).toEqual([[expect.closeTo(-4.854, 2), Q.overRange, 'out-of-range']])
  })

  test('a formula that has no answer is no good value', () => {
    expect(new Bench().batch(1000, { hz: Number.POSITIVE_INFINITY, celsius: 20 }).of('kpa')[0]?.[1]).not.toBe(Q.good)
  })
})

describe('loss', () => {
  test('a lost device loses its computed points too, once, with the cause', () => {
    const bench = new Bench().batch(1000, { hz: 2700, celsius: 20 }).lose(2000).lose(3000)
    expect(bench.of('kpa').slice(1)).toEqual([[Number.NaN, Q.commLost, 'timeout']])
    expect(bench.of('head').slice(1)).toEqual([[Number.NaN, Q.commLost, 'timeout']])
    expect(bench.said.filter(({ timeMs }) => timeMs === 2000)).toHaveLength(points.length)
  })

  test('a device that never answered says it of its computed points too', () => {
    expect(new Bench().lose(1000).of('head')).toEqual([[Number.NaN, Q.commLost, 'timeout']])
  })

  test('a computed point is back when all its inputs are, and its next loss counts anew', () => {
    const bench = new Bench().lose(1000).batch(2000, { celsius: 20 })
    expect(bench.of('kpa')).toHaveLength(1)
    bench.batch(3000, { hz: 2700 }).lose(4000)
    expect(bench.of('kpa').map(([, q]) => q)).toEqual([Q.commLost, Q.good, Q.commLost])
  })

  test('one input that cannot be read loses the computed point once, however often the other comes', () => {
    const bench = new Bench().batch(1000, { hz: 2700, celsius: lost }).batch(2000, { hz: 2701 }).batch(3000, { hz: 2702, celsius: lost })
    expect(bench.of('kpa')).toEqual([[Number.NaN, Q.commLost, 'illegal-address']])
  })

  test('a fault that an answering device reports is repeated every time: completeness needs it', () => {
    const broken: Raw = { value: -999, quality: Q.commLost, reason: 'fault-code' }
    expect(new Bench().batch(1000, { hz: 2700, celsius: broken }).batch(2000, { hz: 2700, celsius: broken }).of('head')).toEqual([
      [Number.NaN, Q.commLost, 'fault-code'],
      [Number.NaN, Q.commLost, 'fault-code'],
    ])
  })
})

describe('gates', () => {
  const checkNorth = (solution: number | Raw, sigma: number | Raw, q: number, why: Reason): void =>
    expect(new Bench().batch(1000, { north: 12.5, solution, sigma }).of('north')).toEqual([[12.5, q, why]])

  test('a fixed solution of 2.9 mm is accepted', () => checkNorth(1, 2.9, Q.good, 'none'))
  test('a float solution is suspect and keeps its number', () => checkNorth(2, 2.9, Q.suspect, 'gate'))
  test('a sigma above 3 mm is suspect', () => checkNorth(1, 3.1, Q.suspect, 'gate'))
  test('a sigma that is no number vouches for nothing', () => checkNorth(1, Number.NaN, Q.suspect, 'gate'))
  test('a solution type that cannot be read vouches for nothing', () => checkNorth(lost, 2, Q.suspect, 'gate'))
  test('a sigma within bounds that its own device calls bad vouches for nothing', () => checkNorth(1, { value: 2, quality: Q.sensorFault, reason: 'status-word' }, Q.suspect, 'gate'))
  test('a gate that was never read vouches for nothing', () => expect(new Bench().batch(1000, { north: 1 }).of('north')).toEqual([[1, Q.suspect, 'gate']]))
  test('a value that is worse by itself stays so', () =>
    expect(new Bench().batch(1000, { north: { value: 1, quality: Q.sensorFault, reason: 'status-word' }, solution: 2, sigma: 9 }).of('north')).toEqual([[1, Q.sensorFault, 'status-word']]))
  test('a gate judges what came with it, also when it stands behind it in the batch', () => {
    const bench = new Bench().batch(1000, { north: 1, sigma: 1, solution: 1 }).batch(2000, { north: 2, sigma: 1, solution: 2 }).batch(3000, { solution: 1, sigma: 1, north: 3 })
    expect(bench.of('north').map(([, q]) => q)).toEqual([Q.good, Q.suspect, Q.good])
  })
  test('a temperature beyond what a wire stands is a fault of the pressure, not of the thermometer', () => {
    const bench = new Bench().batch(1000, { hz: 2700, celsius: 65 })
    expect([bench.of('celsius')[0]?.[1], bench.of('kpa')[0]?.[1], bench.of('head')[0]]).toEqual([Q.good, Q.sensorFault, [Number.NaN, Q.sensorFault, 'gate']])
  })
  test('a device that is lost is lost, not gated', () => expect(new Bench().lose(1000).of('north')).toEqual([[Number.NaN, Q.commLost, 'timeout']]))
})

describe('times', () => {
  test('a computed point has the time of its newest input and the doubts about the clock', () => {
    const bench = new Bench().batch(1000, { celsius: 20 }, false).batch(2000, { hz: 2700 })
    expect(bench.said.find(({ name }) => name === 'kpa')).toMatchObject({ timeMs: 2000, flags: SAMPLE_FLAGS.clockSuspect })
  })

  test("the device's time goes through to what is computed of it", () => {
    const bench = new Bench(byDevice).batch(10_250, { hz: { value: 2700, deviceMs: 10_000 }, celsius: { value: 20, deviceMs: 9_900 } })
    expect(bench.said.find(({ name }) => name === 'kpa')).toMatchObject({ timeMs: 10_000, deltaMs: 250, flags: 0 })
  })

  test('a device that shows the same sample again computes nothing again', () => {
    const bench = new Bench(byDevice)
    for (const nowMs of [10_100, 10_600]) bench.batch(nowMs, { hz: { value: 2700, deviceMs: 10_000 }, celsius: { value: 20, deviceMs: 10_000 } })
    expect(bench.of('kpa')).toHaveLength(1)
  })

  test('a clock that is set back far counts at once for computed points too', () => {
    const bench = new Bench().batch(10_000_000, { hz: 2700, celsius: 20 }).batch(5_000_000, { hz: 2700 })
    expect(bench.said.filter(({ name }) => name === 'kpa').map(({ timeMs }) => timeMs)).toEqual([10_000_000, 5_000_000])
  })
})

const anyRaw = fc.oneof(
  fc.double({ min: -100, max: 7000, noNaN: true }),
  fc.constant(lost),
  fc.record({ value: fc.double({ min: 0, max: 3000, noNaN: true }), quality: fc.constantFrom(Q.calibrating, Q.sensorFault, Q.powerFault, Q.suspect), reason: fc.constant<Reason>('status-word') }),
)
const names = points.filter(({ source }) => source.kind !== 'computed').map(({ name }) => name)
const anyEvent = fc.oneof({ weight: 6, arbitrary: fc.dictionary(fc.constantFrom(...names), anyRaw, { maxKeys: 4 }) }, { weight: 1, arbitrary: fc.constant('lose' as const) })

test('whatever comes: a good computed value has good inputs, a bad one none, and times of every point increase', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 1000 })), { maxLength: 30 }), (events) => {
      const bench = new Bench()
      const last = new Map<string, (typeof bench.said)[number]>()
      let nowMs = 1_000_000
      for (const [event, passMs] of events) {
        nowMs += passMs
        const from = bench.said.length
        if (event === 'lose') bench.lose(nowMs)
        else bench.batch(nowMs, event)
        for (const sample of bench.said.slice(from)) {
          expect(sample.timeMs).toBeGreaterThan(last.get(sample.name)?.timeMs ?? Number.NEGATIVE_INFINITY)
          last.set(sample.name, sample)
          if (sample.name === 'head') expect(sample.q === Q.good).toBe(last.get('kpa')?.q === Q.good && Number.isFinite(sample.value))
          if (sample.name === 'kpa' && sample.q === Q.good) expect([last.get('hz')?.q, last.get('celsius')?.q]).toEqual([Q.good, Q.good])
          if (sample.name === 'head' && sample.q !== Q.good && sample.q !== Q.overRange) expect(sample.value).toBeNaN()
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('a device without gates and computed points keeps the plain judge', () => {
  const plain: ResolvedPoint[] = points.filter(({ source, gates }) => source.kind !== 'computed' && gates === undefined)
  expect(judgeOf(plain, byGateway)).toBeInstanceOf(DeviceJudge)
  expect(judgeOf(points, byGateway)).toBeInstanceOf(DerivingJudge)
})

describe("a device's history", () => {
  const historic = (name: string, timeMs: number, value: number): Sample => ({
    key: indexOf(name),
    timeMs,
    value,
    quality: Q.good,
    reason: 0,
    flags: SAMPLE_FLAGS.backfilled,
    gatewayDeltaMs: 10,
  })

  test('is judged time by time: a value by the gates of its time, a computed point from inputs of its time', () => {
    const judge = new DerivingJudge(points, byGateway)
    const out = new SampleBuilder()
    const aliases = Uint32Array.from(points, (_, index) => index)
    const feed = (nowMs: number, rows: readonly Sample[]): void => judge.judge(columnsOf(rows), { nowMs, isTrusted: true }, aliases, () => out)
    const now = (name: string, value: number): Sample => ({ ...historic(name, Number.NaN, value), flags: 0, gatewayDeltaMs: 0 })
    feed(9_000, [now('north', 1), now('sigma', 1), now('solution', 1), now('hz', 2850), now('celsius', 20)])
    out.clear()
    // Columns as a server gives them: node by node.
    feed(9_100, [
      ...[1_000, 2_000, 3_000].map((timeMs) => historic('north', timeMs, 5)),
      ...[1_000, 2_000].map((timeMs) => historic('sigma', timeMs, timeMs === 2_000 ? 9 : 1)),
      historic('solution', 1_000, 1),
      historic('hz', 1_000, 2700),
      historic('celsius', 1_000, 20),
    ])
    const said = samplesOf(out).map(({ key, timeMs, value, quality, flags }) => [points[key]?.name, timeMs, Math.round(1e3 * value) / 1e3, quality, flags])
    const flag = SAMPLE_FLAGS.backfilled
    expect(said.filter(([name]) => name === 'north')).toEqual([
      ['north', 1_000, 5, Q.good, flag],
      ['north', 2_000, 5, Q.suspect, flag],
      ['north', 3_000, 5, Q.suspect, flag],
    ])
    // E.1.4: f0 2850 Hz, f 2700 Hz, G 0.085 kPa a digit make 70.763 kPa.
    expect(said.filter(([name]) => name === 'kpa')).toEqual([['kpa', 1_000, 70.763, Q.good, flag]])
    // And what is live leans on what is live.
    out.clear()
    feed(9_200, [now('north', 2)])
    expect(samplesOf(out).map(({ timeMs, value, quality, flags }) => [timeMs, value, quality, flags])).toEqual([[9_200, 2, Q.good, 0]])
  })
})
