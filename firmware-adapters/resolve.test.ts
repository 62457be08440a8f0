import { ConfigError } from '@orewatch/core'
import { expect, test } from 'vitest'
import { loadProfile } from './load-profile.ts'
import { resolvePoints } from './resolve.ts'
import type { DeviceWiring } from './wiring.ts'

const gas = loadProfile('gas-substation')
const scaled = loadProfile('gas-substation/scaled')
const plc = loadProfile('ventilation-drainage-hoist')
const power = loadProfile('smart-power')

function problem(profile: typeof gas, wiring: DeviceWiring): string {
  try {
    resolvePoints(profile, wiring, (path) => `gateway.yaml:7 ${path.join('.')}`)
  } catch (err) {
    if (err instanceof ConfigError) return err.message
    throw err
  }
  return ''
}

test('a sensor in a slot gets class defaults and the addresses of its block', () => {
  const [point] = resolvePoints(gas, { points: [{ slot: 3, sensorType: '0101', place: '回风' }] })
  expect(point).toMatchObject({
    name: 'co-3',
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
    place: '回风',
    title: { zh: '一氧化碳', en: 'carbon monoxide' },
  })
  expect(point?.source).toMatchObject({ kind: 'modbus', modbus: { area: 'holding', address: 22, type: 'float32', wordOrder: 'ABCD', status: { address: 21 } } })
})

test('a class on change is read every second', () => {
  expect(resolvePoints(gas, { points: [{ slot: 1, sensorType: '0205' }] })[0]).toMatchObject({ periodMs: 1000, isBoolean: true, unit: 'bool' })
})

test('the scale of a class overrides that of the template, and the wiring overrides both', () => {
  const points = resolvePoints(scaled, {
    points: [
      { slot: 1, sensorType: '0101' },
      { slot: 2, sensorType: '0106' },
      { slot: 3, sensorType: '0101', scale: 1, rangeHi: 1000 },
    ],
  })
  expect(points.map(({ scale, rangeHi }) => [scale, rangeHi])).toEqual([
    [0.1, 500],
    [0.01, 5],
    [1, 1000],
  ])
})

test('word order: the sensor before the device before the profile', () => {
  const points = resolvePoints(gas, {
    options: { wordOrder: 'CDAB' },
    points: [
      { slot: 1, sensorType: '0101' },
      { slot: 2, sensorType: '0101', wordOrder: 'DCBA' },
    ],
  })
  expect(points.map(({ source }) => source.kind === 'modbus' && source.modbus.wordOrder)).toEqual(['CDAB', 'DCBA'])
})

test('an address offset moves value, status and time alike', () => {
  const [point] = resolvePoints(gas, { options: { addressOffset: 100, deviceTime: 'use' }, points: [{ slot: 2, sensorType: '0101' }] })
  expect(point?.source).toMatchObject({ modbus: { address: 112, status: { address: 111 }, timestamp: { address: 117 } } })
})

test("the device's time is ignored unless asked for", () => {
  const [point] = resolvePoints(gas, { points: [{ slot: 1, sensorType: '0101' }] })
  expect(point?.source).not.toHaveProperty('modbus.timestamp')
})

test('without points all fixed points are wired', () => {
  expect(resolvePoints(plc).map(({ name }) => name)).toEqual(plc.points.map(({ name }) => name))
})

test('the namespace of a vendor replaces that of the profile', () => {
  const points = resolvePoints(plc, { options: { namespaceUri: 'urn:vendor' }, points: [{ use: 'fan1-run' }, { template: 'local-fan', slot: 2 }] })
  expect(points.map(({ name, source }) => [name, source.kind === 'opcua' && `${source.opcua.namespaceUri} ${source.opcua.identifier}`])).toEqual([
    ['fan1-run', 'urn:vendor s=Mine.Fan1.Run'],
    ['local-fan-2', 'urn:vendor s=Mine.LocalFan2.Run'],
  ])
})

test('ratios make values, ranges, counter and window primary; a range of the wiring is primary already', () => {
  const points = resolvePoints(power, {
    options: { ctRatio: 20, ptRatio: 100 },
    points: [{ use: 'ua' }, { use: 'ia' }, { use: 'ib', rangeHi: 120 }, { use: 'active-power' }, { use: 'energy' }, { use: 'frequency' }],
  })
  expect(points.map(({ name, ratio, rangeLo, rangeHi }) => [name, ratio, rangeLo, rangeHi])).toEqual([
    ['ua', 100, 0, 45_000],
    ['ia', 20, -2000, 2000],
    ['ib', 20, -2000, 120],
    ['active-power', 2000, -300_000, 300_000],
    ['energy', 2000, 0, 1_999_999_980],
    ['frequency', undefined, 45, 55],
  ])
  expect(points[4]?.counter).toEqual({ rollOver: 1_999_999_980, window: 99_999_999 })
})

