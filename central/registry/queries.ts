/* What people and the API read of the register. Lists are paged by their key and always in its order. */
import { and, asc, eq, gt, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import { tables } from '../relational/index.ts'
import { registryErrors } from './errors.ts'
import type { CountyOverview, DataScope, DeviceRow, MineOverview, Page, PointQuery, PointRow } from './registry.ts'
import type { Queries } from './resolve.ts'

const { device, division, gateway, mine, point } = tables
const MAX_ROWS = 10_000

/** Rows of mines within a scope. */
export function withinScope(scope: DataScope): SQL | undefined {
  if (!/^\d{0,6}$/.test(scope.divisionPrefix)) throw registryErrors.BAD_QUERY({ divisionPrefix: scope.divisionPrefix })
  return and(
    scope.divisionPrefix === '' ? undefined : sql`${mine.divisionCode} like ${`${scope.divisionPrefix}%`}`,
    scope.subjectCodes === undefined ? undefined : inArray(mine.subjectCode, [...scope.subjectCodes]),
  )
}

/** Refuses limits that nobody may ask for. */
export function checkLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw registryErrors.BAD_QUERY({ limit, allowed: '1 to 1000' })
  return limit
}

/** Counties that hold a mine within the scope. */
export async function selectOverview(db: Queries, scope: DataScope): Promise<CountyOverview[]> {
  return await db
    .select({
      divisionCode: division.code,
      name: division.name,
      mines: sql<number>`count(*)::int`,
      gateways: sql<number>`coalesce(sum((select count(*) from ${gateway} where ${gateway.subjectCode} = ${mine.subjectCode})), 0)::int`,
      points: sql<number>`coalesce(sum((select count(*) from ${point} where ${point.subjectCode} = ${mine.subjectCode} and ${point.retiredMs} is null)), 0)::int`,
    })
    .from(mine)
    .innerJoin(division, eq(division.code, mine.divisionCode))
    .where(withinScope(scope))
    .groupBy(division.code)
    .orderBy(asc(division.code))
    .limit(MAX_ROWS)
}

/** A page of mines by subject code. */
export async function selectMines(db: Queries, scope: DataScope, page: { readonly after?: string; readonly limit: number }): Promise<Page<MineOverview>> {
  const limit = checkLimit(page.limit)
  const rows = await mineQuery(db)
    .where(and(withinScope(scope), page.after === undefined ? undefined : gt(mine.subjectCode, page.after)))
    .orderBy(asc(mine.subjectCode))
    .limit(limit + 1)
  return pageOf(rows.map(toMine), limit, (row) => row.subjectCode)
}

/** One mine. */
export async function selectMine(db: Queries, subjectCode: string): Promise<MineOverview | undefined> {
  const [row] = await mineQuery(db).where(eq(mine.subjectCode, subjectCode))
  return row && toMine(row)
}

/** Devices that serve a subject: those of its gateways and those that have points of it. */
export async function selectDevices(db: Queries, subjectCode: string): Promise<DeviceRow[]> {
  const rows = await db
    .select({
      id: device.id,
      gateway: device.gatewayId,
      gatewayKey: sql<string>`${gateway.groupId} || '/' || ${gateway.node}`,
      name: device.name,
      title: device.title,
      profile: device.profile,
      points: sql<number>`(select count(*) from ${point} where ${point.deviceId} = ${device.id} and ${point.subjectCode} = ${subjectCode} and ${point.retiredMs} is null)::int`,
    })
    .from(device)
    .innerJoin(gateway, eq(gateway.id, device.gatewayId))
    .where(sql`${gateway.subjectCode} = ${subjectCode} or exists (select from ${point} where ${point.deviceId} = ${device.id} and ${point.subjectCode} = ${subjectCode})`)
    .orderBy(asc(gateway.groupId), asc(gateway.node), asc(device.name))
    .limit(MAX_ROWS)
  return rows.map(({ title, profile, ...row }) => ({ ...row, ...(title !== null && { title }), ...(profile !== null && { profile }) }))
}

