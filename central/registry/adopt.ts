import { and, eq } from 'drizzle-orm'
import { tables } from '../relational/index.ts'
import { registryErrors } from './errors.ts'
import type { PointAdoption } from './registry.ts'
import { ensureDevice, type Queries } from './resolve.ts'
import { codeProblem, contentOf, isUnitOf } from './rules.ts'

const { gateway, point, refusedAnnouncement } = tables

/** Carries out a person's decision that a metric is a certain point; must run in a transaction. Resolves to the point's id. */
export async function adoptPoint(db: Queries, adoption: PointAdoption, nowMs: number): Promise<number> {
  const [of] = await db.select().from(gateway).where(eq(gateway.id, adoption.gateway)).for('update')
  if (of === undefined || of.subjectCode === null) throw registryErrors.UNKNOWN_GATEWAY({ gateway: adoption.gateway })
  const problem = codeProblem(adoption.pointCode, [of.subjectCode, ...of.alsoSubjects])
  if (problem !== undefined) throw registryErrors.BAD_POINT_CODE({ problem })
  const announced = await announcementOf(db, adoption)
  const content = contentOf({ ...announced, device: adoption.device, metric: adoption.metric, ...pickTexts(adoption) }, adoption.pointCode)
  const acceptedUnit = confirmUnit(adoption, announced?.unit, content.unit)
  const deviceId = await ensureDevice(db, of.id, adoption.device, null)
  const existing = await freePlace(db, adoption, of.id, deviceId)
  const row = { gatewayId: of.id, deviceId, metric: adoption.metric, acceptedUnit, acceptedCode: announced?.pointCode === adoption.pointCode ? null : (announced?.pointCode ?? null), retiredMs: null }
  await db.delete(refusedAnnouncement).where(sameMetric(adoption))
  if (existing !== undefined) {
    await db.update(point).set(row).where(eq(point.id, existing))
    return existing
  }
  const [made] = await db
    .insert(point)
    .values({ ...content, ...row, registeredMs: nowMs })
    .returning({ id: point.id })
  return made?.id ?? 0
}

interface Announcement {
  readonly pointCode?: string
  readonly unit?: string
  readonly title?: string
  readonly place?: string
}

async function announcementOf(db: Queries, adoption: PointAdoption): Promise<Announcement | undefined> {
  const [row] = await db.select().from(refusedAnnouncement).where(sameMetric(adoption))
  if (row === undefined) return undefined
  return {
    ...(row.pointCode !== null && { pointCode: row.pointCode }),
    ...(row.unit !== null && { unit: row.unit }),
    ...(row.title !== null && { title: row.title }),
    ...(row.place !== null && { place: row.place }),
  }
}

function pickTexts(adoption: PointAdoption): { title?: string; place?: string } {
  return { ...(adoption.title !== undefined && { title: adoption.title }), ...(adoption.place !== undefined && { place: adoption.place }) }
}

// Values in a wrong unit must never pass as right ones: another spelling has to be confirmed word for word.
function confirmUnit(adoption: PointAdoption, announced: string | undefined, expected: string): string | null {
  if (announced === undefined || isUnitOf(announced, expected, null)) return adoption.acceptedUnit ?? null
  if (adoption.acceptedUnit !== announced) throw registryErrors.UNIT_UNCONFIRMED({ announced, expected })
  return announced
}

// The point that has the code already, if any; makes sure that nothing else has code or metric, or moves it away.
async function freePlace(db: Queries, adoption: PointAdoption, gatewayId: number, deviceId: number): Promise<number | undefined> {
  const [byCode] = await db.select().from(point).where(eq(point.pointCode, adoption.pointCode)).for('update')
  const [byMetric] = await db
    .select()
    .from(point)
    .where(and(eq(point.deviceId, deviceId), eq(point.metric, adoption.metric)))
    .for('update')
  const isElsewhere = byCode !== undefined && (byCode.gatewayId !== gatewayId || byCode.deviceId !== deviceId || byCode.metric !== adoption.metric)
  const isOccupied = byMetric !== undefined && byMetric.id !== byCode?.id
  if ((isElsewhere || isOccupied) && adoption.shouldMove !== true) {
    throw registryErrors.POINT_TAKEN({ pointCode: adoption.pointCode, ...(isElsewhere && { at: byCode.metric }), ...(isOccupied && { metricIs: byMetric.pointCode }) })
  }
  // The point that had the metric loses its source; the code stays its own, and a birth or an adoption can give it a new one.
  if (isOccupied)
    await db
      .update(point)
      .set({ metric: `~${byMetric.id}~${byMetric.metric}`.slice(0, 512), acceptedCode: null })
      .where(eq(point.id, byMetric.id))
  return byCode?.id
}

function sameMetric(adoption: PointAdoption) {
  return and(eq(refusedAnnouncement.gatewayId, adoption.gateway), eq(refusedAnnouncement.device, adoption.device), eq(refusedAnnouncement.metric, adoption.metric))
}
