import { columnsOf, Q, SAMPLE_FLAGS, type Sample } from '@orewatch/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiFixture, openApiFixture } from '../test/api-fixture.ts'
import { healthyStatus, POINT_1, POINT_2 } from '../test/memory-parts.ts'
import { type ReceivedEvent, SseClient } from '../test/sse-client.ts'
import { LIVE_LIMITS } from './feed.ts'

let fixture: ApiFixture
let url: string
const clients: SseClient[] = []

beforeEach(async () => {
  fixture = await openApiFixture({ liveLimits: { ...LIVE_LIMITS, maxClients: 4, maxClientsPerUser: 2 } })
  url = await fixture.app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await fixture.app.close()
})

async function watch(login: string, query = ''): Promise<SseClient> {
  const client = await SseClient.open(`${url}/api/live${query}`, await fixture.cookieOf(login))
  clients.push(client)
  return client
}

const sample = (key: number, timeMs: number, value: number, flags = 0): Sample => ({ key, timeMs, value, quality: Q.good, reason: 0, flags, gatewayDeltaMs: 0 })
const isRowOf =
  (pointCode: string) =>
  ({ event, data }: ReceivedEvent) =>
    event === 'samples' && JSON.stringify(data).includes(pointCode)
const rowsOf = (client: SseClient) => client.events.filter(({ event }) => event === 'samples').flatMap(({ data }) => (data as { items: unknown[][] }).items)

test('a stream begins with status and gateways', async () => {
  fixture.parts.sessionsOfGateways.set(1, { isOnline: true, status: healthyStatus(Date.now()) })
  const client = await watch('officer-1')
  await client.until(({ event }) => event === 'gateway')
  expect(client.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
  expect(client.events.map(({ event }) => event).slice(0, 2)).toEqual(['status', 'gateway'])
  expect(client.events[1]?.data).toMatchObject({ node: 'gw-u1', isOnline: true, pending: 3 })
})

test('samples arrive as rows, and what is no number as null', async () => {
  const client = await watch('officer-1', '?mine=990121100001')
  await client.until(({ event }) => event === 'status')
  fixture.parts.emit(columnsOf([{ ...sample(11, 1_000, Number.NaN), quality: Q.commLost, reason: 1 }]))
  const { data } = await client.until(isRowOf(POINT_1))
  expect(data).toEqual({ items: [[POINT_1, 1_000, null, 2, 'timeout', 0]] })
})

test('a burst coalesces to the newest value of a point, and a backlog does not turn it back', async () => {
  const client = await watch('officer-1')
  await client.until(({ event }) => event === 'status')
  fixture.parts.emit(columnsOf([...Array.from({ length: 500 }, (_, i) => sample(11, i, i)), sample(11, 5, 5, SAMPLE_FLAGS.backfilled)]))
  await client.until(isRowOf(POINT_1))
  expect(rowsOf(client)).toEqual([[POINT_1, 499, 499, 0, 'none', 0]])
})

test('another county’s samples and gateways are never sent', async () => {
  const one = await watch('officer-1')
  const two = await watch('officer-2')
  await one.until(({ event }) => event === 'gateway')
  await two.until(({ event }) => event === 'gateway')
  fixture.parts.emit(columnsOf([sample(11, 1, 1), sample(22, 1, 2)]))
  await two.until(isRowOf(POINT_2))
  await one.until(isRowOf(POINT_1))
  expect([JSON.stringify(one.events).includes('gw-t2'), rowsOf(one).length, JSON.stringify(two.events).includes(POINT_1)]).toEqual([false, 1, false])
})

test('a mine’s stream holds that mine alone', async () => {
  const client = await watch('admin', '?mine=990122300001')
  await client.until(({ event }) => event === 'gateway')
  fixture.parts.emit(columnsOf([sample(11, 1, 1), sample(22, 1, 2)]))
  await client.until(isRowOf(POINT_2))
  expect(rowsOf(client)).toHaveLength(1)
})

test('a gateway that goes away is told', async () => {
  const client = await watch('officer-1')
  await client.until(({ event }) => event === 'gateway')
  fixture.parts.sessionsOfGateways.set(1, { isOnline: true, sinceMs: 7 })
  const { data } = await client.until(({ event, data: summary }) => event === 'gateway' && (summary as { isOnline: boolean }).isOnline)
  expect(data).toMatchObject({ node: 'gw-u1', sinceMs: 7 })
})

test('a status comes at least every five seconds', async () => {
  const client = await watch('officer-1')
  await client.until(() => client.events.filter(({ event }) => event === 'status').length >= 2)
  expect(client.events.filter(({ event }) => event === 'status').length).toBeGreaterThanOrEqual(2)
})

test('no more streams than allowed, in all and per user', async () => {
  const first = [await watch('officer-1'), await watch('officer-1')]
  const ownTooMany = await watch('officer-1')
  const others = [await watch('officer-2'), await watch('admin')]
  const tooMany = await watch('mine-1')
  expect([...first, ownTooMany, ...others, tooMany].map((client) => client.status)).toEqual([200, 200, 503, 200, 200, 503])
})

test('a browser that closes makes room', async () => {
  const first = await watch('officer-1')
  await watch('officer-1')
  first.close()
  await expect.poll(async () => (await watch('officer-1')).status, { interval: 50 }).toBe(200)
})

test('a revoked session ends its stream, and leaves the others', async () => {
  const one = await watch('officer-1')
  const two = await watch('officer-2')
  await two.until(({ event }) => event === 'status')
  fixture.parts.tokens.delete((await fixture.cookieOf('officer-1')).replace('orewatch_session=', ''))
  await fixture.live.checkSessions()
  await one.ended
  fixture.parts.emit(columnsOf([sample(22, 1, 2)]))
  expect(await two.until(isRowOf(POINT_2))).toBeDefined()
})

test('a user whose scope changed does not go on seeing the old one', async () => {
  const one = await watch('officer-1')
  const user = fixture.parts.accounts.get('officer-1')
  fixture.parts.accounts.set('officer-1', { ...(user as NonNullable<typeof user>), divisionPrefix: '990122' })
  await fixture.live.checkSessions()
  await one.ended
  expect(fixture.live.clientCount).toBe(0)
})

test('a browser that stops reading is cut off, and memory does not grow with it', async () => {
  const slow = await watch('officer-1')
  await slow.until(({ event }) => event === 'status')
  slow.pause()
  const frame = 'x'.repeat(200_000)
  fixture.parts.healths.store = { ok: true, note: frame }
  let rounds = 0
  while (fixture.live.clientCount > 0 && rounds < 1_000) {
    fixture.live.sendStatus()
    rounds++
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect([fixture.live.clientCount, fixture.live.cutClients]).toEqual([0, 1])
})

test('closing the server ends every stream', async () => {
  const client = await watch('officer-1')
  await client.until(({ event }) => event === 'status')
  await fixture.app.close()
  await client.ended
  expect(fixture.parts.listenerCount()).toBe(0)
})

test('the way knows whether somebody watches and when the point was last sent', async () => {
  const client = await watch('officer-1', '?mine=990121100001')
  await client.until(({ event }) => event === 'status')
  fixture.parts.emit(columnsOf([sample(11, 1, 1)]))
  await client.until(isRowOf(POINT_1))
  expect(fixture.live.reach(11, '990121100001')).toEqual({ viewers: 1, lastPushMs: expect.any(Number) })
})
