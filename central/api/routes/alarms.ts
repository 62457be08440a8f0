import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { type Alarm, type AlarmAction, ALARM_CAUSES, type AlarmCause, type AlarmQuery } from '../../alarms/index.ts'
import type { Jurisdiction } from '../../kernel/access/index.ts'
import { demand, type FindJurisdiction, scopeOf, viewerOf } from '../access.ts'
import { toAlarmItem } from '../alarm-view.ts'
import type { ApiContext } from '../context.ts'
import { AlarmCounts, AlarmDetail, AlarmItem, AlarmPage, responses } from '../contract.ts'
import { apiErrors } from '../errors.ts'
import type { ApiParts } from '../parts.ts'
import { jurisdictionOfMine, SubjectCode } from './mines.ts'

const AlarmParams = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Identity of the alarm.' }) })
const STATES: readonly AlarmQuery['state'][] = ['open', 'active', 'unacknowledged', 'shelved', 'historical', 'all']
const TimeMs = Type.Integer({ minimum: 0, maximum: 4_102_444_800_000, description: 'UTC milliseconds.' })
const ListQuery = Type.Object(
  {
    state: Type.Unsafe<AlarmQuery['state']>({ type: 'string', enum: [...STATES], default: 'open', description: '`open` is active or not acknowledged, historical ones left out.' }),
    mine: Type.Optional(SubjectCode),
    pointCode: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{21}$', description: '22-digit point code.' })),
    level: Type.Optional(Type.Unsafe<Alarm['level']>({ type: 'string', enum: ['blue', 'yellow', 'orange', 'red'] })),
    from: Type.Optional(TimeMs),
    to: Type.Optional(TimeMs),
    after: Type.Optional(Type.String({ maxLength: 60, description: '`next` of the page before.' })),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  { additionalProperties: false },
)

const revision = Type.Integer({ minimum: 1, description: 'Revision that the person saw.' })
const note = Type.String({ minLength: 1, maxLength: 500 })
const Acknowledgement = Type.Object({ revision, note: Type.Optional(note) }, { additionalProperties: false })
const Explanation = Type.Object(
  { revision, cause: Type.Unsafe<AlarmCause>({ type: 'string', enum: Object.keys(ALARM_CAUSES), description: 'Cause code of S17.' }), note },
  { additionalProperties: false },
)
const Silence = Type.Object(
  {
    revision,
    kind: Type.Unsafe<'shelve' | 'unshelve' | 'take-out-of-service' | 'return-to-service'>({ type: 'string', enum: ['shelve', 'unshelve', 'take-out-of-service', 'return-to-service'] }),
    untilMs: Type.Optional(TimeMs),
    note,
  },
  { additionalProperties: false },
)

/** Alarms: lists, one with its history, and what people do about them. */
export const alarmRoutes: FastifyPluginAsyncTypebox<ApiContext> = async (app, context) => {
  const { parts } = context
  const where: FindJurisdiction = async (request) => jurisdictionOf(await parts.alarms.get(idOf(request)))

  app.get(
    '/api/alarms',
    {
      schema: { operationId: 'alarms', tags: ['alarms'], summary: 'Alarms in one’s scope, newest start first.', querystring: ListQuery, response: responses(AlarmPage) },
      config: { access: { kind: 'action', action: 'alarm.read', where: 'own-scope' } },
    },
    async (request) => {
      const query = await toQuery(request, parts, request.query)
      if (query === undefined) return { items: [] }
      const { rows, next } = await parts.alarms.list(query)
      return { items: await toItems(context, rows), ...(next !== undefined && { next }) }
    },
  )

  app.get(
    '/api/alarms/counts',
    {
      schema: { operationId: 'alarmCounts', tags: ['alarms'], summary: 'Open alarms in one’s scope by mine and level.', response: responses(AlarmCounts, [401, 403]) },
      config: { access: { kind: 'action', action: 'alarm.read', where: 'own-scope' } },
    },
    async (request) => ({ items: [...(await parts.alarms.openCounts(scopeOf(viewerOf(request))))] }),
  )

  app.get(
    '/api/alarms/:id',
    {
      schema: { operationId: 'alarm', tags: ['alarms'], summary: 'One alarm with all that happened to it.', params: AlarmParams, response: responses(AlarmDetail) },
      config: { access: { kind: 'action', action: 'alarm.read', where } },
    },
    async (request) => {
      const alarm = await parts.alarms.get(request.params.id)
      if (alarm === undefined) throw apiErrors.NOT_FOUND({ id: request.params.id })
      const isMeasured = parts.alarms.describeRule(alarm.ruleId).measures !== 'truth'
      const [[item], log] = await Promise.all([toItems(context, [alarm]), parts.alarms.log(alarm.id)])
      return {
        alarm: item as AlarmItem,
        log: log.map(({ id, kind, atMs, level, value, limit, actor, detail }) => ({
          id,
          kind,
          atMs,
          level,
          detail: { ...detail },
          ...(isMeasured && value !== undefined && { value }),
          ...(isMeasured && limit !== undefined && { limit }),
          ...(actor !== undefined && { actor }),
        })),
      }
    },
  )

  app.post(
    '/api/alarms/:id/acknowledge',
    {
      schema: {
        operationId: 'acknowledgeAlarm',
        tags: ['alarms'],
        summary: 'Sign for an alarm.',
        params: AlarmParams,
        body: Acknowledgement,
        response: responses(AlarmItem, [400, 401, 403, 404, 409, 415]),
      },
      config: { access: { kind: 'action', action: 'alarm.acknowledge', where } },
    },
    async (request) => await act(request, context, request.body.revision, { kind: 'acknowledge', ...(request.body.note !== undefined && { note: request.body.note }) }),
  )

  app.post(
    '/api/alarms/:id/explain',
    {
      schema: {
        operationId: 'explainAlarm',
        tags: ['alarms'],
        summary: 'Say what the cause was and what was done.',
        params: AlarmParams,
        body: Explanation,
        response: responses(AlarmItem, [400, 401, 403, 404, 409, 415]),
      },
      config: { access: { kind: 'action', action: 'alarm.acknowledge', where } },
    },
    async (request) => await act(request, context, request.body.revision, { kind: 'explain', cause: request.body.cause, note: request.body.note }),
  )

  app.post(
    '/api/alarms/:id/silence',
    {
      schema: {
        operationId: 'silenceAlarm',
        tags: ['alarms'],
        summary: 'Shelve it for a time, take it out of service, or end that.',
        params: AlarmParams,
        body: Silence,
        response: responses(AlarmItem, [400, 401, 403, 404, 409, 415]),
      },
      config: { access: { kind: 'action', action: 'alarm.silence', where } },
    },
    async (request) => await act(request, context, request.body.revision, silenceOf(request.body)),
  )
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id
}

// What concerns central as a whole belongs to the country.
function jurisdictionOf(alarm: Alarm | undefined): Jurisdiction | undefined {
  return alarm && { divisionCode: alarm.divisionCode ?? '', ...(alarm.subjectCode !== undefined && { subjectCode: alarm.subjectCode }) }
}

async function toQuery(request: FastifyRequest, parts: ApiParts, asked: Static<typeof ListQuery>): Promise<AlarmQuery | undefined> {
  const { state, mine, pointCode, level, from, to, after, limit } = asked
  if (mine !== undefined) {
    const where = await jurisdictionOfMine(parts, mine)
    if (where === undefined) throw apiErrors.NOT_FOUND({ mine })
    await demand(request, parts, 'alarm.read', where)
  }
  const point = pointCode === undefined ? undefined : await parts.registry.pointByCode(pointCode)
  if (pointCode !== undefined && point === undefined) return undefined
  return {
    scope: scopeOf(viewerOf(request)),
    state,
    limit,
    ...(mine !== undefined && { subjectCode: mine }),
    ...(point !== undefined && { pointId: point.id }),
    ...(level !== undefined && { level }),
    ...(from !== undefined && { fromMs: from }),
    ...(to !== undefined && { toMs: to }),
    ...(after !== undefined && { after }),
  }
}

function silenceOf({
  kind,
  untilMs,
  note: why,
}: {
  readonly kind: 'shelve' | 'unshelve' | 'take-out-of-service' | 'return-to-service'
  readonly untilMs?: number
  readonly note: string
}): AlarmAction {
  if (kind !== 'shelve') return { kind, note: why }
  if (untilMs === undefined) throw apiErrors.BAD_REQUEST({ problem: 'untilMs is missing: shelving ends at a time' })
  return { kind, untilMs, note: why }
}

async function act(request: FastifyRequest, context: ApiContext, revisionSeen: number, action: AlarmAction): Promise<AlarmItem> {
  const { parts } = context
  const viewer = viewerOf(request)
  const id = idOf(request)
  const isSigning = action.kind === 'acknowledge' || action.kind === 'explain'
  const entry = {
    user: { id: viewer.id, login: viewer.login },
    address: request.ip,
    action: isSigning ? ('alarm.acknowledge' as const) : ('alarm.silence' as const),
    object: id,
    detail: { ...action },
  }
  try {
    const alarm = await parts.alarms.act(id, revisionSeen, viewer.login, action)
    await parts.audit.append({ ...entry, result: 'ok' })
    const [item] = await toItems(context, [alarm])
    return item as AlarmItem
  } catch (err) {
    await parts.audit.append({ ...entry, result: 'refused' })
    throw err
  }
}

async function toItems({ view, parts }: ApiContext, alarms: readonly Alarm[]): Promise<AlarmItem[]> {
  const index = await view.current()
  return alarms.map((alarm) => toAlarmItem(alarm, { index, describeRule: (ruleId) => parts.alarms.describeRule(ruleId) }))
}
