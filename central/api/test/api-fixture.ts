import { Health, Metrics, silentLogger } from '@orewatch/observability'
import type { InjectOptions } from 'fastify'
import { type Api, type ApiOptions, buildApi } from '../index.ts'
import { memoryParts, type MemoryParts, PASSWORD } from './memory-parts.ts'

/** An interface over parts in memory. */
export interface ApiFixture {
  readonly app: Api
  readonly parts: MemoryParts
  readonly live: Api['liveFeed']
  /** Logs in and gives the cookie header. */
  cookieOf(login: string): Promise<string>
  /** Asks as somebody. */
  as(login: string, request: InjectOptions): Promise<{ readonly status: number; readonly body: never; readonly text: string; readonly headers: Readonly<Record<string, unknown>> }>
}

/** Builds the interface with four users: county officers of 990121 and 990122, a national administrator, an auditor. */
export async function openApiFixture(options: Partial<ApiOptions> = {}): Promise<ApiFixture> {
  const parts = memoryParts()
  parts.addUser('officer-1', ['duty-officer'], '990121')
  parts.addUser('officer-2', ['duty-officer'], '990122')
  parts.addUser('admin', ['system-administrator'], '')
  parts.addUser('county-admin', ['system-administrator'], '990121')
  parts.addUser('auditor', ['audit-administrator'], '')
  parts.addUser('mine-1', ['enterprise-safety'], '990121', ['990121100001'])
  parts.addUser('mine-other', ['enterprise-safety'], '990121', ['990121200001'])
  const app = await buildApi({ parts, log: silentLogger(), health: new Health(), metrics: new Metrics(), ...options })
  await app.ready()
  const cookies = new Map<string, string>()
  const cookieOf = async (login: string): Promise<string> => {
    const known = cookies.get(login)
    if (known !== undefined) return known
    const { token } = await parts.sessions.login(login, PASSWORD, '127.0.0.1')
    cookies.set(login, `orewatch_session=${token}`)
    return `orewatch_session=${token}`
  }
  return {
    app,
    parts,
    cookieOf,
    live: app.liveFeed,
    as: async (login, request) => {
      const response = await app.inject({ ...request, headers: { ...request.headers, cookie: await cookieOf(login) } })
      const isJson = String(response.headers['content-type']).includes('json')
      return { status: response.statusCode, body: (isJson ? response.json() : undefined) as never, text: response.body, headers: response.headers }
    },
  }
}
