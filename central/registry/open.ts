import { type Clock, systemClock } from '@orewatch/core'
import { isTopicId } from '@orewatch/protocol'
import { and, count, eq, inArray, isNull } from 'drizzle-orm'
import { type Relational, tables, withCodedErrors } from '../relational/index.ts'
import { adoptPoint } from './adopt.ts'
import { registryErrors } from './errors.ts'
import { parseFixtures } from './fixtures.ts'
import { selectDevices, selectMine, selectMines, selectOverview, selectPoints, selectPointsWhere, withinScope } from './queries.ts'
import type { AnnouncedPoint, Gateway, ImportReport, Registry, Resolution } from './registry.ts'
import { resolveAnnounced } from './resolve.ts'

const { division, gateway, mine, point } = tables
// Brokers authenticate gateways, so more than a handful means a configuration gone wild or an attack.
const MAX_UNREGISTERED = 1_000
// Unique violation and deadlock: somebody else was faster.
const OVERTAKEN: ReadonlySet<unknown> = new Set(['23505', '40P01'])

/** Opens the register in a relational database. */
export function openRegistry(relational: Relational, clock: Clock = systemClock): Registry {
  const { db } = relational
  const register: Registry = {
    importFixtures: (yaml, file) => importFixtures(register, relational, yaml, file),
    gatewayByTopic: async (group, node) => {
      const [row] = await db
        .select()
        .from(gateway)
        .where(and(eq(gateway.groupId, group), eq(gateway.node, node)))
      return row === undefined ? undefined : toGateway(row)
    },
    gatewayIdentity: (group, node) => identify(relational, group, node, clock.nowMs()),
    registerGateway: (row) => registerGateway(relational, row, clock.nowMs()),
    gateways: async (scope) => {
      const rows = await db.select({ gateway }).from(gateway).innerJoin(mine, eq(mine.subjectCode, gateway.subjectCode)).where(withinScope(scope)).orderBy(gateway.id).limit(10_000)
      return rows.flatMap(({ gateway: row }) => {
        const known = toGateway(row)
        return known === undefined ? [] : [{ ...known, ...(row.title !== null && { title: row.title }) }]
      })
    },
    resolve: (of, announced) => resolve(relational, of, announced, clock.nowMs()),
    pointsOfGateway: (id) => selectPointsWhere(db, and(eq(point.gatewayId, id), isNull(point.retiredMs)) ?? eq(point.gatewayId, id)),
    overview: (scope) => selectOverview(db, scope),
    mines: (scope, page) => selectMines(db, scope, page),
    mine: (subjectCode) => selectMine(db, subjectCode),
    devices: (subjectCode) => selectDevices(db, subjectCode),
    points: (query) => selectPoints(db, query),
    pointByCode: async (code) => (await selectPointsWhere(db, eq(point.pointCode, code)))[0],
    pointsById: async (ids) => (ids.length === 0 ? [] : await selectPointsWhere(db, inArray(point.id, ids.slice(0, 10_000)))),
    adopt: async (adoption) => {
      const id = await db.transaction((tx) => adoptPoint(tx, adoption, clock.nowMs()))
      const [row] = await selectPointsWhere(db, eq(point.id, id))
      if (row === undefined) throw registryErrors.BAD_POINT_CODE({ pointCode: adoption.pointCode })
      return row
    },
  }
  return withCodedErrors(register)
}

async function resolve(relational: Relational, of: Gateway, announced: readonly AnnouncedPoint[], nowMs: number): Promise<Resolution[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await relational.db.transaction((tx) => resolveAnnounced(tx, of, announced, nowMs))
    } catch (err) {
      // Another gateway registered the same code in this very moment: look again, and be refused properly.
      if (attempt >= 3 || !isOvertaken(err)) throw err
    }
  }
}

