import { expect, test } from 'vitest'
import { findFailingLinks, type Link } from './failing-link.ts'

const NOW = 1_000_000
const alive = NOW - 10_000
const silent = NOW - 300_000
const link = (kind: Link['kind'], id: string, heardMs: number | undefined, children: Link[] = []): Link => ({ id, kind, limitMs: 60_000, children, ...(heardMs !== undefined && { heardMs }) })
const bus = (id: string, heardMs: number | undefined, ...sensors: readonly number[]) =>
  link(
    'bus',
    id,
    heardMs,
    sensors.map((ms, i) => link('sensor', `${id}.s${i}`, ms)),
  )

/** The tree from ingest down to the buses of one gateway. */
function way(heard: Partial<Record<'ingest' | 'broker' | 'uplink' | 'gateway', number>>, ...buses: Link[]): Link {
  const of = (kind: 'ingest' | 'broker' | 'uplink' | 'gateway') => heard[kind] ?? alive
  return link('ingest', 'ingest', of('ingest'), [link('broker', 'broker', of('broker'), [link('uplink', 'uplink', of('uplink'), [link('gateway', 'gw', of('gateway'), buses)])])])
}

test('where everything is heard nothing has failed', () => expect(findFailingLinks(way({}, bus('b1', alive, alive)), NOW)).toEqual([]))

test('a dead uplink is one failure, and gateway, buses and sensors behind it are suppressed', () => {
  expect(findFailingLinks(way({ uplink: silent, gateway: silent }, bus('b1', silent, silent, silent)), NOW)).toEqual([
    { link: 'uplink', kind: 'uplink', sinceMs: silent, suppressed: ['gw', 'b1', 'b1.s0', 'b1.s1'] },
  ])
})

test('one dead sensor on a living bus is that sensor', () => {
  expect(findFailingLinks(way({}, bus('b1', alive, silent, alive)), NOW)).toMatchObject([{ link: 'b1.s0', suppressed: [] }])
})

test('all sensors of a bus without heartbeat of its own are the bus', () => {
  expect(findFailingLinks(way({}, bus('b1', undefined, silent, silent - 5), bus('b2', alive, alive)), NOW)).toMatchObject([{ link: 'b1', sinceMs: silent, suppressed: ['b1.s0', 'b1.s1'] }])
})

test('the only sensor of a bus is itself', () => {
  expect(findFailingLinks(way({}, bus('b1', undefined, silent)), NOW)).toMatchObject([{ link: 'b1.s0' }])
})

test('independent failures are told apart', () => {
  expect(findFailingLinks(way({}, bus('b1', silent, silent), bus('b2', alive, silent)), NOW).map((f) => f.link)).toEqual(['b1', 'b2.s0'])
})

test('a dead ingest explains everything', () => {
  const [failure, ...others] = findFailingLinks(way({ ingest: silent, broker: silent, uplink: silent, gateway: silent }, bus('b1', silent, silent)), NOW)
  expect(others).toEqual([])
  expect(failure).toMatchObject({ link: 'ingest', suppressed: ['broker', 'uplink', 'gw', 'b1', 'b1.s0'] })
})
