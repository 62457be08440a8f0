import { Q, type Sample } from '@orewatch/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ApiFixture, openApiFixture } from './test/api-fixture.ts'
import { healthyStatus, PASSWORD, POINT_1, POINT_2 } from './test/memory-parts.ts'

let fixture: ApiFixture

beforeEach(async () => {
  fixture = await openApiFixture()
})
afterEach(async () => {
  await fixture.app.close()
})

const login = (payload: unknown, headers: Record<string, string> = {}) => fixture.app.inject({ method: 'POST', url: '/api/session', payload: payload as object, headers })

describe('sessions', () => {
  test('a login gives the user and a cookie that scripts cannot read and other sites cannot send', async () => {
    const response = await login({ user: 'officer-1', password: PASSWORD })
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({ user: { name: 'officer-1', displayName: 'officer-1', roles: ['duty-officer'], scope: '990121' } })
    expect(response.cookies[0]).toMatchObject({ name: 'orewatch_session', httpOnly: true, sameSite: 'Strict', path: '/' })
  })

  test('the cookie is sent over TLS only when a proxy ends TLS', async () => {
    const secure = await openApiFixture({ isBehindProxy: true })
    const response = await secure.app.inject({ method: 'POST', url: '/api/session', payload: { user: 'admin', password: PASSWORD } })
    await secure.app.close()
    expect(response.cookies[0]).toMatchObject({ secure: true })
  })

  test('a wrong password and an unknown user get the same answer', async () => {
    const wrong = await login({ user: 'officer-1', password: 'x' })
    const unknown = await login({ user: 'nobody', password: 'x' })
    expect([wrong.statusCode, wrong.body]).toEqual([401, unknown.body])
  })

  test('logins that succeed and that fail are audited', async () => {
    await login({ user: 'officer-1', password: 'x' })
    await login({ user: 'officer-1', password: PASSWORD })
    expect(fixture.parts.audited).toMatchObject([
      { action: 'login', object: 'officer-1', result: 'failed' },
      { action: 'login', object: 'officer-1', result: 'ok' },
    ])
  })

  test('a locked account is told so, and until when', async () => {
    const response = await login({ user: 'locked', password: 'x' })
    expect([response.statusCode, response.json()]).toMatchObject([429, { code: 'API_LOGIN_LOCKED', details: { untilMs: 1_800_000_000_000 } }])
  })

  test('logins from one address are limited', async () => {
    const codes: string[] = []
    for (let i = 0; i < 22; i++) codes.push((await login({ user: 'nobody', password: 'x' })).json().code)
    expect(codes.slice(19)).toEqual(['API_LOGIN_REFUSED', 'API_TOO_MANY', 'API_TOO_MANY'])
  })

  test('a logout ends the session', async () => {
    await fixture.as('officer-1', { method: 'DELETE', url: '/api/session' })
    expect((await fixture.as('officer-1', { url: '/api/session' })).status).toBe(401)
  })

  test('a login from a page of another site is refused', async () => {
    expect((await login({ user: 'admin', password: PASSWORD }, { origin: 'https://evil.example' })).json()).toMatchObject({ code: 'API_FOREIGN_ORIGIN' })
  })

  test('a cross-site request without Origin is refused', async () => {
    expect((await login({ user: 'admin', password: PASSWORD }, { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
  })

  test('a request from the portal’s own page is taken', async () => {
    expect((await login({ user: 'admin', password: PASSWORD }, { origin: 'http://localhost:80', host: 'localhost:80' })).statusCode).toBe(200)
  })

  test('a form is no login', async () => {
    const response = await fixture.app.inject({ method: 'POST', url: '/api/session', payload: `user=admin&password=${PASSWORD}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    expect([response.statusCode, response.json().code]).toEqual([415, 'API_NOT_JSON'])
  })

  test('text that pretends to be no JSON is no login', async () => {
    const response = await fixture.app.inject({ method: 'POST', url: '/api/session', payload: '{}', headers: { 'content-type': 'text/plain' } })
    expect(response.statusCode).toBe(415)
  })

  test('one who must change the password can do nothing else', async () => {
    const user = fixture.parts.addUser('fresh', ['system-administrator'], '')
    fixture.parts.accounts.set('fresh', { ...user, mustChangePassword: true })
    const refused = await fixture.as('fresh', { url: '/api/overview' })
    const changed = await fixture.as('fresh', { method: 'POST', url: '/api/session/password', payload: { oldPassword: PASSWORD, newPassword: 'Another-horse-7' } })
    expect([refused.status, (refused.body as { code: string }).code, changed.status]).toEqual([403, 'API_PASSWORD_MUST_CHANGE', 200])
  })
})

describe('register and telemetry', () => {
  test('an overview shows the counties, mines and figures of one’s scope', async () => {
    fixture.parts.newest.set(11, { point: 11, timeMs: Date.now(), value: 5, quality: Q.good, reason: 0, flags: 0 })
    fixture.parts.sessionsOfGateways.set(1, { isOnline: true, status: healthyStatus(Date.now()) })
    const { body } = await fixture.as('officer-1', { url: '/api/overview' })
    expect(body).toMatchObject({
      counties: [{ divisionCode: '990121', mines: [{ subjectCode: '990121100001', points: 1, good: 1, bad: 0, stale: 0, gateways: [{ node: 'gw-u1', isOnline: true, pending: 3 }] }] }],
      totals: { mines: 1, gateways: 1, gatewaysOnline: 1, points: 1, good: 1, quarantined: 1 },
    })
  })

  test('a mine’s board shows devices as their gateway reports them', async () => {
    fixture.parts.sessionsOfGateways.set(1, { isOnline: true, status: healthyStatus(Date.now()) })
    const { body } = await fixture.as('officer-1', { url: '/api/mines/990121100001' })
    expect(body).toMatchObject({ devices: [{ device: 'gas-1', state: 'live', family: 'gas-substation' }], points: [{ pointCode: POINT_1, name: '回风巷 CO', gateway: 'gw-u1' }] })
  })

  test('a device of a gateway that is offline has no state', async () => {
    fixture.parts.sessionsOfGateways.set(1, { isOnline: false, status: healthyStatus(Date.now()) })
    const { body } = await fixture.as('officer-1', { url: '/api/mines/990121100001' })
    expect((body as { devices: object[] }).devices[0]).not.toHaveProperty('state')
  })

  test('a value that is not a number is null, never zero', async () => {
    fixture.parts.newest.set(11, { point: 11, timeMs: 5, value: Number.NaN, quality: Q.sensorFault, reason: 7, flags: 0 })
    const { body } = await fixture.as('officer-1', { url: `/api/points/${POINT_1}` })
    expect((body as { point: { latest: object } }).point.latest).toEqual({ timeMs: 5, value: null, quality: 4, reason: 'fault-code', flags: 0 })
  })

  test('samples come as rows and continue at nextMs', async () => {
    const sample = (timeMs: number, value: number): Sample => ({ key: 11, timeMs, value, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 7 })
    fixture.parts.rows.set(11, [sample(10, 1.5), sample(20, Number.NaN), sample(30, 3)])
    const { body } = await fixture.as('officer-1', { url: `/api/points/${POINT_1}/samples?from=0&to=100&limit=2` })
    expect(body).toEqual({
      items: [
        [10, 1.5, 0, 0, 0, 7],
        [20, null, 0, 0, 0, 7],
      ],
      nextMs: 30,
    })
  })

  test('a bucket without good samples has nulls', async () => {
    fixture.parts.rows.set(11, [])
    const { body } = await fixture.as('officer-1', { url: `/api/points/${POINT_1}/aggregate?from=0&to=60000&bucketMs=60000` })
    expect(body).toEqual({ items: [{ startMs: 0, count: 2, good: 0, min: null, max: null, mean: null, last: null }] })
  })

  test('too many buckets are refused with what would be right', async () => {
    const { status, text } = await fixture.as('officer-1', { url: `/api/points/${POINT_1}/aggregate?from=0&to=100000000000&bucketMs=1000` })
    expect([status, text.includes('10000 buckets')]).toEqual([400, true])
  })

  test('points page by code', async () => {
    const first = await fixture.as('admin', { url: '/api/points?limit=1' })
    const next = (first.body as { next: string }).next
    const second = await fixture.as('admin', { url: `/api/points?limit=1&after=${next}` })
    expect([first.body, second.body]).toMatchObject([{ items: [{ pointCode: POINT_1 }] }, { items: [{ pointCode: POINT_2 }] }])
    expect(second.body).not.toHaveProperty('next')
  })

  test('a point’s way is judged from what the parts know', async () => {
    fixture.parts.healths.broker = { ok: false, note: 'ECONNREFUSED' }
    const { body } = await fixture.as('officer-1', { url: `/api/points/${POINT_1}/way` })
    expect(body).toMatchObject({ verdict: { stage: 'broker' }, point: { pointCode: POINT_1 } })
  })

  test('a store that fails shows as the broken stage instead of failing the page', async () => {
    const parts = fixture.parts
    parts.sessionsOfGateways.set(1, { isOnline: true, lastMessageMs: Date.now(), status: healthyStatus(Date.now()), statusReceivedMs: Date.now() })
    Object.assign(parts.store, { latest: async () => await Promise.reject(new TypeError('disk is full')) })
    const { status, body } = await fixture.as('officer-1', { url: `/api/points/${POINT_1}/way` })
    expect([status, body]).toMatchObject([200, { verdict: { stage: 'store' } }])
  })
})

describe('quarantine', () => {
  test('an adoption tells what it stored and is audited', async () => {
    const { status, body } = await fixture.as('admin', { method: 'POST', url: '/api/quarantine/1/adopt', payload: { pointCode: POINT_1, name: 'CO' } })
    expect([status, body]).toMatchObject([200, { stored: 3, conflicts: 1, point: { pointCode: POINT_1 } }])
    expect(fixture.parts.audited).toMatchObject([{ action: 'quarantine.adopt', object: '1', result: 'ok' }])
  })

  test('a code of a mine that is not registered is refused', async () => {
    const { status } = await fixture.as('admin', { method: 'POST', url: '/api/quarantine/1/adopt', payload: { pointCode: '9901291000010101010001', name: 'CO' } })
    expect(status).toBe(400)
  })

  test('a source may not be adopted into another county’s mine', async () => {
    const { status } = await fixture.as('county-admin', { method: 'POST', url: '/api/quarantine/1/adopt', payload: { pointCode: POINT_2, name: 'x' } })
    expect([status, fixture.parts.audited.map((entry) => entry.result)]).toEqual([403, ['refused']])
  })
})

describe('what surrounds the routes', () => {
  test('an unknown path gets the uniform answer', async () => {
    const { status, body } = await fixture.as('admin', { url: '/api/nothing' })
    expect([status, body]).toMatchObject([404, { code: 'API_NOT_FOUND' }])
  })

  test('a supervisor on this machine reads health, readiness and metrics without a login', async () => {
    const answers = await Promise.all(['/healthz', '/readyz', '/metrics'].map((url) => fixture.app.inject({ url })))
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200])
    expect(answers[2]?.body).toContain('central_live_clients')
  })

  test('another machine, or one behind a proxy, needs the right', async () => {
    const remote = await fixture.app.inject({ url: '/metrics', remoteAddress: '10.1.2.3' })
    const proxied = await fixture.app.inject({ url: '/metrics', headers: { 'x-forwarded-for': '10.1.2.3' } })
    expect([remote.statusCode, proxied.statusCode]).toEqual([401, 401])
  })

  test('readiness fails with the parts', async () => {
    const response = await fixture.app.inject({ url: '/readyz' })
    expect(response.json()).toEqual({ ready: true, parts: {} })
  })

  test('the page may load nothing from elsewhere and be framed by nobody', async () => {
    const { headers } = await fixture.app.inject({ url: '/healthz' })
    expect(headers['content-security-policy']).toContain("default-src 'self'")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  })

  test('an internal failure tells the client nothing of its inside', async () => {
    Object.assign(fixture.parts.registry, { pointByCode: async () => await Promise.reject(new TypeError('password=hunter2')) })
    const { status, text } = await fixture.as('admin', { url: `/api/points/${POINT_1}` })
    expect([status, text.includes('hunter2')]).toEqual([500, false])
  })

  test.each([
    ['POST', '/api/session', '{'],
    ['POST', '/api/session', '[]'],
    ['POST', '/api/session', '{"user":"a"}'],
    ['POST', '/api/session', '{"user":"a","password":"b","more":1}'],
    ['POST', '/api/session', '{"__proto__":{"x":1},"user":"a","password":"b"}'],
    ['POST', '/api/quarantine/0/adopt', '{}'],
    ['POST', '/api/quarantine/abc/adopt', '{}'],
    ['POST', '/api/quarantine/99999999999/adopt', '{}'],
    ['GET', '/api/points/xyz', ''],
    ['GET', `/api/points/${POINT_1}/samples`, ''],
    ['GET', `/api/points/${POINT_1}/samples?from=5&to=4`, ''],
    ['GET', `/api/points/${POINT_1}/samples?from=0&to=1&limit=10001`, ''],
    ['GET', `/api/points/${POINT_1}/samples?from=NaN&to=1`, ''],
    ['GET', `/api/points/${POINT_1}/aggregate?from=0&to=1&bucketMs=0`, ''],
    ['GET', '/api/points?limit=501', ''],
    ['GET', '/api/points?limit=1&limit=2', ''],
    ['GET', '/api/points?unknown=1', ''],
    ['GET', '/api/mines/1', ''],
    ['GET', '/api/live?mine=1', ''],
    ['GET', '/api/quarantine?reason=none', ''],
  ] as const)('%s %s %s is refused as malformed', async (method, url, payload) => {
    const { status, body } = await fixture.as('admin', { method, url, ...(payload !== '' && { payload, headers: { 'content-type': 'application/json' } }) })
    expect([status, body]).toMatchObject([400, { code: expect.stringMatching(/^API_/), message: expect.any(String) }])
  })

  test('a body that is too large is refused before it is read', async () => {
    const { status, body } = await fixture.as('admin', { method: 'POST', url: '/api/session', payload: { user: 'a', password: 'x'.repeat(100_000) } })
    expect([status, body]).toMatchObject([413, { code: 'API_TOO_LARGE' }])
  })
})