test('without ratios a meter shows what it measures', () => {
  expect(resolvePoints(power, { points: [{ use: 'energy' }] })[0]).toMatchObject({ rangeHi: 999_999.99, counter: { rollOver: 999_999.99 } })
  expect(resolvePoints(power, { points: [{ use: 'energy' }] })[0]).not.toHaveProperty('ratio')
})

test('refused: a ratio that multiplies nothing', () => {
  expect(problem(gas, { options: { ctRatio: 20 }, points: [{ slot: 1, sensorType: '0101' }] })).toContain('options.ctRatio: no point of profile gas-substation has ratio: [ct]')
})

test('refused: a ratio that leaves out a transformer, and a window in which any fall is a roll-over', () => {
  expect(problem(power, { points: [{ use: 'active-power', ratio: ['ct'] }] })).toContain('points.0.ratio: class 1003 (power) is measured through ct and pt; write ratio: [ct, pt]')
  expect(problem(power, { points: [{ use: 'energy', counter: { rollOver: 999_999.99, window: 600_000 } }] })).toContain('window 600000 is more than half of rollOver')
  expect(problem(power, { points: [{ use: 'energy', rangeHi: 5000 }] })).toContain('a counter runs from 0 to 999999.99, but the range is 0…5000 kWh')
})

test('a bearing temperature may carry the one code that the list has for vibration and bearings', () => {
  expect(problem(plc, { points: [{ use: 'fan1-bearing-temperature', pointCode: '9901211000010402060002' }] })).toBe('')
})

test.each<[string, DeviceWiring, string]>([
  ['a profile without fixed points needs wiring', {}, 'gateway.yaml:7 : profile gas-substation has no fixed points; wire at least one sensor'],
  ['a slot beyond the block', { points: [{ slot: 65, sensorType: '0101' }] }, 'points.0.slot: slot 65 is beyond the 64 slots of template sensor; it must be 1–64'],
  ['no slot', { points: [{ sensorType: '0101' }] }, 'slot is missing; template sensor has slots 1–64'],
  ['no class', { points: [{ slot: 1 }] }, 'sensorType is missing; template sensor takes 0101'],
  ['a class that the template does not take', { points: [{ slot: 1, sensorType: '0601' }] }, 'template sensor takes no class 0601'],
  ['an unknown template', { points: [{ template: 'senser', slot: 1, sensorType: '0101' }] }, 'has no template senser; did you mean sensor?'],
  ['a fixed point and a template at once', { points: [{ use: 'a', template: 'sensor' }] }, 'says both use and template'],
  [
    'the code of another class',
    { points: [{ slot: 1, sensorType: '0101', pointCode: '9901211000010101050001' }] },
    'points.0.pointCode: 9901211000010101050001 is the code of a point of class 0105, but this point is of class 0101',
  ],
  ['a code of a pond that cannot be', { points: [{ slot: 1, sensorType: '0101', pointCode: '0901211000010101010001' }] }, 'is not a point code'],
  [
    'two sensors in one slot',
    {
      points: [
        { slot: 1, sensorType: '0101' },
        { slot: 1, sensorType: '0102' },
      ],
    },
    'points.1: no2-1 reads the same float32 at holding 2 as co-1',
  ],
  [
    'two points of one name',
    {
      points: [
        { slot: 1, sensorType: '0101', name: 'x' },
        { slot: 2, sensorType: '0101', name: 'x' },
      ],
    },
    'points.1: name x is taken by points[0]',
  ],
  ['an offset below zero', { options: { addressOffset: -5 }, points: [{ slot: 1, sensorType: '0101' }] }, 'float32 at -3 does not fit'],
  ['another unit', { points: [{ slot: 1, sensorType: '0101', unit: '%' }] }, 'unit % is not that of class 0101'],
])('refused: %s', (_, wiring, expected) => {
  expect(problem(gas, wiring)).toContain(expected)
})

test('refused: an unknown fixed point names the nearest', () => {
  expect(problem(plc, { points: [{ use: 'fan1-rn' }] })).toContain('has no fixed point fan1-rn; did you mean fan1-run?')
})
