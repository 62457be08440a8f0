/*
 * The HTTP interface of central: assembles guards, routes, documentation and the portal's files.
 * Contract: contract.ts and, from the running program, /api/openapi.json. Who may use what: access.ts and each route.
 */
import fastifyCookie from '@fastify/cookie'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifyStatic from '@fastify/static'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { type Clock, systemClock } from '@orewatch/core'
import type { Health, Logger, Metrics } from '@orewatch/observability'
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController, type RouteOptions } from 'fastify'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { guardRoutes, type RouteAccess } from './access.ts'
import type { ApiContext } from './context.ts'
import { Figures } from './figures.ts'
import { LiveFeed, type LiveLimits } from './live/feed.ts'
import { liveRoute } from './live/route.ts'
import { apiErrors } from './errors.ts'
import { demandSameOrigin } from './origin.ts'
import type { ApiParts } from './parts.ts'
import { RegisterView } from './register-view.ts'
import { answerErrors, answerNotFound } from './replies.ts'
import { alarmRoutes } from './routes/alarms.ts'
import { mineRoutes } from './routes/mines.ts'
import { exportRoutes } from './routes/exports.ts'
import { pointRoutes } from './routes/points.ts'
import { quarantineRoutes } from './routes/quarantine.ts'
import { sessionRoutes } from './routes/session.ts'
import { statusRoutes } from './routes/status.ts'

/** What the interface is made of. */
export interface ApiOptions {
  readonly parts: ApiParts
  readonly log: Logger
  readonly health: Health
  readonly metrics: Metrics
  /** PEM texts; absent serves plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** A proxy in front ends TLS and tells client and protocol in X-Forwarded-*. */
  readonly isBehindProxy?: boolean
  /** Directory of the built portal; absent or missing serves the interface alone. */
  readonly portalDirectory?: string
  readonly clock?: Clock
  readonly liveLimits?: LiveLimits
  /** Logins a minute from one address. */
  readonly maxLoginsPerMinute?: number
  /** Requests a minute from one address. */
  readonly maxRequestsPerMinute?: number
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The live feed, for those who stop or test it. */
    liveFeed: LiveFeed
  }
}

/** The built interface: `listen` or `inject` it, `close` it. */
export type Api = FastifyInstance

const BODY_LIMIT_BYTES = 64 * 1024
const REQUEST_TIMEOUT_MS = 15_000
const HANDLER_TIMEOUT_MS = 20_000

/** Builds the interface; `listen` or `inject` it. Its start fails when a route declares no permission. */
export async function buildApi(options: ApiOptions): Promise<Api> {
  const clock = options.clock ?? systemClock
  const app = Fastify(serverOptions(options)).withTypeProvider<TypeBoxTypeProvider>() as unknown as FastifyInstance
  const view = new RegisterView(options.parts.registry, clock)
  const live = new LiveFeed({ parts: options.parts, view, clock, ...(options.liveLimits && { limits: options.liveLimits }) })
  const context: ApiContext = { parts: options.parts, view, live, clock, figures: new Figures({ store: options.parts.store, view, clock }) }
  answerErrors(app)
  app.decorate('liveFeed', live)
  app.addHook('preClose', async () => live.close())
  await app.register(fastifyCookie)
  await protect(app, options)
  measure(app, options.metrics, live)
  demandSameOrigin(app)
  guardRoutes(app, options.parts)
  await documentRoutes(app)
  await app.register(sessionRoutes, { ...context, isSecure: options.tls !== undefined || options.isBehindProxy === true, maxLoginsPerMinute: options.maxLoginsPerMinute ?? 20 })
  await app.register(mineRoutes, context)
  await app.register(pointRoutes, context)
  await app.register(alarmRoutes, context)
  await app.register(exportRoutes, context)
  await app.register(quarantineRoutes, context)
  await app.register(liveRoute, context)
  await app.register(statusRoutes, { ...context, health: options.health, metrics: options.metrics })
  await servePortal(app, options.portalDirectory)
  return app
}

