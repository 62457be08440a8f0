import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parsePointCode } from '@orewatch/core'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Jurisdiction } from '../../kernel/access/index.ts'
import type { QuarantineGroup } from '../../quarantine/index.ts'
import type { RefusalCode } from '../../registry/index.ts'
import { demand, type FindJurisdiction, scopeOf, viewerOf } from '../access.ts'
import type { ApiContext } from '../context.ts'
import { Adoption, type QuarantineItem, QuarantinePage, QuarantineSamplePage, responses } from '../contract.ts'
import { apiErrors } from '../errors.ts'
import type { ApiParts } from '../parts.ts'
import { nodeOf, toPoint } from '../views.ts'
import { jurisdictionOfMine } from './mines.ts'

const REASONS: readonly RefusalCode[] = ['unknown-gateway', 'unknown-point', 'unit-mismatch', 'time-skew', 'conflict', 'unsupported-type', 'bad-record']

const GroupParams = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) })
const After = Type.Optional(Type.String({ maxLength: 200, description: '`next` of the page before.' }))
const GroupQuery = Type.Object(
  {
    after: After,
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
    reason: Type.Optional(Type.Unsafe<RefusalCode>({ type: 'string', enum: [...REASONS] })),
  },
  { additionalProperties: false },
)
const SampleQuery = Type.Object({ after: After, limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }) }, { additionalProperties: false })
const Decision = Type.Object(
  {
    pointCode: Type.String({ pattern: '^[1-9][0-9]{21}$', description: '22-digit point code that it shall have.' }),
    name: Type.String({ minLength: 1, maxLength: 80 }),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 20, description: 'The announced spelling of the unit, accepted from now on.' })),
  },
  { additionalProperties: false },
)

/** What central refused and keeps, and its adoption. */
export const quarantineRoutes: FastifyPluginAsyncTypebox<ApiContext> = async (app, { parts, view }) => {
  const whereGroup: FindJurisdiction = async (request) => await jurisdictionOfGroup(parts, (request.params as { id: number }).id)

  app.get(
    '/api/quarantine',
    {
      schema: {
        operationId: 'quarantine',
        tags: ['quarantine'],
        summary: 'Refused sources in one’s scope, newest first.',
        querystring: GroupQuery,
        response: responses(QuarantinePage, [400, 401, 403]),
      },
      config: { access: { kind: 'action', action: 'quarantine.read', where: 'own-scope' } },
    },
    async (request) => {
      const { after, limit, reason } = request.query
      const page = await parts.quarantine.groups({ scope: scopeOf(viewerOf(request)), limit, ...(after !== undefined && { after }), ...(reason !== undefined && { reason }) })
      return { items: await toItems(parts, page.rows), ...(page.next !== undefined && { next: page.next }) }
    },
  )

  app.get(
    '/api/quarantine/:id/samples',
    {
      schema: {
        operationId: 'quarantineSamples',
        tags: ['quarantine'],
        summary: 'Kept samples of a source, oldest first.',
        params: GroupParams,
        querystring: SampleQuery,
        response: responses(QuarantineSamplePage),
      },
      config: { access: { kind: 'action', action: 'quarantine.read', where: whereGroup } },
    },
    async (request) => {
      const { after, limit } = request.query
      const page = await parts.quarantine.samples(request.params.id, { limit, ...(after !== undefined && { after }) })
      return { items: page.rows.map(({ timeMs, value, quality }) => ({ timeMs, value, quality })), ...(page.next !== undefined && { next: page.next }) }
    },
  )

  app.post(
    '/api/quarantine/:id/adopt',
    {
      schema: {
        operationId: 'adopt',
        tags: ['quarantine'],
        summary: 'Say which point it is; its samples are then stored.',
        params: GroupParams,
        body: Decision,
        response: responses(Adoption, [400, 401, 403, 404, 409, 415]),
      },
      config: { access: { kind: 'action', action: 'quarantine.adopt', where: whereGroup } },
    },
    async (request) => {
      const { pointCode, name, unit } = request.body
      await demandPointCode(request, parts, pointCode)
      const { stored, conflicts, point } = await parts.adopt({ group: request.params.id, pointCode, name, ...(unit !== undefined && { unit }) })
      const viewer = viewerOf(request)
      await parts.audit.append({
        user: { id: viewer.id, login: viewer.login },
        address: request.ip,
        action: 'quarantine.adopt',
        object: String(request.params.id),
        result: 'ok',
        detail: { pointCode, name, stored, conflicts },
      })
      view.invalidate()
      return { stored, conflicts, point: toPoint(point, (await parts.store.latest([point.id]))[0]) }
    },
  )
}

// The code decides to which mine the samples go, so the right must reach there too, not only to the gateway.
async function demandPointCode(request: FastifyRequest, parts: ApiParts, pointCode: string): Promise<void> {
  const subjectCode = parsePointCode(pointCode)?.subjectCode
  const where = subjectCode === undefined ? undefined : await jurisdictionOfMine(parts, subjectCode)
  if (where === undefined) throw apiErrors.BAD_REQUEST({ problem: 'pointCode must begin with the subject code of a registered mine' })
  await demand(request, parts, 'quarantine.adopt', where)
}

async function jurisdictionOfGroup(parts: ApiParts, id: number): Promise<Jurisdiction | undefined> {
  const found = await parts.quarantine.group(id)
  if (found === undefined) return undefined
  // What an unregistered gateway claims may be nonsense; then only the country sees it.
  const divisionCode = /^[1-9]\d{5}$/.test(found.divisionCode) ? found.divisionCode : ''
  return { divisionCode, ...(found.subjectCode !== undefined && { subjectCode: found.subjectCode }) }
}

async function toItems({ registry }: Pick<ApiParts, 'registry'>, rows: readonly QuarantineGroup[]): Promise<QuarantineItem[]> {
  const ids = new Set(rows.flatMap((row) => row.adoptedAs ?? []))
  const adopted = new Map((ids.size === 0 ? [] : await registry.pointsById([...ids])).map((point) => [point.id, point.pointCode]))
  return rows.map((row) => {
    const adoptedAs = row.adoptedAs === undefined ? undefined : adopted.get(row.adoptedAs)
    const { id, device, metric, reason, detail, count, firstMs, lastMs, lastValue } = row
    return {
      id,
      gateway: nodeOf(row.gatewayKey),
      device,
      metric,
      reason,
      detail,
      count,
      firstMs,
      lastMs,
      lastValue: lastValue === '' ? null : lastValue,
      ...(adoptedAs !== undefined && { adoptedAs }),
    }
  })
}
