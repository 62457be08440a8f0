import type { FastifyInstance, FastifyRequest } from 'fastify'
import { apiErrors } from './errors.ts'

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses changing requests that another site's page makes in the user's name. Browsers always send Origin with them;
 * a program that sends none must at least send JSON, which no cross-site form can.
 */
export function demandSameOrigin(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (READING.has(request.method)) return
    const { origin } = request.headers
    const site = request.headers['sec-fetch-site']
    if (origin !== undefined && origin !== ownOrigin(request)) throw apiErrors.FOREIGN_ORIGIN()
    if (origin === undefined && site !== undefined && site !== 'same-origin') throw apiErrors.FOREIGN_ORIGIN()
    if (hasBody(request) && !isJson(request)) throw apiErrors.NOT_JSON()
  })
}

function ownOrigin(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function isJson({ headers }: FastifyRequest): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
}
