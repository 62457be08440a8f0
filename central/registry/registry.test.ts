import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Relational } from '../relational/index.ts'
import { openTestRelational } from '../relational/testing.ts'
import { type Gateway, openRegistry, type Registry } from './index.ts'

const FIXTURES = `
divisions:
  - { code: "990121", name: 示例县 }
  - { code: "990122", name: 邻县 }
mines:
  - { subjectCode: "990121100001", name: 示例一号铁矿, longitude: 112.1, latitude: 38.2 }
  - { subjectCode: "990121300001", name: 示例尾矿库 }
  - { subjectCode: "990122300001", name: 邻县尾矿库 }
  - { subjectCode: "990122300002", name: 坏行, longitude: 12 }
gateways:
  - { group: "990121", node: mine-u1, subject: "990121100001", alsoSubjects: ["990121300001"], title: 一号网关 }
  - { group: "990122", node: pond-2, subject: "990122300001" }
  - { group: "990121", node: lost, subject: "990121100009" }
`
const CO = '9901211000010101010001'
const TEMPERATURE = '9901211000010101110001'
const ALL = { divisionPrefix: '' }

let relational: Relational
let registry: Registry
let gateway: Gateway
let other: Gateway

beforeAll(async () => {
  relational = await openTestRelational()
  registry = openRegistry(relational)
})
afterAll(() => relational.close())

async function gatewayOf(group: string, node: string): Promise<Gateway> {
  const found = await registry.gatewayByTopic(group, node)
  if (found === undefined) throw new TypeError(`no gateway ${group}/${node}`)
  return found
}

describe('fixtures', () => {
  test('take good rows and report bad ones with file and line', async () => {
    const report = await registry.importFixtures(FIXTURES, 'county.yaml')
    expect(report).toMatchObject({ divisions: 2, mines: 3, gateways: 2 })
    expect(report.problems).toHaveLength(2)
    expect(report.problems[0]).toMatch(/^county\.yaml:9: .*12.*73/)
    expect(report.problems[1]).toMatch(/^county\.yaml:13: .*990121\/lost/)
    gateway = await gatewayOf('990121', 'mine-u1')
    other = await gatewayOf('990122', 'pond-2')
  })

  test('of another shape altogether are refused with the place', async () => {
    await expect(registry.importFixtures('mine: []', 'county.yaml')).rejects.toThrow(/county\.yaml:1: mine is not a known key; did you mean mines\?/)
  })

  test('can be imported again without doubling anything', async () => {
    await registry.importFixtures(FIXTURES, 'county.yaml')
    expect(await registry.gateways(ALL)).toHaveLength(2)
    expect((await registry.mines(ALL, { limit: 100 })).rows.map((mine) => mine.name)).toEqual(['示例一号铁矿', '示例尾矿库', '邻县尾矿库'])
  })
})

