import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { EXPORT_FORMATS, type ExportSummary, MAX_DAYS_OF_A_POINT } from '../../export/index.ts'
import { viewerOf } from '../access.ts'
import type { ApiContext } from '../context.ts'
import { responses } from '../contract.ts'
import { apiErrors } from '../errors.ts'
import { toPoint } from '../views.ts'
import { find, jurisdictionOf, PointParams, TimeMs } from './points.ts'

const ExportQuery = Type.Object(
  {
    from: TimeMs,
    to: TimeMs,
    format: Type.Unsafe<(typeof EXPORT_FORMATS)[number]>({ type: 'string', enum: [...EXPORT_FORMATS], default: 'csv', description: 'csv for people and Excel, parquet for programs.' }),
  },
  { additionalProperties: false },
)
const CONTENT_TYPES = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' } as const
// A Parquet file is sent when it is whole, which takes as long as the store takes to give its rows.
const HANDLER_TIMEOUT_MS = 3_600_000

/** Samples as files. */
export const exportRoutes: FastifyPluginAsyncTypebox<ApiContext> = async (app, { parts }) => {
  app.get(
    '/api/points/:pointCode/export',
    {
      schema: {
        operationId: 'exportPoint',
        tags: ['telemetry'],
        summary: `Samples with from ≤ time < to as a file, at most ${MAX_DAYS_OF_A_POINT} days; the trailer x-content-sha256 is its hash. Recorded in the audit log.`,
        produces: Object.values(CONTENT_TYPES),
        params: PointParams,
        querystring: ExportQuery,
        response: responses(Type.String({ description: 'The file.' })),
      },
      config: { access: { kind: 'action', action: 'point.export', where: async (request) => jurisdictionOf(await find(parts, request)) } },
      handlerTimeout: HANDLER_TIMEOUT_MS,
    },
    async (request, reply) => {
      const { from: fromMs, to: toMs, format } = request.query
      const row = await find(parts, request)
      if (row === undefined) throw apiErrors.NOT_FOUND()
      const { pointCode, name, unit } = toPoint(row, undefined)
      const viewer = viewerOf(request)
      let sha256 = ''
      const onEnd = async ({ outcome, ...given }: ExportSummary): Promise<void> => {
        sha256 = given.sha256
        await parts.audit.append({
          user: { id: viewer.id, login: viewer.login },
          address: request.ip,
          action: 'point.export',
          object: pointCode,
          result: outcome === 'complete' ? 'ok' : 'failed',
          detail: { format, fromMs, toMs, outcome, ...given },
        })
      }
      const file = parts.exporter.start({ points: [{ id: row.id, pointCode, name, unit }], fromMs, toMs, format }, onEnd)
      return reply
        .type(CONTENT_TYPES[format])
        .header('content-disposition', `attachment; filename="${pointCode}-${fromMs}-${toMs}.${format}"`)
        .header('cache-control', 'no-store')
        .trailer('x-content-sha256', async () => sha256)
        .send(Readable.from(file, { objectMode: false, highWaterMark: 64 * 1_024 }))
    },
  )
}
