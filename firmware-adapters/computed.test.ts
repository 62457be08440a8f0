// Computed points and gates in the profile language: what is understood, and what each mistake is told.
import { ConfigError } from '@orewatch/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderByNeed } from './computed-checks.ts'
import { parseProfile } from './load-profile.ts'
import type { ResolvedPoint } from './profile.ts'
import { resolvePoints } from './resolve.ts'
import type { DeviceWiring, PointWiring } from './wiring.ts'

const PROFILE = `id: test
title: { zh: 测试, en: test }
protocol: modbus
points:
  - { name: level, sensorType: "0802", title: { zh: 位, en: level }, modbus: { area: holding, address: 900, type: float32 } }
  - { name: crest, sensorType: "0812", title: { zh: 顶, en: crest }, modbus: { area: holding, address: 902, type: float32 } }
  - { name: slope, sensorType: "0804", title: { zh: 坡, en: slope }, modbus: { area: holding, address: 904, type: float32 } }
  - { name: beach, sensorType: "0803", title: { zh: 滩, en: beach }, computed: { formula: beach-at-level, inputs: { crest: crest, level: level, slope: slope } } }
templates:
  - id: frequency
    title: { zh: 频率, en: frequency }
    base: 0
    stride: 4
    slots: 8
    sensorTypes: ["0811"]
    gates: [{ point: "wire-frequency-{slot}", min: 400, max: 6000, quality: 4 }]
    modbus: { area: holding, address: 0, type: float32 }
  - { id: temperature, title: { zh: 温度, en: temperature }, base: 0, stride: 4, slots: 8, sensorTypes: ["0111"], scale: 0.1, modbus: { area: holding, address: 2, type: int16 } }
  - id: pressure
    title: { zh: 渗压, en: pressure }
    slots: 8
    sensorTypes: ["0801"]
    computed: { formula: vibrating-wire-pressure, inputs: { frequency: "wire-frequency-{slot}", temperature: "temperature-{slot}" }, constants: { K: 0, T0: 20 } }
  - { id: head, title: { zh: 水头, en: head }, name: "head-{slot}", slots: 8, sensorTypes: ["0301"], computed: { formula: head, inputs: { pressure: "piezometer-{slot}" } } }
  - { id: loop, title: { zh: 回路, en: loop }, base: 100, stride: 1, slots: 4, sensorTypes: ["0807"], needs: [loop], scale: 0.001, modbus: { area: holding, address: 0, type: uint16 } }
`
const profile = parseProfile(PROFILE, 'p.yaml')
const SHEET = { f0: 2850, G: 0.085 }
const PIEZOMETER: PointWiring[] = [
  { template: 'head', slot: 3 },
  { template: 'pressure', slot: 3, constants: SHEET },
  { template: 'frequency', slot: 3 },
  { template: 'temperature', slot: 3 },
]

function resolved(points: readonly PointWiring[]): ResolvedPoint[] {
  return resolvePoints(profile, { points: [...points] })
}

function problemsOf(act: () => unknown): readonly string[] {
  try {
    act()
  } catch (err) {
    if (err instanceof ConfigError) return err.problems
    throw err
  }
  return []
}

function checkProfile(from: string, to: string, expected: string): void {
  expect(PROFILE).toContain(from)
  expect(problemsOf(() => parseProfile(PROFILE.replace(from, to), 'p.yaml')).join('\n')).toContain(expected)
}

function checkWiring(points: DeviceWiring['points'], expected: string): void {
  expect(problemsOf(() => resolvePoints(profile, points === undefined ? {} : { points }, (path) => `gateway.yaml:7 ${path.join('.')}`)).join('\n')).toContain(expected)
}

test('measured points come first, computed ones after what they need, whatever the order of the wiring', () => {
  expect(resolved(PIEZOMETER).map(({ name, source }) => [name, source.kind])).toEqual([
    ['wire-frequency-3', 'modbus'],
    ['temperature-3', 'modbus'],
    ['piezometer-3', 'computed'],
    ['head-3', 'computed'],
  ])
})

test('a slot is filled into inputs and gates, and the constants of sheet and profile come together', () => {
  const [frequency, , pressure] = resolved(PIEZOMETER)
  expect(frequency?.gates).toEqual([{ point: 'wire-frequency-3', min: 400, max: 6000, quality: 4 }])
  expect(pressure?.source).toEqual({
    kind: 'computed',
    computed: { formula: 'vibrating-wire-pressure', inputs: { frequency: 'wire-frequency-3', temperature: 'temperature-3' }, constants: { K: 0, T0: 20, ...SHEET } },
  })
})

