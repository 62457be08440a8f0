import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CodedError, errorCode } from '@orewatch/core'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { AuditEntry, NewSession, User } from '../../kernel/access/index.ts'
import { SESSION_COOKIE, viewerOf } from '../access.ts'
import type { ApiContext } from '../context.ts'
import { responses, SessionUser } from '../contract.ts'
import { apiErrors } from '../errors.ts'
import type { ApiParts } from '../parts.ts'

const Login = Type.Object(
  {
    user: Type.String({ minLength: 1, maxLength: 64 }),
    password: Type.String({ minLength: 1, maxLength: 256 }),
  },
  { additionalProperties: false },
)

const PasswordChange = Type.Object(
  {
    oldPassword: Type.String({ minLength: 1, maxLength: 256 }),
    newPassword: Type.String({ minLength: 1, maxLength: 256 }),
  },
  { additionalProperties: false },
)

const Answer = Type.Object({ user: SessionUser })

/** Login, logout, who am I, change of one's own password. The access kernel counts failures, locks and audits. */
export const sessionRoutes: FastifyPluginAsyncTypebox<ApiContext & { isSecure: boolean; maxLoginsPerMinute: number }> = async (app, { parts, isSecure, maxLoginsPerMinute }) => {
  const own = { kind: 'session', why: 'about one’s own session' } as const

  app.post(
    '/api/session',
    {
      schema: { operationId: 'login', tags: ['session'], summary: 'Log in; the session comes as a cookie.', body: Login, response: responses(Answer, [400, 401, 415]) },
      config: { access: { kind: 'public', why: 'one logs in here' }, rateLimit: { max: maxLoginsPerMinute, timeWindow: 60_000 } },
    },
    async (request, reply) => {
      const { token, user } = await loginAudited(parts, request.body, request.ip)
      setCookie(reply, token, isSecure)
      return { user: toSessionUser(user) }
    },
  )

  app.get(
    '/api/session',
    {
      schema: { operationId: 'whoAmI', tags: ['session'], summary: 'Who is logged in.', response: responses(Answer, [401]) },
      config: { access: own },
    },
    async (request) => ({ user: toSessionUser(viewerOf(request)) }),
  )

  app.delete(
    '/api/session',
    {
      schema: { operationId: 'logout', tags: ['session'], summary: 'Log out.', response: { ...responses(Type.Object({}), [401]) } },
      config: { access: own },
    },
    async (request, reply) => {
      if (request.sessionToken !== null) await parts.sessions.logout(request.sessionToken)
      await parts.audit.append(auditOf(viewerOf(request), request.ip, 'logout', 'ok'))
      reply.clearCookie(SESSION_COOKIE, { path: '/' })
      return {}
    },
  )

  app.post(
    '/api/session/password',
    {
      schema: {
        operationId: 'changePassword',
        tags: ['session'],
        summary: 'Change one’s own password; ends all sessions of the account.',
        body: PasswordChange,
        response: responses(Type.Object({}), [400, 401, 409]),
      },
      config: { access: own, rateLimit: { max: maxLoginsPerMinute, timeWindow: 60_000 } },
    },
    async (request, reply) => {
      const viewer = viewerOf(request)
      await parts.users.changePassword(viewer.id, request.body.oldPassword, request.body.newPassword).catch(async (err: unknown) => {
        await parts.audit.append({ ...auditOf(viewer, request.ip, 'password.change', 'failed'), detail: { code: errorCode(err) } })
        throw errorCode(err) === 'ACCESS_LOGIN_REFUSED' ? apiErrors.WRONG_PASSWORD() : err
      })
      await parts.audit.append(auditOf(viewer, request.ip, 'password.change', 'ok'))
      reply.clearCookie(SESSION_COOKIE, { path: '/' })
      return {}
    },
  )
}

// Both outcomes are on record before the answer goes out; the reason of a refusal stays inside.
async function loginAudited({ sessions, audit }: Pick<ApiParts, 'sessions' | 'audit'>, body: { readonly user: string; readonly password: string }, address: string): Promise<NewSession> {
  try {
    const session = await sessions.login(body.user, body.password, address)
    await audit.append(auditOf(session.user, address, 'login', 'ok'))
    return session
  } catch (err) {
    const code = errorCode(err)
    if (code !== 'ACCESS_LOGIN_REFUSED' && code !== 'ACCESS_LOCKED') throw err
    await audit.append({ address, action: 'login', object: body.user, result: 'failed', detail: { code, ...(err instanceof CodedError && err.details) } })
    if (code !== 'ACCESS_LOCKED') throw apiErrors.LOGIN_REFUSED()
    const untilMs = err instanceof CodedError ? err.details['untilMs'] : undefined
    throw apiErrors.LOGIN_LOCKED(untilMs === undefined ? {} : { untilMs })
  }
}

function auditOf(user: User, address: string, action: AuditEntry['action'], result: AuditEntry['result']): AuditEntry {
  return { user: { id: user.id, login: user.login }, address, action, object: user.login, result }
}

function setCookie(reply: FastifyReply, token: string, isSecure: boolean): void {
  reply.setCookie(SESSION_COOKIE, token, { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure })
}

function toSessionUser(user: User): SessionUser {
  return {
    name: user.login,
    displayName: user.displayName,
    roles: [...user.roles],
    scope: user.divisionPrefix,
    ...(user.mustChangePassword && { mustChangePassword: true }),
  }
}