async function identify(relational: Relational, group: string, node: string, nowMs: number): Promise<number> {
  checkTopic(group, node)
  const where = and(eq(gateway.groupId, group), eq(gateway.node, node))
  const [known] = await relational.db.select({ id: gateway.id }).from(gateway).where(where)
  if (known !== undefined) return known.id
  const [unregistered] = await relational.db.select({ count: count() }).from(gateway).where(isNull(gateway.subjectCode))
  if ((unregistered?.count ?? 0) >= MAX_UNREGISTERED) throw registryErrors.TOO_MANY_UNREGISTERED({ group, node, limit: MAX_UNREGISTERED })
  await relational.db.insert(gateway).values({ groupId: group, node, firstSeenMs: nowMs }).onConflictDoNothing()
  const [made] = await relational.db.select({ id: gateway.id }).from(gateway).where(where)
  if (made === undefined) throw registryErrors.UNKNOWN_GATEWAY({ group, node })
  return made.id
}

async function registerGateway(relational: Relational, row: Parameters<Registry['registerGateway']>[0], nowMs: number): Promise<Gateway> {
  checkTopic(row.group, row.node)
  const subjects = [row.subjectCode, ...(row.alsoSubjects ?? [])]
  const known = await relational.db.select({ code: mine.subjectCode }).from(mine).where(inArray(mine.subjectCode, subjects))
  const missing = subjects.find((code) => !known.some((found) => found.code === code))
  if (missing !== undefined) throw registryErrors.UNKNOWN_MINE({ subjectCode: missing })
  const content = { subjectCode: row.subjectCode, alsoSubjects: [...(row.alsoSubjects ?? [])], title: row.title ?? null }
  const [stored] = await relational.db
    .insert(gateway)
    .values({ groupId: row.group, node: row.node, firstSeenMs: nowMs, ...content })
    .onConflictDoUpdate({ target: [gateway.groupId, gateway.node], set: content })
    .returning()
  const result = stored && toGateway(stored)
  if (result === undefined) throw registryErrors.UNKNOWN_GATEWAY({ group: row.group, node: row.node })
  return result
}

async function importFixtures(register: Registry, { db }: Relational, yaml: string, file: string): Promise<ImportReport> {
  const fixtures = parseFixtures(yaml, file)
  const problems = [...fixtures.problems]
  for (const { row } of fixtures.divisions)
    await db
      .insert(division)
      .values(row)
      .onConflictDoUpdate({ target: division.code, set: { name: row.name } })
  const divisions = new Set((await db.select({ code: division.code }).from(division)).map((row) => row.code))
  let mines = 0
  for (const { row, at } of fixtures.mines) {
    const divisionCode = row.division ?? row.subjectCode.slice(0, 6)
    if (!divisions.has(divisionCode)) {
      problems.push(`${at}: ${row.name} lies in division ${divisionCode}, which is not among the divisions; add it there`)
      continue
    }
    const content = { name: row.name, divisionCode, kind: row.subjectCode.charAt(6), longitude: row.longitude ?? null, latitude: row.latitude ?? null }
    await db
      .insert(mine)
      .values({ subjectCode: row.subjectCode, ...content })
      .onConflictDoUpdate({ target: mine.subjectCode, set: content })
    mines++
  }
  let gateways = 0
  for (const { row, at } of fixtures.gateways) {
    try {
      await register.registerGateway({ ...row, subjectCode: row.subject })
      gateways++
    } catch (err) {
      if (!(err instanceof Error && err.name === 'REGISTRY_UNKNOWN_MINE')) throw err
      problems.push(`${at}: gateway ${row.group}/${row.node} names a subject that is not among the mines; add it there`)
    }
  }
  return { divisions: fixtures.divisions.length, mines, gateways, problems }
}

function toGateway(row: typeof gateway.$inferSelect): Gateway | undefined {
  if (row.subjectCode === null) return undefined
  return { id: row.id, group: row.groupId, node: row.node, subjectCode: row.subjectCode }
}

function checkTopic(group: string, node: string): void {
  if (!isTopicId(group) || !isTopicId(node)) throw registryErrors.BAD_TOPIC_ID({ group: group.slice(0, 100), node: node.slice(0, 100) })
}

function isOvertaken(err: unknown): boolean {
  const cause = err instanceof Error && err.cause !== undefined ? err.cause : err
  return OVERTAKEN.has((cause as { code?: unknown }).code)
}
