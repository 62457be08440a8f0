/* Turns whatever went wrong into the one shape of a refusal; facts of internal errors stay in the log. */
import { CodedError, errorCode } from '@orewatch/core'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { API_STATUS, apiErrors } from './errors.ts'

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly details?: unknown
}

// Codes of other parts whose meaning over HTTP is not told by their retry class.
const FOREIGN_STATUS: Readonly<Record<string, number>> = {
  ACCESS_WEAK_PASSWORD: 400,
  ACCESS_BUSY: 503,
  ALARM_BAD_QUERY: 400,
  ALARM_UNKNOWN: 404,
  REGISTRY_BAD_QUERY: 400,
  QUARANTINE_BAD_QUERY: 400,
  EXPORT_SPAN_TOO_LONG: 400,
  EXPORT_SPAN_EMPTY: 400,
}

const FASTIFY_CODES: Readonly<Record<string, () => CodedError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => apiErrors.TOO_LARGE(),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => apiErrors.NOT_JSON(),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => apiErrors.BAD_REQUEST({ problem: 'the body is empty' }),
  FST_ERR_CTP_INVALID_JSON_BODY: () => apiErrors.BAD_REQUEST({ problem: 'the body is not valid JSON' }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => apiErrors.BAD_REQUEST({ problem: 'the body has another length than announced' }),
  FST_ERR_HANDLER_TIMEOUT: () => apiErrors.UNAVAILABLE({ problem: 'no answer in time' }),
}

/** Installs the uniform answers to errors and to unknown paths. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((err: FastifyError, request, reply) => {
    const { status, ...body } = refusalOf(err)
    if (status >= 500) request.log.error({ err, url: request.url }, 'request failed')
    return void reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
  })
}

/** Answers a path that does not exist. */
export async function answerNotFound(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { status, ...body } = refusalOf(apiErrors.NOT_FOUND())
  await reply.code(status).send(body)
}

/** What a client is told about an error. */
export function refusalOf(err: unknown): Refusal {
  if (err instanceof CodedError) return refusalOfCoded(err)
  const { validation, validationContext, statusCode } = err as Partial<FastifyError>
  if (validation !== undefined) {
    const problems = validation.slice(0, 10).map(({ instancePath, message }) => `${validationContext ?? 'request'}${instancePath} ${message ?? 'is wrong'}`)
    return refusalOfCoded(apiErrors.BAD_REQUEST({ problems }))
  }
  const known = FASTIFY_CODES[errorCode(err)]
  if (known !== undefined) return refusalOfCoded(known())
  if (statusCode === 429) return refusalOfCoded(apiErrors.TOO_MANY())
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return { ...refusalOfCoded(apiErrors.BAD_REQUEST()), status: statusCode }
  return refusalOfCoded(apiErrors.INTERNAL())
}

function refusalOfCoded(err: CodedError): Refusal {
  const status = API_STATUS[err.code] ?? FOREIGN_STATUS[err.code] ?? (err.retry === 'never' ? 409 : 503)
  const hasDetails = Object.keys(err.details).length > 0 && status < 500
  return { status, code: err.code, message: err.message, ...(hasDetails && { details: err.details }) }
}