test('a point that the wiring renamed is still found under the name of the profile', () => {
  const points = resolved(PIEZOMETER.map((point) => (point.template === 'frequency' ? { ...point, name: 'pz3-hz' } : point)))
  expect(points[2]?.source).toMatchObject({ computed: { inputs: { frequency: 'pz3-hz' } } })
  expect(points[0]?.gates?.[0]?.point).toBe('pz3-hz')
})

test('the wiring may take an input from another point', () => {
  const points = resolved([...PIEZOMETER, { template: 'temperature', slot: 4 }].map((point) => (point.template === 'pressure' ? { ...point, inputs: { temperature: 'temperature-4' } } : point)))
  expect(points.find(({ name }) => name === 'piezometer-3')?.source).toMatchObject({ computed: { inputs: { frequency: 'wire-frequency-3', temperature: 'temperature-4' } } })
})

test('a computed point comes as often as its quickest input', () => {
  const periods = resolved(PIEZOMETER.map((point) => (point.template === 'frequency' ? { ...point, periodMs: 2000 } : point)))
  expect(periods.map(({ name, periodMs }) => [name, periodMs])).toEqual([
    ['wire-frequency-3', 2000],
    ['temperature-3', 20_000],
    ['piezometer-3', 2000],
    ['head-3', 2000],
  ])
})

test('a template that names its points gives them its title too', () => {
  expect(resolved(PIEZOMETER)[3]?.title).toEqual({ zh: '水头 3', en: 'head 3' })
})

test('the wiring may take the gates of a sensor away', () => {
  expect(resolved([{ template: 'frequency', slot: 1, gates: [] }])[0]).not.toHaveProperty('gates')
})

const BEACH = 'formula: beach-at-level'
test('an unknown formula names the nearest', () => checkProfile(BEACH, 'formula: beach-at-levle', 'p.yaml:8: beach-at-levle is no formula; did you mean beach-at-level?'))
test('an unknown input names the nearest', () => checkProfile('crest: crest', 'crst: crest', 'p.yaml:8: crst is no input of beach-at-level; did you mean crest?'))
test('a missing input says what it is', () => checkProfile(', slope: slope', '', 'p.yaml:8: input slope of beach-at-level is missing: Slope of the beach. Name a point of the device in %'))
test('an unknown constant lists those there are', () =>
  checkProfile('constants: { K: 0, T0: 20 }', 'constants: { gauge: 1 }', 'p.yaml:23: as class 0801: gauge is no constant of vibrating-wire-pressure; known are f0, G, K, T0, P0'))
test('a zero reading of nothing is refused', () => checkProfile('K: 0, T0: 20', 'f0: 0', 'f0 is 0 Hz; it must be above 0: Zero reading of the calibration sheet.'))
test('the class must have the unit of the formula', () =>
  checkProfile('name: beach, sensorType: "0803"', 'name: beach, sensorType: "0801"', 'p.yaml:8: beach-at-level gives m, but class 0801 is measured in kPa'))
test('an input that the profile does not have', () => checkProfile('level: level', 'level: levl', 'p.yaml:8: levl is no point of the profile; did you mean level?'))
test('a gate on a point that the profile does not have', () =>
  checkProfile('point: "wire-frequency-{slot}"', 'point: "wire-freqency-{slot}"', 'is no point of the profile; did you mean wire-frequency-{slot}?'))
test('a gate without bounds', () => checkProfile('min: 400, max: 6000, quality', 'quality', 'the gate has no bounds; give min, max or equals'))
test('a gate that nothing passes', () => checkProfile('min: 400, max: 6000', 'min: 6000, max: 400', 'nothing passes 6000…400'))
test('a gate with a value and bounds', () => checkProfile('min: 400, max: 6000', 'min: 400, equals: 500', 'equals stands beside min or max'))
test('a measured value cannot wait for a computed one', () =>
  checkProfile('point: "wire-frequency-{slot}"', 'point: "piezometer-{slot}"', 'piezometer-{slot} is computed; the gate of a measured point must be a measured point'))
