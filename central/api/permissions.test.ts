/* Walks every route: whoever adds one without saying who may use it, or forgets the jurisdiction, finds out here. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACTIONS, type Role } from '../kernel/access/index.ts'
import { guardRoutes, type RouteEntry, TRESPASS } from './access.ts'
import { type ApiFixture, openApiFixture } from './test/api-fixture.ts'
import { ALARM_1, ALARM_2, memoryParts, POINT_1, POINT_2 } from './test/memory-parts.ts'
import Fastify, { type InjectOptions } from 'fastify'

interface Call {
  /** As registered. */
  readonly route: string
  /** The same thing asked of county 990121 and of county 990122. */
  readonly own: InjectOptions
  readonly foreign: InjectOptions
}

const adoption = (pointCode: string) => ({ method: 'POST' as const, payload: { pointCode, name: 'x' } })
const signing = (payload: object) => ({ method: 'POST' as const, payload: { revision: 1, ...payload } })
const RANGE = 'from=0&to=1000'

// One entry per route that names a thing. A new one makes the test below fail until it is entered here.
const CALLS: readonly Call[] = [
  { route: 'GET /api/mines/:subjectCode', own: { url: '/api/mines/990121100001' }, foreign: { url: '/api/mines/990122300001' } },
  { route: 'GET /api/points/:pointCode', own: { url: `/api/points/${POINT_1}` }, foreign: { url: `/api/points/${POINT_2}` } },
  { route: 'GET /api/points/:pointCode/samples', own: { url: `/api/points/${POINT_1}/samples?${RANGE}` }, foreign: { url: `/api/points/${POINT_2}/samples?${RANGE}` } },
  {
    route: 'GET /api/points/:pointCode/aggregate',
    own: { url: `/api/points/${POINT_1}/aggregate?${RANGE}&bucketMs=1000` },
    foreign: { url: `/api/points/${POINT_2}/aggregate?${RANGE}&bucketMs=1000` },
  },
  { route: 'GET /api/points/:pointCode/way', own: { url: `/api/points/${POINT_1}/way` }, foreign: { url: `/api/points/${POINT_2}/way` } },
  { route: 'GET /api/points/:pointCode/export', own: { url: `/api/points/${POINT_1}/export?${RANGE}&format=csv` }, foreign: { url: `/api/points/${POINT_2}/export?${RANGE}&format=csv` } },
  { route: 'GET /api/points', own: { url: '/api/points?mine=990121100001' }, foreign: { url: '/api/points?mine=990122300001' } },
  { route: 'GET /api/quarantine/:id/samples', own: { url: '/api/quarantine/1/samples' }, foreign: { url: '/api/quarantine/2/samples' } },
  { route: 'POST /api/quarantine/:id/adopt', own: { ...adoption(POINT_1), url: '/api/quarantine/1/adopt' }, foreign: { ...adoption(POINT_1), url: '/api/quarantine/2/adopt' } },
  { route: 'GET /api/alarms', own: { url: '/api/alarms?mine=990121100001' }, foreign: { url: '/api/alarms?mine=990122300001' } },
  { route: 'GET /api/alarms/:id', own: { url: `/api/alarms/${ALARM_1}` }, foreign: { url: `/api/alarms/${ALARM_2}` } },
  { route: 'POST /api/alarms/:id/acknowledge', own: { ...signing({}), url: `/api/alarms/${ALARM_1}/acknowledge` }, foreign: { ...signing({}), url: `/api/alarms/${ALARM_2}/acknowledge` } },
  {
    route: 'POST /api/alarms/:id/explain',
    own: { ...signing({ cause: 'real', note: 'x' }), url: `/api/alarms/${ALARM_1}/explain` },
    foreign: { ...signing({ cause: 'real', note: 'x' }), url: `/api/alarms/${ALARM_2}/explain` },
  },
  {
    route: 'POST /api/alarms/:id/silence',
    own: { ...signing({ kind: 'unshelve', note: 'x' }), url: `/api/alarms/${ALARM_1}/silence` },
    foreign: { ...signing({ kind: 'unshelve', note: 'x' }), url: `/api/alarms/${ALARM_2}/silence` },
  },
  { route: 'GET /api/live', own: { url: '/api/live?mine=bad' }, foreign: { url: '/api/live?mine=990122300001' } },
]
// Lists of one's own scope and things about oneself; what they show is checked below.
const WITHOUT_A_THING = [
  'GET /api/overview',
  'GET /api/alarms/counts',
  'GET /api/quarantine',
  'GET /api/status',
  'GET /api/openapi.json',
  'GET /api/session',
  'DELETE /api/session',
  'POST /api/session/password',
]

let fixture: ApiFixture
let routes: readonly RouteEntry[]

beforeAll(async () => {
  fixture = await openApiFixture({ maxRequestsPerMinute: 100_000 })
  routes = fixture.app.routeTable
  for (const role of ['duty-officer', 'read-only-leader', 'system-administrator', 'security-administrator', 'audit-administrator'] satisfies Role[]) {
    fixture.parts.addUser(`county-${role}`, [role], '990121')
  }
})
afterAll(async () => {
  await fixture.app.close()
})