/** A page of points by code. */
export async function selectPoints(db: Queries, query: PointQuery): Promise<Page<PointRow>> {
  const limit = checkLimit(query.limit)
  const conditions = [
    withinScope(query.scope),
    isNull(point.retiredMs),
    query.subjectCode === undefined ? undefined : eq(point.subjectCode, query.subjectCode),
    query.gateway === undefined ? undefined : eq(point.gatewayId, query.gateway),
    query.device === undefined ? undefined : eq(device.name, query.device),
    query.sensorType === undefined ? undefined : eq(point.sensorType, query.sensorType),
    query.text === undefined || query.text === '' ? undefined : containsText(query.text),
    query.after === undefined ? undefined : gt(point.pointCode, query.after),
  ]
  const rows = await pointQuery(db)
    .where(and(...conditions))
    .orderBy(asc(point.pointCode))
    .limit(limit + 1)
  return pageOf(rows.map(toPoint), limit, (row) => row.pointCode)
}

/** Points by a condition, at most 10,000, retired ones too. */
export async function selectPointsWhere(db: Queries, condition: SQL): Promise<PointRow[]> {
  return (await pointQuery(db).where(condition).limit(MAX_ROWS)).map(toPoint)
}

// The expression is that of the index point_text_idx, word for word.
function containsText(words: string): SQL {
  const pattern = `%${words
    .replaceAll('\0', '')
    .slice(0, 100)
    .replace(/[\\%_]/g, String.raw`\$&`)}%`
  return sql`(coalesce(${point.title}, '') || ' ' || coalesce(${point.place}, '') || ' ' || ${point.metric} || ' ' || ${point.pointCode}::text) ilike ${pattern}`
}

function pageOf<T>(rows: T[], limit: number, key: (row: T) => string): Page<T> {
  if (rows.length <= limit) return { rows }
  const shown = rows.slice(0, limit)
  return { rows: shown, next: key(shown[limit - 1] as T) }
}

function mineQuery(db: Queries) {
  return db
    .select({
      mine,
      gateways: sql<number>`(select count(*) from ${gateway} where ${gateway.subjectCode} = ${mine.subjectCode})::int`,
      devices: sql<number>`(select count(distinct ${point.deviceId}) from ${point} where ${point.subjectCode} = ${mine.subjectCode} and ${point.retiredMs} is null)::int`,
      points: sql<number>`(select count(*) from ${point} where ${point.subjectCode} = ${mine.subjectCode} and ${point.retiredMs} is null)::int`,
    })
    .from(mine)
    .$dynamic()
}

function toMine({ mine: row, gateways, devices, points }: Awaited<ReturnType<typeof mineQuery>>[number]): MineOverview {
  const { longitude, latitude, ...rest } = row
  return { ...rest, gateways, devices, points, ...(longitude !== null && { longitude }), ...(latitude !== null && { latitude }) }
}

function pointQuery(db: Queries) {
  return db
    .select({ point, device: device.name, divisionCode: mine.divisionCode, group: gateway.groupId, node: gateway.node })
    .from(point)
    .innerJoin(device, eq(device.id, point.deviceId))
    .innerJoin(gateway, eq(gateway.id, point.gatewayId))
    .innerJoin(mine, eq(mine.subjectCode, point.subjectCode))
    .$dynamic()
}

function toPoint(row: Awaited<ReturnType<typeof pointQuery>>[number]): PointRow {
  const p = row.point
  return {
    id: p.id,
    pointCode: p.pointCode,
    gateway: p.gatewayId,
    device: row.device,
    metric: p.metric,
    unit: p.unit,
    sensorType: p.sensorType,
    periodMs: p.periodMs,
    subjectCode: p.subjectCode,
    divisionCode: row.divisionCode,
    gatewayKey: `${row.group}/${row.node}`,
    ...(p.rangeLo !== null && { rangeLo: p.rangeLo }),
    ...(p.rangeHi !== null && { rangeHi: p.rangeHi }),
    ...(p.title !== null && { title: p.title }),
    ...(p.place !== null && { place: p.place }),
    ...(p.profile !== null && { profile: p.profile }),
    ...(p.retiredMs !== null && { retiredMs: p.retiredMs }),
  }
}
