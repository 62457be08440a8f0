/*
 * A second implementation of central's HTTP contract for tests of the portal: a real server on a real socket with
 * the county of double-county.ts, whose live feed and health a test can cut and change.
 */
import { createReadStream, existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { parsePointCode } from '@orewatch/core'
import type { Adoption, AlarmAction, AlarmItem, LiveSample, SystemStatus } from '../api/contract.ts'
import { DoubleAlarms } from './double-alarms.ts'
import { bucketsOf, type County, makeCounty, MINE, mineOf, overviewOf, samplesOf, wayOf } from './double-county.ts'

/** The account of the double. */
export const ACCOUNT = { user: 'duty', password: 'Right-horse-9' } as const

const LOCKED_AFTER = 5
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

class Refusal extends Error {
  readonly status: number
  readonly body: object
  constructor(status: number, code: string, details?: object) {
    super(code)
    this.status = status
    this.body = { code, message: code, ...(details && { details }) }
  }
}

/** The double; close it. */
export class ContractDouble {
  readonly county: County
  /** Adoptions that were asked for. */
  readonly adoptions: Adoption[] = []
  readonly alarms = new DoubleAlarms()
  /** Roles of the account. */
  roles: readonly string[] = ['duty-officer']
  isLiveRefused = false
  mustChangePassword = false
  readonly #server: Server
  readonly #distDirectory: string
  readonly #streams = new Map<ServerResponse, string | null>()
  readonly #sessions = new Set<string>()
  readonly #heartbeat: NodeJS.Timeout
  #failures = 0

  private constructor(distDirectory: string, pointCount: number | undefined) {
    this.county = makeCounty(Date.now(), pointCount)
    this.#distDirectory = distDirectory
    this.#server = createServer((request, response) => void this.#serve(request, response))
    this.#heartbeat = setInterval(() => this.#broadcast('status', this.county.status), 5_000)
  }

  /** Starts on a free loopback port. */
  static async open(options: { readonly distDirectory: string; readonly pointCount?: number }): Promise<ContractDouble> {
    const double = new ContractDouble(options.distDirectory, options.pointCount)
    await new Promise<void>((resolve) => {
      double.#server.listen(0, '127.0.0.1', resolve)
    })
    return double
  }

  /** Where it listens. */
  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** How many pages hold a live feed. */
  get liveCount(): number {
    return this.#streams.size
  }

  /** Sends samples to all live feeds. */
  emit(samples: readonly LiveSample[]): void {
    this.#broadcast('samples', { items: samples })
  }

  /** Raises an alarm or changes it, and tells those live feeds that show its mine, as central does. */
  tellAlarm(name: string, change: Partial<AlarmItem> = {}, kind?: string): AlarmItem {
    const alarm = this.alarms.put(name, change, kind)
    this.tell(alarm)
    return alarm
  }

  /** Changes the health and tells it. */
  tellStatus(status: SystemStatus): void {
    this.county.status = status
    this.#broadcast('status', status)
  }

  /** Cuts all live feeds; new ones are refused until `isLiveRefused` is taken back. */
  cutLive(): void {
    this.isLiveRefused = true
    for (const stream of this.#streams.keys()) stream.destroy()
  }

  /** Forgets all sessions, as a restart with another store would. */
  endSessions(): void {
    this.#sessions.clear()
  }

  /** Stops. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat)
    this.#server.closeAllConnections()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  #broadcast(event: string, content: unknown): void {
    for (const stream of this.#streams.keys()) stream.write(`event: ${event}\ndata: ${JSON.stringify(content)}\n\n`)
  }

  /** Tells of an alarm as it is given, also of an old revision. */
  tell(alarm: AlarmItem): void {
    for (const [stream, mine] of this.#streams) {
      if (mine === null || alarm.subjectCode === undefined || alarm.subjectCode === mine) stream.write(`event: alarm\ndata: ${JSON.stringify(alarm)}\n\n`)
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    try {
      if (!url.pathname.startsWith('/api/')) return this.#serveFile(url.pathname, response)
      if (url.pathname === '/api/session') return reply(response, ...(await this.#session(request)))
      this.#demandSession(request)
      if (url.pathname === '/api/session/password') {
        this.mustChangePassword = false
        this.#sessions.clear()
        return reply(response, {})
      }
      if (url.pathname === '/api/live') return this.#openLive(response, url.searchParams.get('mine'))
      reply(response, await this.#answer(request, url))
    } catch (err) {
      if (!(err instanceof Refusal)) throw err
      response.statusCode = err.status
      reply(response, err.body)
    }
  }

  async #session(request: IncomingMessage): Promise<[object, string?]> {
    const user = { name: ACCOUNT.user, displayName: '值班员', roles: this.roles, scope: '990121', ...(this.mustChangePassword && { mustChangePassword: true }) }
    if (request.method === 'GET') {
      this.#demandSession(request)
      return [{ user }]
    }
    if (request.method === 'DELETE') {
      this.#sessions.delete(this.#demandSession(request))
      return [{}]
    }
    const typed = (await readBody(request)) as { user: string; password: string }
    if (this.#failures >= LOCKED_AFTER) throw new Refusal(429, 'ACCESS_LOCKED', { untilMs: Date.now() + 900_000 })
    if (typed.user !== ACCOUNT.user || typed.password !== ACCOUNT.password) {
      this.#failures += 1
      throw new Refusal(401, 'ACCESS_LOGIN_REFUSED')
    }
    this.#failures = 0
    const token = crypto.randomUUID()
    this.#sessions.add(token)
    return [{ user }, `orewatch_session=${token}; HttpOnly; SameSite=Strict; Path=/`]
  }

  #demandSession(request: IncomingMessage): string {
    const token = /orewatch_session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
    if (token === undefined || !this.#sessions.has(token)) throw new Refusal(401, 'API_UNAUTHENTICATED')
    return token
  }

  #openLive(response: ServerResponse, mine: string | null): void {
    if (this.isLiveRefused) throw new Refusal(503, 'API_UNAVAILABLE')
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    this.#streams.set(response, mine)
    response.on('close', () => this.#streams.delete(response))
    response.write(`event: status\ndata: ${JSON.stringify(this.county.status)}\n\n`)
  }

  async #answer(request: IncomingMessage, url: URL): Promise<object> {
    const nowMs = Date.now()
    const [, , area, id, sub] = url.pathname.split('/')
    const number = (name: string) => Number(url.searchParams.get(name))
    switch (`${request.method} ${area}`) {
      case 'GET overview':
        return overviewOf(this.county, nowMs)
      case 'GET status':
        return this.county.status
      case 'GET mines':
        if (id !== MINE) throw new Refusal(404, 'API_NOT_FOUND')
        return mineOf(this.county, nowMs)
      case 'GET points': {
        if (id === undefined) return { items: [...this.county.points.values()].filter((point) => point.name.includes(url.searchParams.get('q') ?? '')).slice(0, number('limit')) }
        const point = this.county.points.get(id)
        if (!point) throw new Refusal(404, 'API_NOT_FOUND')
        if (sub === 'samples') return { items: samplesOf(number('from'), number('to'), nowMs).slice(0, number('limit')) }
        if (sub === 'aggregate') return { items: bucketsOf(number('from'), number('to'), number('bucketMs'), nowMs) }
        return sub === 'way' ? wayOf(this.county, point, nowMs) : { point }
      }
      case 'GET quarantine': {
        if (sub === 'samples') return { items: Array.from({ length: 12 }, (_, i) => ({ timeMs: nowMs - i * 20_000, value: String(12.5 - i / 10), quality: 0 })) }
        const reason = url.searchParams.get('reason')
        return { items: this.county.quarantine.filter((item) => reason === null || item.reason === reason) }
      }
      case 'GET alarms': {
        if (id === undefined) return this.alarms.list(url.searchParams)
        if (id === 'counts') return this.alarms.counts()
        const detail = this.alarms.detail(id)
        if (!detail) throw new Refusal(404, 'API_NOT_FOUND')
        return detail
      }
      case 'POST alarms':
        return this.#actOnAlarm(id ?? '', sub ?? '', (await readBody(request)) as { revision: number } & AlarmAction)
      case 'POST quarantine':
        return this.#adopt(Number(id), (await readBody(request)) as Adoption)
      default:
        throw new Refusal(404, 'API_NOT_FOUND')
    }
  }

  #actOnAlarm(id: string, sub: string, { revision, ...action }: { revision: number } & AlarmAction): AlarmItem {
    const right = sub === 'silence' ? ['duty-officer'] : ['duty-officer', 'enterprise-safety']
    if (!this.roles.some((role) => right.includes(role))) throw new Refusal(403, 'API_FORBIDDEN')
    const done = this.alarms.act(id, ACCOUNT.user, revision, sub === 'silence' ? action : ({ ...action, kind: sub } as AlarmAction))
    if ('status' in done) throw new Refusal(done.status, done.code)
    this.tell(done)
    return done
  }

  #adopt(id: number, adoption: Adoption): object {
    const index = this.county.quarantine.findIndex((item) => item.id === id)
    const item = this.county.quarantine[index]
    const parts = parsePointCode(adoption.pointCode)
    if (!item || !parts) throw new Refusal(400, 'API_BAD_REQUEST')
    this.adoptions.push(adoption)
    this.county.quarantine[index] = { ...item, adoptedAs: adoption.pointCode }
    const [template] = this.county.points.values()
    const point = { ...template, pointCode: adoption.pointCode, name: adoption.name, sensorType: parts.sensorTypeCode }
    return { stored: item.count, conflicts: 2, point }
  }

  #serveFile(pathname: string, response: ServerResponse): void {
    const wanted = join(this.#distDirectory, normalize(pathname))
    const isAsset = extname(pathname) !== '' && wanted.startsWith(this.#distDirectory) && existsSync(wanted)
    const file = isAsset ? wanted : join(this.#distDirectory, 'index.html')
    // The policy of the real server, so that nothing here works that would fail there.
    response.setHeader(
      'content-security-policy',
      "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
    createReadStream(file).pipe(response)
  }
}

function reply(response: ServerResponse, body: object, cookie?: string): void {
  response.setHeader('content-type', 'application/json')
  if (cookie !== undefined) response.setHeader('set-cookie', cookie)
  response.end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
