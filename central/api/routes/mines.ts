import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { can, type Jurisdiction, type User } from '../../kernel/access/index.ts'
import type { Gateway, Mine } from '../../registry/index.ts'
import { scopeOf, viewerOf } from '../access.ts'
import type { ApiContext } from '../context.ts'
import { type GatewaySummary, MineDetail, type MineSummary, Overview, responses } from '../contract.ts'
import { apiErrors } from '../errors.ts'
import { countPoints, latestOf, type MineFigures } from '../figures.ts'
import type { ApiParts } from '../parts.ts'
import type { RegisterIndex } from '../register-view.ts'
import { toDevice, toGatewaySummary, toMineSummary, toPoint } from '../views.ts'

/** A subject code in a path or query. */
export const SubjectCode = Type.String({ pattern: '^[1-9][0-9]{11}$', description: '12-digit subject code.' })
const MineParams = Type.Object({ subjectCode: SubjectCode })
/** A board shows at most this many points; the list of points pages through more. */
const MAX_BOARD_POINTS = 5_000
const MAX_COUNTED_GROUPS = 1_000

/** Finds where a mine is, for routes whose path or query names one. */
export async function jurisdictionOfMine(parts: Pick<ApiParts, 'registry'>, subjectCode: string): Promise<Jurisdiction | undefined> {
  const mine = await parts.registry.mine(subjectCode)
  return mine && { divisionCode: mine.divisionCode, subjectCode }
}

/** The overview of a scope and the board of one mine. */
export const mineRoutes: FastifyPluginAsyncTypebox<ApiContext> = async (app, context) => {
  const { parts } = context

  app.get(
    '/api/overview',
    {
      schema: { operationId: 'overview', tags: ['register'], summary: 'Counties, mines and figures in one’s scope.', response: responses(Overview, [401, 403]) },
      config: { access: { kind: 'action', action: 'overview.read', where: 'own-scope' } },
    },
    async (request) => await overviewFor(context, viewerOf(request)),
  )

  app.get(
    '/api/mines/:subjectCode',
    {
      schema: { operationId: 'mine', tags: ['register'], summary: 'One mine with its devices, points and newest values.', params: MineParams, response: responses(MineDetail) },
      config: {
        access: {
          kind: 'action',
          action: 'mine.read',
          where: async (request: FastifyRequest) => await jurisdictionOfMine(parts, (request.params as { subjectCode: string }).subjectCode),
        },
      },
    },
    async (request) => {
      const { subjectCode } = request.params
      const mine = await parts.registry.mine(subjectCode)
      if (mine === undefined) throw apiErrors.NOT_FOUND({ subjectCode })
      return await boardOf(context, mine)
    },
  )
}

async function overviewFor({ parts, view, figures, clock }: ApiContext, user: User): Promise<Overview> {
  const [index, counted, counties, open] = await Promise.all([
    view.current(),
    figures.ofMines(),
    parts.registry.overview(scopeOf(user)),
    parts.quarantine.groups({ scope: scopeOf(user), onlyOpen: true, limit: MAX_COUNTED_GROUPS }),
  ])
  const mines = index.mines.filter(({ divisionCode, subjectCode }) => can(user, 'mine.read', { divisionCode, subjectCode }).allowed)
  const byCounty = Map.groupBy(mines, (mine) => mine.divisionCode)
  const shown = counties.map(({ divisionCode, name }) => ({
    divisionCode,
    name,
    mines: (byCounty.get(divisionCode) ?? []).map((mine) => summaryOf(parts, index, counted, mine)),
  }))
  const all = shown.flatMap((county) => county.mines)
  return { nowMs: clock.nowMs(), counties: shown, totals: { ...totalsOf(all), quarantined: open.rows.length } }
}

async function boardOf({ parts, view, clock }: ApiContext, mine: Mine) {
  const scope = { divisionPrefix: mine.divisionCode, subjectCodes: [mine.subjectCode] }
  const [rows, devices, index] = await Promise.all([pointsOfMine(parts, scope), parts.registry.devices(mine.subjectCode), view.current()])
  const gateways = index.gatewaysOfMine.get(mine.subjectCode) ?? []
  const latest = await latestOf(
    parts.store,
    rows.map((point) => point.id),
  )
  return {
    mine: toMineSummary(
      mine,
      gateways.map((gateway) => summaryOfGateway(parts, gateway)),
      countPoints(rows, latest, clock.nowMs()),
    ),
    devices: devices.map((device) => toDevice(device, parts.ingest.session(device.gateway))),
    points: rows.map((point) => toPoint(point, latest.get(point.id))),
  }
}

async function pointsOfMine({ registry }: Pick<ApiParts, 'registry'>, scope: { readonly divisionPrefix: string; readonly subjectCodes: readonly string[] }) {
  const rows = []
  let after: { readonly after?: string } = {}
  while (rows.length < MAX_BOARD_POINTS) {
    const page = await registry.points({ scope, limit: 1_000, ...after })
    rows.push(...page.rows)
    if (page.next === undefined) break
    after = { after: page.next }
  }
  return rows
}

function summaryOf(parts: ApiParts, index: RegisterIndex, figures: ReadonlyMap<string, MineFigures>, mine: Mine): MineSummary {
  const gateways = index.gatewaysOfMine.get(mine.subjectCode) ?? []
  return toMineSummary(
    mine,
    gateways.map((gateway) => summaryOfGateway(parts, gateway)),
    figures.get(mine.subjectCode),
  )
}

function summaryOfGateway({ ingest }: ApiParts, gateway: Gateway): GatewaySummary {
  return toGatewaySummary(gateway, ingest.session(gateway.id))
}

function totalsOf(mines: readonly MineSummary[]) {
  const gateways = mines.flatMap((mine) => mine.gateways)
  const totals = { mines: mines.length, gateways: gateways.length, gatewaysOnline: gateways.filter((g) => g.isOnline).length, points: 0, good: 0, bad: 0, stale: 0 }
  for (const { points, good, bad, stale } of mines) {
    totals.points += points
    totals.good += good
    totals.bad += bad
    totals.stale += stale
  }
  return totals
}
