import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { can, type User } from '../../kernel/access/index.ts'
import { demand, viewerOf } from '../access.ts'
import type { ApiContext } from '../context.ts'
import { responses } from '../contract.ts'
import { apiErrors } from '../errors.ts'
import { jurisdictionOfMine, SubjectCode } from '../routes/mines.ts'
import type { LiveClient } from './feed.ts'

const LiveQuery = Type.Object({ mine: Type.Optional(SubjectCode) }, { additionalProperties: false })
/** Bytes a browser may leave unread before it is cut off; it connects again and gets the present, not the past. */
const MAX_UNREAD_BYTES = 1024 * 1024
const MAX_UNREAD_MS = 20_000
const Stream = Type.String({ description: 'Events samples, gateway, status and alarm; see the guide of the live feed.' })

/** Server-sent events of one mine or of one's whole scope. */
export const liveRoute: FastifyPluginAsyncTypebox<ApiContext> = async (app, { parts, live }) => {
  app.get(
    '/api/live',
    {
      schema: {
        operationId: 'live',
        tags: ['telemetry'],
        summary: 'Server-sent events: samples at most four times a second, gateways when they change, status every 5 s, alarms at once.',
        produces: ['text/event-stream'],
        querystring: LiveQuery,
        response: responses(Stream),
      },
      config: { access: { kind: 'action', action: 'mine.read', where: 'own-scope' } },
    },
    async (request, reply) => {
      const { mine } = request.query
      if (mine !== undefined) {
        const where = await jurisdictionOfMine(parts, mine)
        if (where === undefined) throw apiErrors.NOT_FOUND({ mine })
        await demand(request, parts, 'mine.read', where)
      }
      const viewer = viewerOf(request)
      live.demandRoom(viewer.id)
      const client = openStream(request, reply, viewer, mine, async () => {
        const user = request.sessionToken === null ? undefined : await parts.sessions.resolve(request.sessionToken)
        return user !== undefined && keyOf(user, mine) === keyOf(viewer, mine) && can(user, 'mine.read').allowed
      })
      reply.raw.once('close', () => live.remove(client))
      await live.add(client).catch((err: unknown) => {
        request.log.warn({ err }, 'live stream refused')
        client.end()
      })
    },
  )
}

function openStream(request: FastifyRequest, reply: FastifyReply, viewer: User, mine: string | undefined, isStillAllowed: () => Promise<boolean>): LiveClient {
  reply.hijack()
  const { raw } = reply
  request.raw.socket.setNoDelay(true)
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  raw.write('retry: 3000\n\n')
  let readAtMs = performance.now()
  return {
    user: viewer.id,
    filterKey: keyOf(viewer, mine),
    sees: ({ subjectCode, divisionCode }) => (mine === undefined || mine === subjectCode) && can(viewer, 'mine.read', { divisionCode, subjectCode }).allowed,
    mayHear: ({ subjectCode, divisionCode }) => can(viewer, 'alarm.read', { divisionCode, subjectCode }).allowed,
    send: (event, frame) => {
      if (raw.destroyed || raw.writableEnded) return false
      if (raw.writableLength === 0) readAtMs = performance.now()
      if (raw.writableLength > MAX_UNREAD_BYTES || performance.now() - readAtMs > MAX_UNREAD_MS) {
        raw.destroy()
        return false
      }
      raw.write(`event: ${event}\ndata: ${frame}\n\n`)
      return true
    },
    isStillAllowed,
    end: () => raw.end(),
  }
}

// Rights are part of the key: two users share a frame only when they see the same.
function keyOf(user: User, mine: string | undefined): string {
  return JSON.stringify([user.divisionPrefix, user.subjectCodes?.toSorted() ?? null, user.roles.toSorted(), mine ?? null])
}