const nameOf = ({ method, url }: RouteEntry) => `${method} ${url}`
const isOurs = ({ url }: RouteEntry) => url.startsWith('/api/')

describe('every route', () => {
  test('says who may use it', () => {
    expect(routes.filter((route) => route.access === undefined).map(nameOf)).toEqual([])
  })

  test('is one that this test knows', () => {
    const known = new Set([...CALLS.map((call) => call.route), ...WITHOUT_A_THING, 'POST /api/session'])
    expect(
      routes
        .filter(isOurs)
        .map(nameOf)
        .filter((name) => !known.has(name)),
    ).toEqual([])
  })

  test('that is public is the login, and nothing else under /api', () => {
    expect(routes.filter((route) => isOurs(route) && route.access?.kind === 'public').map(nameOf)).toEqual(['POST /api/session'])
  })

  test('that is not public answers 401 to one who is not logged in, and to one whose session was revoked', async () => {
    const statuses: string[] = []
    for (const { method, url, access } of routes) {
      if (access?.kind === 'public' || access?.kind === 'loopback') continue
      const path = url.replace('*', 'x').replace(':subjectCode', '990121100001').replace(':pointCode', POINT_1).replace(':id', '1')
      for (const headers of [{}, { cookie: 'orewatch_session=revoked' }]) {
        const { statusCode } = await fixture.app.inject({ method: method as 'GET', url: path, headers, remoteAddress: '10.0.0.9' })
        if (statusCode !== 401) statuses.push(`${method} ${url}: ${statusCode}`)
      }
    }
    expect(statuses).toEqual([])
  })

  test('without a permission stops the start', async () => {
    const app = Fastify()
    guardRoutes(app, memoryParts())
    app.get('/api/forgotten', async () => 'oops')
    await expect(app.ready()).rejects.toThrow(/GET \/api\/forgotten/)
  })
})

describe('role × route × jurisdiction', () => {
  const roles = ['duty-officer', 'read-only-leader', 'system-administrator', 'security-administrator', 'audit-administrator'] as const
  const cases = CALLS.flatMap((call) => roles.map((role) => ({ ...call, role })))

  test.each(cases)('$role in 990121: $route of 990122 is refused and audited', async ({ foreign, role }) => {
    fixture.parts.audited.length = 0
    const { status } = await fixture.as(`county-${role}`, foreign)
    expect([status, fixture.parts.audited]).toMatchObject([403, [{ result: 'refused', user: { login: `county-${role}` }, detail: { event: TRESPASS } }]])
  })

  test.each(cases)('$role in 990121: $route of 990121 is answered exactly when the role has the action', async ({ own, role, route }) => {
    const access = routes.find((entry) => nameOf(entry) === route)?.access
    const allowed: readonly Role[] = access?.kind === 'action' ? ACTIONS[access.action] : []
    const { status } = await fixture.as(`county-${role}`, own)
    // 400 is the malformed live stream: past the guard, and no stream to wait for.
    expect(status === 200 || status === 400).toBe(allowed.includes(role))
  })

  test.each(CALLS)('an enterprise sees nothing of another mine of its county: $route', async ({ own, route }) => {
    const { status } = await fixture.as('mine-other', route === 'GET /api/live' ? { url: '/api/live?mine=990121100001' } : own)
    expect(status).toBe(403)
  })

  test.each(CALLS.filter((call) => call.route.startsWith('GET') && call.route !== 'GET /api/live'))('the country sees every county: $route', async ({ own, foreign }) => {
    const answers = [await fixture.as('admin', own), await fixture.as('admin', foreign)]
    expect(answers.map((answer) => answer.status)).toEqual([200, 200])
  })
})

describe('lists', () => {
  test.each([
    ['officer-1', '990121', '990122'],
    ['officer-2', '990122', '990121'],
  ])('%s sees %s and nothing of %s', async (login, own, foreign) => {
    const texts = []
    for (const url of ['/api/overview', '/api/points', '/api/quarantine', '/api/alarms', '/api/alarms/counts']) texts.push((await fixture.as(login, { url })).text)
    expect(texts.map((text) => [text.includes(own) || text.includes(own === '990121' ? 'gw-u1' : 'gw-t2'), text.includes(foreign)])).toEqual([
      [true, false],
      [true, false],
      [true, false],
      [true, false],
      [true, false],
    ])
  })

  test('a thing that does not exist is 404 also to the country', async () => {
    const answers = []
    for (const url of ['/api/mines/990129100001', '/api/points/9901291000010101010001', '/api/quarantine/77/samples', `/api/alarms/${'3'.repeat(32)}`])
      answers.push((await fixture.as('admin', { url })).status)
    expect(answers).toEqual([404, 404, 404, 404])
  })
})