describe('a birth', () => {
  const co = { device: 'sub-1', metric: 'CO', pointCode: CO, unit: 'ppm', rangeLo: 0, rangeHi: 1000, periodMs: 20_000, title: '回风巷CO', place: '-120 m 回风' }

  test('registers device and point of its own mine by the code', async () => {
    const [resolution] = await registry.resolve(gateway, [co])
    expect(resolution).toMatchObject({ point: { pointCode: CO, gateway: gateway.id, device: 'sub-1', metric: 'CO', unit: 'ppm', sensorType: '0101', periodMs: 20_000 } })
    expect(await registry.pointByCode(CO)).toMatchObject({ subjectCode: '990121100001', divisionCode: '990121', gatewayKey: '990121/mine-u1', rangeHi: 1000, title: '回风巷CO', place: '-120 m 回风' })
  })

  test('that comes again gives the same id and takes over new titles and ranges', async () => {
    const before = await registry.pointByCode(CO)
    await registry.resolve(gateway, [{ ...co, title: '新名', rangeHi: 500 }])
    const after = await registry.pointByCode(CO)
    expect(after).toMatchObject({ id: before?.id, title: '新名', rangeHi: 500 })
  })

  test('may report for the further subjects of its gateway', async () => {
    const [resolution] = await registry.resolve(gateway, [{ device: 'dam', metric: 'level', pointCode: '9901213000011008020001', unit: 'm' }])
    expect(resolution).toMatchObject({ point: { sensorType: '0802', periodMs: 600_000 } })
  })

  test('takes ℃ and °C for the same unit', async () => {
    const [resolution] = await registry.resolve(gateway, [{ device: 'sub-1', metric: 'T', pointCode: TEMPERATURE, unit: '°C' }])
    expect(resolution).toMatchObject({ point: { unit: '℃' } })
  })

  async function refused(announced: Parameters<Registry['resolve']>[1][number], of = gateway): Promise<unknown> {
    return (await registry.resolve(of, [announced]))[0]
  }

  test('without a code is an unknown point', async () => {
    expect(await refused({ device: 'sub-1', metric: 'X', unit: 'ppm' })).toEqual({ refused: 'unknown-point', detail: 'the birth gives no point code' })
  })
  test('with another unit is a unit mismatch', async () => {
    expect(await refused({ device: 'sub-1', metric: 'CO2', pointCode: '9901211000010101010002', unit: '%' })).toEqual({ refused: 'unit-mismatch', detail: 'the birth says "%", class 0101 has ppm' })
  })
  test('with a unit missing is a unit mismatch', async () => {
    expect(await refused({ device: 'sub-1', metric: 'CO2', pointCode: '9901211000010101010002' })).toMatchObject({ refused: 'unit-mismatch' })
  })
  test('with a point of another mine is refused', async () => {
    expect(await refused({ device: 'a', metric: 'b', pointCode: '9901223000011008020001', unit: 'm' })).toMatchObject({
      refused: 'unknown-point',
      detail: expect.stringContaining('subject 990122300001'),
    })
  })
  test('with a class that T-20 lacks is refused', async () => {
    expect(await refused({ device: 'a', metric: 'b', pointCode: '9901211000010199990001', unit: 'm' })).toMatchObject({ refused: 'unknown-point', detail: expect.stringContaining('T-20') })
  })
  test('with something that is no code is refused', async () => {
    expect(await refused({ device: 'a', metric: 'b', pointCode: "'; drop table point; --\0", unit: 'm' })).toMatchObject({ refused: 'unknown-point' })
  })
  test('cannot take a code from another device', async () => {
    expect(await refused({ ...co, device: 'sub-2' })).toMatchObject({ refused: 'unknown-point', detail: expect.stringContaining('device sub-1') })
  })
  test('cannot take a code from another gateway', async () => {
    const twin = await registry.registerGateway({ group: '990121', node: 'twin', subjectCode: '990121100001' })
    expect(await refused(co, twin)).toMatchObject({ refused: 'unknown-point', detail: expect.stringContaining('another gateway') })
    expect(await registry.pointByCode(CO)).toMatchObject({ gateway: gateway.id })
  })
  test('keeps the point when its metric is renamed on the same device', async () => {
    const [before] = await registry.resolve(gateway, [co])
    const [after] = await registry.resolve(gateway, [{ ...co, metric: 'CO renamed' }])
    expect(after).toMatchObject({ point: { metric: 'CO renamed', id: (before as { point: { id: number } }).point.id } })
    await registry.resolve(gateway, [co])
  })
  test('that names one code twice gets it for the first metric only', async () => {
    const twice = await registry.resolve(gateway, [co, { ...co, metric: 'CO again' }])
    expect(twice).toMatchObject([{ point: { pointCode: CO } }, { refused: 'unknown-point' }])
  })
  test('of two gateways at once gives a new code to one of them', async () => {
    const twin = await gatewayOf('990121', 'twin')
    const fresh = { device: 'd', metric: 'm', pointCode: '9901211000010101010077', unit: 'ppm' }
    const both = (await Promise.all([registry.resolve(gateway, [fresh]), registry.resolve(twin, [fresh])])).flat()
    expect(both.filter((resolution) => 'point' in resolution)).toHaveLength(1)
  })
})

describe('adoption', () => {
  test('makes a point of a metric without a code, and later births resolve to it', async () => {
    const foreign = { device: 'plc', metric: 'Tag 7', unit: 'ppm', title: '外来' }
    expect(await registry.resolve(gateway, [foreign])).toMatchObject([{ refused: 'unknown-point' }])
    const adopted = await registry.adopt({ gateway: gateway.id, device: 'plc', metric: 'Tag 7', pointCode: '9901211000010101010010' })
    expect(adopted).toMatchObject({ sensorType: '0101', title: '外来' })
    expect(await registry.resolve(gateway, [foreign])).toMatchObject([{ point: { id: adopted.id } }])
  })

  test('holds against a code in the birth that was wrong when it was adopted, and only against that one', async () => {
    const foreign = { device: 'plc', metric: 'Tag 8', unit: 'ppm', pointCode: 'CO-8' }
    await registry.resolve(gateway, [foreign])
    const adopted = await registry.adopt({ gateway: gateway.id, device: 'plc', metric: 'Tag 8', pointCode: '9901211000010101010011' })
    expect(await registry.resolve(gateway, [foreign])).toMatchObject([{ point: { id: adopted.id } }])
    expect(await registry.resolve(gateway, [{ ...foreign, pointCode: '9901211000010101010012' }])).toMatchObject([{ refused: 'unknown-point' }])
  })

  test('of another unit needs that unit confirmed word for word', async () => {
    const foreign = { device: 'plc', metric: 'Tag 9', unit: 'ppm (v)', pointCode: '9901211000010101010013' }
    await registry.resolve(gateway, [foreign])
    const adoption = { gateway: gateway.id, device: 'plc', metric: 'Tag 9', pointCode: '9901211000010101010013' }
    await expect(registry.adopt(adoption)).rejects.toMatchObject({ code: 'REGISTRY_UNIT_UNCONFIRMED' })
    await registry.adopt({ ...adoption, acceptedUnit: 'ppm (v)' })
    expect(await registry.resolve(gateway, [foreign])).toMatchObject([{ point: { unit: 'ppm' } }])
    expect(await registry.resolve(gateway, [{ ...foreign, unit: '%' }])).toMatchObject([{ refused: 'unit-mismatch' }])
  })

  test('moves a point between gateways only when told to', async () => {
    const twin = await gatewayOf('990121', 'twin')
    const adoption = { gateway: twin.id, device: 'spare', metric: 'CO', pointCode: CO }
    await expect(registry.adopt(adoption)).rejects.toMatchObject({ code: 'REGISTRY_POINT_TAKEN' })
    const before = await registry.pointByCode(CO)
    expect(await registry.adopt({ ...adoption, shouldMove: true })).toMatchObject({ id: before?.id, gateway: twin.id, device: 'spare' })
  })

  test('cannot give a gateway a point of a foreign mine', async () => {
    await expect(registry.adopt({ gateway: other.id, device: 'x', metric: 'y', pointCode: CO, shouldMove: true })).rejects.toMatchObject({ code: 'REGISTRY_BAD_POINT_CODE' })
  })
})

