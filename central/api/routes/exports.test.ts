import { createHash } from 'node:crypto'
import { get, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiFixture, openApiFixture } from '../test/api-fixture.ts'
import { POINT_1, POINT_2 } from '../test/memory-parts.ts'

let fixture: ApiFixture
let url: string
beforeEach(async () => {
  fixture = await openApiFixture()
  url = await fixture.app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await fixture.app.close()
})

const fill = (count: number): void =>
  void fixture.parts.rows.set(
    11,
    Array.from({ length: count }, (_, i) => ({ key: 11, timeMs: 1_000 + i, value: i / 3, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 })),
  )

async function open(path: string): Promise<IncomingMessage> {
  const cookie = await fixture.cookieOf('officer-1')
  return await new Promise((resolve, reject) => {
    get(`${url}${path}`, { headers: { cookie } }, resolve).once('error', reject)
  })
}

test('a file comes with its hash, and the audit log has who, what, how many rows and the same hash', async () => {
  fill(50_000)
  const response = await open(`/api/points/${POINT_1}/export?from=0&to=86400000&format=csv`)
  const bytes = await buffer(response)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  expect(response.headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8', 'content-disposition': expect.stringContaining(`${POINT_1}-0-86400000.csv`), 'cache-control': 'no-store' })
  expect(response.trailers['x-content-sha256']).toBe(sha256)
  expect(bytes.toString().trim().split('\r\n')).toHaveLength(50_001)
  expect(fixture.parts.audited).toMatchObject([
    { user: { login: 'officer-1' }, action: 'point.export', object: POINT_1, result: 'ok', detail: { format: 'csv', fromMs: 0, toMs: 86_400_000, rows: 50_000, bytes: bytes.length, sha256 } },
  ])
})

test('a browser that goes away stops the export, and the audit log says that it was not all', async () => {
  fill(400_000)
  const response = await open(`/api/points/${POINT_1}/export?from=0&to=86400000&format=csv`)
  await new Promise((resolve) => response.once('data', resolve))
  response.destroy()
  await expect.poll(() => fixture.parts.audited).toMatchObject([{ result: 'failed', detail: { outcome: 'aborted' } }])
  expect(fixture.parts.audited[0]?.detail?.['rows']).toBeLessThan(400_000)
})

test('a span too long is refused in words before anything is sent', async () => {
  const { status, text } = await fixture.as('officer-1', { url: `/api/points/${POINT_1}/export?from=0&to=${400 * 86_400_000}` })
  expect([status, text]).toEqual([400, expect.stringContaining('"allowedDays":366')])
})

test('a store that does not answer is a refusal, not half a file', async () => {
  fixture.parts.store.range = async () => await Promise.reject(new TypeError('disk is gone'))
  const { status } = await fixture.as('officer-1', { url: `/api/points/${POINT_1}/export?from=0&to=1000` })
  expect(status).toBe(500)
  expect(fixture.parts.audited).toMatchObject([{ result: 'failed', detail: { outcome: 'failed', rows: 0 } }])
})

test('another county’s point is not given out, and who tried is recorded', async () => {
  const { status } = await fixture.as('officer-1', { url: `/api/points/${POINT_2}/export?from=0&to=1000` })
  expect([status, fixture.parts.audited]).toMatchObject([403, [{ action: 'point.export', result: 'refused' }]])
})