test('points that need each other are a circle', () =>
  checkProfile(
    'inputs: { frequency: "wire-frequency-{slot}", temperature',
    'inputs: { frequency: "head-{slot}", temperature',
    'piezometer-{slot} needs head-{slot} needs piezometer-{slot}; a computed point must not need itself',
  ))
test('a point is read or computed, not both', () =>
  checkProfile(`computed: { ${BEACH}`, `modbus: { area: holding, address: 910, type: float32 }, computed: { ${BEACH}`, 'p.yaml:8: is read and computed at once'))
test('a point without a source', () => checkProfile(', modbus: { area: holding, address: 900, type: float32 }', '', 'p.yaml:5: says neither where it is read nor how it is computed'))
test('a current loop stands at the input', () => checkProfile(`computed: { ${BEACH}`, `loop: { lo: 0, hi: 1 }, computed: { ${BEACH}`, 'p.yaml:8: a computed point has no current loop'))
test('a block of registers says where it begins', () => checkProfile('    base: 0\n', '', 'base or stride is missing'))
test('a formula whose key is no word', () => checkProfile('K: 0, T0: 20', '"K-1": 0', 'K-1'))

test('a missing constant says what it is and where it goes', () =>
  checkWiring(
    PIEZOMETER.map((point) => (point.template === 'pressure' ? { template: 'pressure', slot: 3 } : point)),
    'gateway.yaml:7 points.1.constants: constant f0 of piezometer-3 is missing: Zero reading of the calibration sheet. Give it in Hz under constants of this point',
  ))
test('an input that is not wired', () =>
  checkWiring(PIEZOMETER.slice(0, 3), 'points.1.inputs.temperature: piezometer-3 takes its temperature from temperature-3, which is no point of this device; wire it'))
test('an input of another unit', () =>
  checkWiring(
    PIEZOMETER.map((point) => (point.template === 'pressure' ? { ...point, inputs: { frequency: 'temperature-3' } } : point)),
    'points.1.inputs.frequency: piezometer-3 takes its frequency from temperature-3 in ℃; vibrating-wire-pressure needs a point in Hz',
  ))
test('a circle that the wiring makes', () =>
  checkWiring(
    PIEZOMETER.map((point) => (point.template === 'pressure' ? { ...point, inputs: { frequency: 'head-3' } } : point)),
    'head-3 needs piezometer-3 needs head-3; a computed point must not need itself',
  ))
test('a gate on a point that is not wired', () =>
  checkWiring([{ template: 'temperature', slot: 1, gates: [{ point: 'nothing', min: 0, quality: 8 }] }], 'temperature-1 has a gate on nothing, which is no point of this device'))
test('constants of a measured point', () => checkWiring([{ template: 'temperature', slot: 1, constants: { f0: 1 } }], 'points.0.constants: inputs and constants have no meaning for a measured point'))
test('an unknown role in the wiring', () =>
  checkWiring([{ ...PIEZOMETER[1], inputs: { freqency: 'a' } }], 'points.0.inputs.freqency: freqency is no input of vibrating-wire-pressure; did you mean frequency?'))
test('a range that differs at every site must be given', () =>
  checkWiring([{ template: 'loop', slot: 1 }], 'points.0.loop: loop is missing; it differs at every site, so template loop has none of its own'))

test('whatever needs whatever, each comes after what it needs, or a true circle is named', () => {
  const name = fc.integer({ min: 0, max: 7 }).map((i) => `n${i}`)
  fc.assert(
    fc.property(fc.uniqueArray(fc.record({ name, needs: fc.array(name, { maxLength: 3 }) }), { selector: (node) => node.name, maxLength: 8 }), (nodes) => {
      const outcome = orderByNeed(nodes)
      const needs = new Map(nodes.map((node) => [node.name, node.needs]))
      if ('circle' in outcome) {
        const { circle } = outcome
        expect(circle[0]).toBe(circle.at(-1))
        circle.slice(1).forEach((needed, i) => expect(needs.get(circle[i] ?? '')).toContain(needed))
        return
      }
      expect(outcome.order.toSorted()).toEqual(nodes.map((node) => node.name).toSorted())
      for (const [i, one] of outcome.order.entries()) for (const needed of needs.get(one) ?? []) if (needs.has(needed)) expect(outcome.order.indexOf(needed)).toBeLessThan(i)
    }),
  )
})