describe('an unregistered gateway', () => {
  test('gets an identity that stays when it is registered, and is no gateway before', async () => {
    const id = await registry.gatewayIdentity('990199', 'stranger')
    expect(await registry.gatewayIdentity('990199', 'stranger')).toBe(id)
    expect(await registry.gatewayByTopic('990199', 'stranger')).toBeUndefined()
    expect(await registry.registerGateway({ group: '990199', node: 'stranger', subjectCode: '990121100001' })).toMatchObject({ id })
  })
  test('cannot be registered for a mine that does not exist', async () => {
    await expect(registry.registerGateway({ group: '990121', node: 'n', subjectCode: '990121100099' })).rejects.toMatchObject({ code: 'REGISTRY_UNKNOWN_MINE' })
  })
})

describe('queries', () => {
  test('count by county within the scope', async () => {
    const all = await registry.overview(ALL)
    expect(all.map((county) => [county.divisionCode, county.name, county.mines])).toEqual([
      ['990121', '示例县', 2],
      ['990122', '邻县', 1],
    ])
    expect(all[0]?.points).toBe((await registry.points({ scope: { divisionPrefix: '990121' }, limit: 1000 })).rows.length)
    expect(await registry.overview({ divisionPrefix: '990122' })).toHaveLength(1)
    expect(await registry.overview({ divisionPrefix: '', subjectCodes: ['990121300001'] })).toMatchObject([{ mines: 1, points: 1 }])
  })
  test('page through points by code, each once', async () => {
    const whole = (await registry.points({ scope: ALL, limit: 1000 })).rows.map((row) => row.pointCode)
    const paged: string[] = []
    let after: string | undefined
    do {
      const page = await registry.points({ scope: ALL, limit: 2, ...(after !== undefined && { after }) })
      paged.push(...page.rows.map((row) => row.pointCode))
      after = page.next
    } while (after !== undefined)
    expect(paged).toEqual(whole)
    expect(whole.length).toBeGreaterThan(4)
  })
  test('filter by class, device and text, whose wildcards mean themselves', async () => {
    const list = async (query: object): Promise<string[]> => (await registry.points({ scope: ALL, limit: 100, ...query })).rows.map((row) => row.metric)
    expect(await list({ sensorType: '0111' })).toEqual(['T'])
    expect(await list({ device: 'dam' })).toEqual(['level'])
    expect(await list({ text: '外来' })).toEqual(['Tag 7'])
    expect(await list({ text: 'tag 7' })).toEqual(['Tag 7'])
    expect(await list({ text: '%' })).toEqual([])
  })
  test('never show a scope what lies outside it', async () => {
    expect((await registry.points({ scope: { divisionPrefix: '990122' }, limit: 100 })).rows).toEqual([])
    expect((await registry.mines({ divisionPrefix: '99', subjectCodes: [] }, { limit: 10 })).rows).toEqual([])
  })
  test('refuse a limit or a scope that makes no sense', async () => {
    await expect(registry.points({ scope: ALL, limit: 0 })).rejects.toMatchObject({ code: 'REGISTRY_BAD_QUERY' })
    await expect(registry.mines({ divisionPrefix: '99%' }, { limit: 1 })).rejects.toMatchObject({ code: 'REGISTRY_BAD_QUERY' })
  })
  test('tell one mine with its devices', async () => {
    expect(await registry.mine('990121100001')).toMatchObject({ name: '示例一号铁矿', kind: '1', longitude: 112.1 })
    expect((await registry.devices('990121100001')).map((device) => device.name)).toEqual(expect.arrayContaining(['sub-1', 'plc', 'spare']))
  })
})
