/*
 * Who may use a route. Every route declares it in its `config.access`; a route that does not, stops the start. Role and
 * session are checked before the body is read, the jurisdiction once the parameters are known to be well-formed.
 */
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { type Action, can, type Jurisdiction, type User } from '../kernel/access/index.ts'
import type { DataScope } from '../registry/index.ts'
import { apiErrors } from './errors.ts'
import type { ApiParts } from './parts.ts'

/** Finds where the thing is that a request names; undefined when there is no such thing. */
export type FindJurisdiction = (request: FastifyRequest) => Promise<Jurisdiction | undefined>

/** Who may use a route. */
export type RouteAccess =
  /** Anybody; `why` it does no harm. */
  | { readonly kind: 'public'; readonly why: string }
  /** Anybody on this machine, and others who may do `action` in the whole country. */
  | { readonly kind: 'loopback'; readonly action: Action }
  /** Whoever is logged in, for things of their own. */
  | { readonly kind: 'session'; readonly why: string }
  /** Whoever may do `action` where `where` says; `own-scope` is a list that is filtered by the user's scope. */
  | { readonly kind: 'action'; readonly action: Action; readonly where: 'own-scope' | FindJurisdiction }

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess
  }
  interface FastifyRequest {
    viewer: User | null
    sessionToken: string | null
  }
  interface FastifyInstance {
    /** Every route with who may use it, for the test that walks them. */
    routeTable: RouteEntry[]
  }
}

/** A registered route. */
export interface RouteEntry {
  readonly method: string
  readonly url: string
  readonly access: RouteAccess | undefined
}

/** Cookie that carries the session token. */
export const SESSION_COOKIE = 'orewatch_session'

/** Kind of the audit entry that an access outside one's rights leaves. */
export const TRESPASS = '越权访问'

/** Adds the checks to an instance; must run before any route is registered. */
export function guardRoutes(app: FastifyInstance, parts: Pick<ApiParts, 'sessions' | 'audit'>): void {
  app.decorate('routeTable', [])
  app.decorateRequest('viewer', null)
  app.decorateRequest('sessionToken', null)
  app.addHook('onRoute', (route: RouteOptions) => {
    // Asked for when needed: a hook of an inner scope may still declare it for a foreign plugin.
    for (const method of [route.method].flat())
      app.routeTable.push({
        method,
        url: route.url,
        get access() {
          return route.config?.access
        },
      })
  })
  app.addHook('onReady', async () => {
    const open = app.routeTable.filter((route) => route.access === undefined).map(({ method, url }) => `${method} ${url}`)
    if (open.length > 0) throw apiErrors.ROUTE_WITHOUT_PERMISSION({ routes: open.join(', ') })
  })
  app.addHook('onRequest', async (request) => {
    await identify(request, parts)
    await checkRole(request, parts)
  })
  app.addHook('preHandler', async (request) => await checkJurisdiction(request, parts))
}

/** The logged-in user of a request whose route demands one. */
export function viewerOf(request: FastifyRequest): User {
  if (request.viewer === null) throw apiErrors.UNAUTHENTICATED()
  return request.viewer
}

/** Which rows a user may see. */
export function scopeOf(user: User): DataScope {
  return { divisionPrefix: user.divisionPrefix, ...(user.subjectCodes !== undefined && { subjectCodes: user.subjectCodes }) }
}

/** Demands a right in a jurisdiction that only the body of a request names. */
export async function demand(request: FastifyRequest, parts: Pick<ApiParts, 'audit'>, action: Action, where: Jurisdiction): Promise<void> {
  const decision = can(viewerOf(request), action, where)
  if (!decision.allowed) await refuse(request, parts, action, decision.reason)
}

async function identify(request: FastifyRequest, { sessions }: Pick<ApiParts, 'sessions'>): Promise<void> {
  const access = request.routeOptions.config.access
  const token = request.cookies[SESSION_COOKIE]
  if (token === undefined || token === '' || access === undefined || access.kind === 'public') return
  request.viewer = (await sessions.resolve(token)) ?? null
  request.sessionToken = token
}

async function checkRole(request: FastifyRequest, parts: Pick<ApiParts, 'audit'>): Promise<void> {
  const access = request.routeOptions.config.access
  // The not-found handler has no route of its own and gives nothing away.
  if (access === undefined || access.kind === 'public') return
  if (access.kind === 'loopback' && isFromThisMachine(request)) return
  const viewer = viewerOf(request)
  if (access.kind === 'session') return
  const decision = access.kind === 'loopback' ? can(viewer, access.action, { divisionCode: '' }) : can(viewer, access.action)
  if (!decision.allowed) await refuse(request, parts, access.action, decision.reason)
}

async function checkJurisdiction(request: FastifyRequest, parts: Pick<ApiParts, 'audit'>): Promise<void> {
  const access = request.routeOptions.config.access
  if (access?.kind !== 'action' || access.where === 'own-scope') return
  const where = await access.where(request)
  if (where === undefined) throw apiErrors.NOT_FOUND()
  await demand(request, parts, access.action, where)
}

async function refuse(request: FastifyRequest, { audit }: Pick<ApiParts, 'audit'>, action: Action, reason: string): Promise<never> {
  const viewer = viewerOf(request)
  await audit.append({
    user: { id: viewer.id, login: viewer.login },
    address: request.ip,
    action,
    object: request.url.slice(0, 500),
    result: 'refused',
    detail: { event: TRESPASS, reason, method: request.method, scope: viewer.divisionPrefix },
  })
  throw reason === 'password-must-change' ? apiErrors.PASSWORD_MUST_CHANGE() : apiErrors.FORBIDDEN()
}

// A proxy on this machine speaks for others, so a forwarded request never counts as ours.
function isFromThisMachine(request: FastifyRequest): boolean {
  const remote = request.socket.remoteAddress ?? ''
  const isForwarded = request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined
  return !isForwarded && (remote === '::1' || /^(::ffff:)?127\./.test(remote))
}