function serverOptions({ log, tls, isBehindProxy }: ApiOptions): FastifyServerOptions {
  const options = {
    loggerInstance: log.child({ part: 'api' }),
    // One line per request would drown the log of a portal that asks all day; failures are logged by replies.ts.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    keepAliveTimeout: 30_000,
    routerOptions: { maxParamLength: 100 },
    exposeHeadRoutes: false,
    // One hop: what a client writes into X-Forwarded-For itself is not believed.
    trustProxy: isBehindProxy === true ? 1 : false,
    ajv: { customOptions: { removeAdditional: false as const, coerceTypes: true as const, allErrors: false } },
    ...(tls !== undefined && { https: { key: tls.key, cert: tls.cert, minVersion: 'TLSv1.2' as const } }),
  }
  return options as FastifyServerOptions
}

async function protect(app: FastifyInstance, { tls, isBehindProxy, maxRequestsPerMinute }: ApiOptions): Promise<void> {
  const isSecure = tls !== undefined || isBehindProxy === true
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // Ant Design writes its styles into the page while it runs.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: isSecure ? { maxAge: 31_536_000 } : false,
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
  })
  await app.register(fastifyRateLimit, {
    global: true,
    max: maxRequestsPerMinute ?? 1_200,
    timeWindow: 60_000,
    cache: 10_000,
    errorResponseBuilder: (_request, { after }) => Object.assign(apiErrors.TOO_MANY({ after }), { statusCode: 429 }),
  })
}

function measure(app: FastifyInstance, metrics: Metrics, live: LiveFeed): void {
  const seconds = metrics.histogram('central_http_request_seconds', 'Time to answer a request.', [0.005, 0.02, 0.1, 0.5, 2, 10], ['method', 'route', 'status'])
  metrics.gauge('central_live_clients', 'Open live streams.', () => live.clientCount)
  metrics.gauge('central_live_clients_cut_total', 'Live streams cut because the browser did not read.', () => live.cutClients)
  app.addHook('onResponse', async (request, reply) => {
    seconds.observe({ method: request.method, route: request.routeOptions.url ?? 'unknown', status: String(reply.statusCode) }, reply.elapsedTime / 1_000)
  })
}

interface Operation {
  readonly parameters?: readonly { required?: boolean; readonly schema?: { readonly default?: unknown } }[]
}

/** What a default fills in need not be sent, which the plugin cannot see. */
function relaxDefaults(document: { readonly paths?: Readonly<Record<string, unknown>> }): void {
  for (const path of Object.values(document.paths ?? {})) {
    for (const { parameters } of Object.values(path as Record<string, Operation>)) {
      for (const parameter of parameters ?? []) if (parameter.schema?.default !== undefined) parameter.required = false
    }
  }
}

async function documentRoutes(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject
      relaxDefaults(document.openapiObject)
      return document.openapiObject
    },
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Orewatch 矿哨', version: '1.0.0', description: 'All times are UTC milliseconds; a number that does not exist is null.' },
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'orewatch_session' } } },
      security: [{ session: [] }],
    },
  })
  const access: RouteAccess = { kind: 'action', action: 'openapi.read', where: 'own-scope' }
  app.get('/api/openapi.json', { schema: { hide: true }, config: { access } }, async () => app.swagger())
  await app.register(async (docs) => {
    declareAll(docs, access)
    await docs.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true })
  })
}

/** Gives the routes of a foreign plugin, which cannot declare it themselves, their permission. */
function declareAll(app: FastifyInstance, access: RouteAccess): void {
  app.addHook('onRoute', (route: RouteOptions) => {
    route.config = { ...route.config, access }
  })
}

async function servePortal(app: FastifyInstance, directory: string | undefined): Promise<void> {
  const hasPortal = directory !== undefined && existsSync(join(directory, 'index.html'))
  if (!hasPortal) {
    app.setNotFoundHandler(answerNotFound)
    return
  }
  await app.register(async (portal) => {
    declareAll(portal, { kind: 'public', why: 'the portal’s own files hold nothing; all it shows it asks for' })
    await portal.register(fastifyStatic, {
      root: directory,
      maxAge: 0,
      setHeaders: (reply, path) => {
        if (path.includes('/assets/')) reply.header('cache-control', 'public, max-age=31536000, immutable')
      },
    })
    portal.setNotFoundHandler(async (request, reply) => {
      // The portal has pages of its own below any path; only what asks for a page gets it.
      const wantsPage = request.method === 'GET' && !request.url.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html')
      if (!wantsPage) return await answerNotFound(request, reply)
      return reply.sendFile('index.html')
    })
  })
}
