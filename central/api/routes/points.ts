import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { PointRow } from '../../registry/index.ts'
import { demand, type RouteAccess, scopeOf, viewerOf } from '../access.ts'
import type { ApiContext } from '../context.ts'
import { AggregatePage, PointDetail, PointPage, responses, SamplePage, Way } from '../contract.ts'
import { apiErrors } from '../errors.ts'
import { latestOf } from '../figures.ts'
import type { ApiParts } from '../parts.ts'
import { numberOrNull, toPoint } from '../views.ts'
import { judgeWay } from '../way.ts'
import { wayInputs } from '../way-inputs.ts'
import { jurisdictionOfMine, SubjectCode } from './mines.ts'

/** Path of a route that names a point. */
export const PointParams = Type.Object({ pointCode: Type.String({ pattern: '^[1-9][0-9]{21}$', description: '22-digit point code.' }) })
// 2100-01-01: a time beyond it is a mistake in units.
/** A time in a query. */
export const TimeMs = Type.Integer({ minimum: 0, maximum: 4_102_444_800_000, description: 'UTC milliseconds.' })
const MAX_BUCKETS = 10_000

const PointQuery = Type.Object(
  {
    mine: Type.Optional(SubjectCode),
    sensorType: Type.Optional(Type.String({ pattern: '^[0-9]{4}$', description: 'Code of T-20.' })),
    q: Type.Optional(Type.String({ minLength: 1, maxLength: 80, description: 'Part of name, place, metric or code.' })),
    after: Type.Optional(Type.String({ maxLength: 200, description: '`next` of the page before.' })),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  { additionalProperties: false },
)

const SampleQuery = Type.Object({ from: TimeMs, to: TimeMs, limit: Type.Integer({ minimum: 1, maximum: 10_000, default: 1_000 }) }, { additionalProperties: false })
const AggregateQuery = Type.Object({ from: TimeMs, to: TimeMs, bucketMs: Type.Integer({ minimum: 1_000, maximum: 31 * 86_400_000 }) }, { additionalProperties: false })

/** Points, their samples and aggregates, and the way of their readings. */
export const pointRoutes: FastifyPluginAsyncTypebox<ApiContext> = async (app, { parts, live, clock }) => {
  const access: RouteAccess = { kind: 'action', action: 'point.read', where: async (request) => jurisdictionOf(await find(parts, request)) }

  app.get(
    '/api/points',
    {
      schema: { operationId: 'points', tags: ['register'], summary: 'Points in one’s scope, by code.', querystring: PointQuery, response: responses(PointPage, [400, 401, 403]) },
      config: { access: { kind: 'action', action: 'point.read', where: 'own-scope' } },
    },
    async (request) => {
      const { mine, sensorType, q, after, limit } = request.query
      if (mine !== undefined) {
        const where = await jurisdictionOfMine(parts, mine)
        if (where === undefined) throw apiErrors.NOT_FOUND({ mine })
        await demand(request, parts, 'point.read', where)
      }
      const page = await parts.registry.points({
        scope: scopeOf(viewerOf(request)),
        limit,
        ...(mine !== undefined && { subjectCode: mine }),
        ...(sensorType !== undefined && { sensorType }),
        ...(q !== undefined && { text: q }),
        ...(after !== undefined && { after }),
      })
      const latest = await latestOf(
        parts.store,
        page.rows.map((point) => point.id),
      )
      return { items: page.rows.map((point) => toPoint(point, latest.get(point.id))), ...(page.next !== undefined && { next: page.next }) }
    },
  )

  app.get(
    '/api/points/:pointCode',
    {
      schema: { operationId: 'point', tags: ['register'], summary: 'One point with its newest value.', params: PointParams, response: responses(PointDetail) },
      config: { access },
    },
    async (request) => {
      const point = await pointOf(parts, request)
      return { point: toPoint(point, (await parts.store.latest([point.id]))[0]) }
    },
  )

  app.get(
    '/api/points/:pointCode/samples',
    {
      schema: { operationId: 'samples', tags: ['telemetry'], summary: 'Raw samples with from ≤ time < to.', params: PointParams, querystring: SampleQuery, response: responses(SamplePage) },
      config: { access },
    },
    async (request) => {
      const { from, to, limit } = request.query
      demandOrder(from, to)
      const point = await pointOf(parts, request)
      const { samples, nextMs } = await parts.store.range(point.id, from, to, limit)
      const items = Array.from({ length: samples.count }, (_, i) => [
        samples.timeMs[i] as number,
        numberOrNull(samples.value[i] as number),
        samples.quality[i] as number,
        samples.reason[i] as number,
        samples.flags[i] as number,
        samples.gatewayDeltaMs[i] as number,
      ])
      return { items, ...(nextMs !== undefined && { nextMs }) }
    },
  )

  app.get(
    '/api/points/:pointCode/aggregate',
    {
      schema: {
        operationId: 'aggregate',
        tags: ['telemetry'],
        summary: 'Buckets over good samples, at most 10,000.',
        params: PointParams,
        querystring: AggregateQuery,
        response: responses(AggregatePage),
      },
      config: { access },
    },
    async (request) => {
      const { from, to, bucketMs } = request.query
      demandOrder(from, to)
      if ((to - from) / bucketMs > MAX_BUCKETS) throw apiErrors.BAD_REQUEST({ problem: `from, to and bucketMs ask for more than ${MAX_BUCKETS} buckets; ask for a longer bucket or a shorter time` })
      const point = await pointOf(parts, request)
      const buckets = await parts.store.aggregate(point.id, from, to, bucketMs)
      return {
        items: buckets.map(({ startMs, count, good, min, max, mean, last }) => ({
          startMs,
          count,
          good,
          min: numberOrNull(min),
          max: numberOrNull(max),
          mean: numberOrNull(mean),
          last: numberOrNull(last),
        })),
      }
    },
  )

  app.get(
    '/api/points/:pointCode/way',
    {
      schema: { operationId: 'way', tags: ['telemetry'], summary: 'Where has my value stopped? Stage by stage.', params: PointParams, response: responses(Way) },
      config: { access },
    },
    async (request) => {
      const point = await pointOf(parts, request)
      const { inputs, latest } = await wayInputs(parts, live, point)
      const nowMs = clock.nowMs()
      const { stages, verdict } = judgeWay(inputs, nowMs)
      return { point: toPoint(point, latest), nowMs, stages: stages.map((stage) => ({ ...stage, figures: { ...stage.figures } })), verdict }
    },
  )
}

/** Where a point is. */
export function jurisdictionOf(point: PointRow | undefined) {
  return point && { divisionCode: point.divisionCode, subjectCode: point.subjectCode }
}

/** The point that a request names, if there is one. */
export async function find({ registry }: Pick<ApiParts, 'registry'>, request: FastifyRequest): Promise<PointRow | undefined> {
  return await registry.pointByCode((request.params as { pointCode: string }).pointCode)
}

async function pointOf(parts: Pick<ApiParts, 'registry'>, request: FastifyRequest): Promise<PointRow> {
  const point = await find(parts, request)
  if (point === undefined) throw apiErrors.NOT_FOUND()
  return point
}

function demandOrder(fromMs: number, toMs: number): void {
  if (fromMs >= toMs) throw apiErrors.BAD_REQUEST({ problem: 'from must be before to' })
}
