import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Health, Metrics } from '@orewatch/observability'
import { Type } from 'typebox'
import type { RouteAccess } from '../access.ts'
import type { ApiContext } from '../context.ts'
import { responses, Status } from '../contract.ts'
import { toStatus } from '../views.ts'

const Readiness = Type.Object({
  ready: Type.Boolean(),
  parts: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean(), note: Type.String() })),
})

/** How central stands: for the portal, and for supervisors and Prometheus on this machine. */
export const statusRoutes: FastifyPluginAsyncTypebox<ApiContext & { health: Health; metrics: Metrics }> = async (app, { parts, health, metrics }) => {
  const machine: RouteAccess = { kind: 'loopback', action: 'status.read' }
  // A supervisor asks often and must get an answer when everybody else asks too much.
  const rateLimit = false

  app.get(
    '/api/status',
    {
      schema: { operationId: 'status', tags: ['status'], summary: 'How the parts of central stand.', response: responses(Status, [401, 403]) },
      config: { access: { kind: 'action', action: 'status.read', where: 'own-scope' } },
    },
    async () => toStatus(parts),
  )

  app.get(
    '/healthz',
    {
      schema: { operationId: 'alive', tags: ['status'], summary: 'Whether the program lives.', response: responses(Type.Object({ alive: Type.Boolean() }), [401, 403]) },
      config: { access: machine, rateLimit },
    },
    async () => ({ alive: true }),
  )

  app.get(
    '/readyz',
    {
      schema: { operationId: 'ready', tags: ['status'], summary: 'Whether every part can do its work; 503 when not.', response: { ...responses(Readiness, [401, 403]), 503: Readiness } },
      config: { access: machine, rateLimit },
    },
    async (_request, reply) => {
      const report = health.report()
      return await reply.code(report.ready ? 200 : 503).send({ ready: report.ready, parts: { ...report.parts } })
    },
  )

  app.get(
    '/metrics',
    {
      schema: { operationId: 'metrics', tags: ['status'], summary: 'Prometheus metrics.', produces: ['text/plain'], response: responses(Type.String(), [401, 403]) },
      config: { access: machine, rateLimit },
    },
    async (_request, reply) => {
      const { type, body } = await metrics.text()
      return await reply.type(type).send(body)
    },
  )
}
