import { and, eq, inArray } from 'drizzle-orm'
import { type RelationalDb, tables } from '../relational/index.ts'
import type { AnnouncedPoint, Gateway, RegisteredPoint, Resolution } from './registry.ts'
import { type Judgement, judge, type KnownPoint, type PointContent, text } from './rules.ts'

const { device, gateway: gatewayTable, point, refusedAnnouncement } = tables

/** Whatever runs queries: the pool or a transaction. */
export type Queries = Pick<RelationalDb, 'select' | 'insert' | 'update' | 'delete' | 'execute'>

// PostgreSQL takes 65,535 parameters a statement.
const CHUNK = 1_000

/** Resolves and registers what a birth announces; must run in a transaction of its own. */
export async function resolveAnnounced(db: Queries, gateway: Gateway, announced: readonly AnnouncedPoint[], nowMs: number): Promise<Resolution[]> {
  // One birth of a gateway at a time; births of different gateways meet only in the unique point code.
  const [row] = await db.select({ also: gatewayTable.alsoSubjects }).from(gatewayTable).where(eq(gatewayTable.id, gateway.id)).for('update')
  const subjects = [gateway.subjectCode, ...(row?.also ?? [])]
  const register = await Register.load(db, gateway.id, announced)
  const resolutions: Resolution[] = []
  for (const item of announced) {
    const judgement = register.judge(item, gateway.id, subjects)
    resolutions.push(await register.carryOut(db, judgement, item, gateway.id, nowMs))
  }
  await recordRefusals(db, gateway.id, announced, resolutions, nowMs)
  return resolutions
}

class Register {
  readonly #byMetric = new Map<string, KnownPoint>()
  readonly #byCode = new Map<string, KnownPoint>()
  readonly #content = new Map<number, PointContent>()
  readonly #devices = new Map<string, number>()
  readonly #announcedMetrics: ReadonlySet<string>

  private constructor(announced: readonly AnnouncedPoint[]) {
    this.#announcedMetrics = new Set(announced.map((item) => keyOf(item.device, item.metric)))
  }

  static async load(db: Queries, gateway: number, announced: readonly AnnouncedPoint[]): Promise<Register> {
    const register = new Register(announced)
    const codes = [...new Set(announced.flatMap((item) => (item.pointCode !== undefined && /^\d{22}$/.test(item.pointCode) ? [item.pointCode] : [])))]
    for (const row of await selectKnown(db).where(eq(point.gatewayId, gateway))) register.#remember(row, gateway)
    for (let i = 0; i < codes.length; i += CHUNK) {
      for (const row of await selectKnown(db).where(inArray(point.pointCode, codes.slice(i, i + CHUNK)))) register.#remember(row, gateway)
    }
    for (const row of await db.select().from(device).where(eq(device.gatewayId, gateway))) register.#devices.set(row.name, row.id)
    return register
  }

  judge(item: AnnouncedPoint, gateway: number, subjects: readonly string[]): Judgement {
    const byCode = item.pointCode === undefined ? undefined : this.#byCode.get(item.pointCode)
    return judge(item, {
      gateway,
      subjects,
      byCode,
      byMetric: this.#byMetric.get(keyOf(item.device, item.metric)),
      isOldMetricAnnounced: byCode !== undefined && this.#announcedMetrics.has(keyOf(byCode.device, byCode.metric)),
    })
  }

  async carryOut(db: Queries, judgement: Judgement, item: AnnouncedPoint, gateway: number, nowMs: number): Promise<Resolution> {
    if (judgement.kind === 'refuse') return { refused: judgement.code, detail: judgement.detail }
    if (judgement.kind === 'keep') {
      const { content } = judgement
      if (content !== undefined && this.#differs(judgement.point, item, content)) {
        await db
          .update(point)
          .set({ ...content, metric: item.metric })
          .where(eq(point.id, judgement.point.id))
        this.#learn({ ...judgement.point, metric: item.metric }, content)
      }
      return { point: this.#registered(judgement.point.id, item) }
    }
    const deviceId = await this.#deviceId(db, gateway, item)
    const [row] = await db
      .insert(point)
      .values({ ...judgement.content, gatewayId: gateway, deviceId, metric: item.metric, registeredMs: nowMs })
      .returning({ id: point.id })
    const known = { id: row?.id ?? 0, pointCode: judgement.content.pointCode, gateway, device: item.device, metric: item.metric, unit: judgement.content.unit }
    this.#learn({ ...known, acceptedUnit: null, acceptedCode: null, isRetired: false }, judgement.content)
    return { point: this.#registered(known.id, item) }
  }

  async #deviceId(db: Queries, gateway: number, item: AnnouncedPoint): Promise<number> {
    const known = this.#devices.get(item.device)
    if (known !== undefined) return known
    const id = await ensureDevice(db, gateway, item.device, text(item.profile))
    this.#devices.set(item.device, id)
    return id
  }

  #registered(id: number, item: AnnouncedPoint): RegisteredPoint {
    const known = this.#byMetric.get(keyOf(item.device, item.metric)) as KnownPoint
    const content = this.#content.get(id) as PointContent
    return {
      id,
      pointCode: known.pointCode,
      gateway: known.gateway,
      device: known.device,
      metric: known.metric,
      unit: content.unit,
      sensorType: content.sensorType,
      periodMs: content.periodMs,
    }
  }

  #differs(known: KnownPoint, item: AnnouncedPoint, content: PointContent): boolean {
    const old = this.#content.get(known.id)
    return known.metric !== item.metric || (Object.keys(content) as (keyof PointContent)[]).some((key) => old?.[key] !== content[key])
  }

  #learn(known: KnownPoint, content: PointContent): void {
    this.#byMetric.set(keyOf(known.device, known.metric), known)
    this.#byCode.set(known.pointCode, known)
    this.#content.set(known.id, content)
  }

  #remember(row: KnownRow, gateway: number): void {
    const { point: p, device: deviceName } = row
    const known: KnownPoint = {
      id: p.id,
      pointCode: p.pointCode,
      gateway: p.gatewayId,
      device: deviceName,
      metric: p.metric,
      unit: p.unit,
      acceptedUnit: p.acceptedUnit,
      acceptedCode: p.acceptedCode,
      isRetired: p.retiredMs !== null,
    }
    this.#byCode.set(known.pointCode, known)
    this.#content.set(known.id, p)
    if (p.gatewayId === gateway) this.#byMetric.set(keyOf(deviceName, p.metric), known)
  }
}

/** Id of a device of a gateway, made when it is new. */
export async function ensureDevice(db: Queries, gateway: number, name: string, profile: string | null): Promise<number> {
  const [row] = await db
    .insert(device)
    .values({ gatewayId: gateway, name, profile })
    .onConflictDoUpdate({ target: [device.gatewayId, device.name], set: { profile: profile ?? undefined, name } })
    .returning({ id: device.id })
  return row?.id ?? 0
}

async function recordRefusals(db: Queries, gateway: number, announced: readonly AnnouncedPoint[], resolutions: readonly Resolution[], nowMs: number): Promise<void> {
  // A birth tells of one device or of a few; what it no longer announces there is no longer to be decided.
  const devices = [...new Set(announced.map((item) => item.device))]
  for (const name of devices) await db.delete(refusedAnnouncement).where(sameDevice(gateway, name))
  const rows = new Map<string, typeof refusedAnnouncement.$inferInsert>()
  for (const [i, item] of announced.entries()) {
    const resolution = resolutions[i]
    if (resolution === undefined || !('refused' in resolution) || resolution.refused === 'bad-record') continue
    rows.set(keyOf(item.device, item.metric), {
      gatewayId: gateway,
      device: item.device,
      metric: item.metric,
      pointCode: text(item.pointCode),
      unit: text(item.unit),
      title: text(item.title),
      place: text(item.place),
      refused: resolution.refused,
      detail: resolution.detail,
      seenMs: nowMs,
    })
  }
  const values = [...rows.values()]
  for (let i = 0; i < values.length; i += CHUNK) await db.insert(refusedAnnouncement).values(values.slice(i, i + CHUNK))
}

function sameDevice(gateway: number, name: string) {
  return and(eq(refusedAnnouncement.gatewayId, gateway), eq(refusedAnnouncement.device, name))
}

type KnownRow = Awaited<ReturnType<typeof selectKnown>>[number]

function selectKnown(db: Queries) {
  return db.select({ point, device: device.name }).from(point).innerJoin(device, eq(device.id, point.deviceId))
}

function keyOf(deviceName: string, metric: string): string {
  return `${deviceName}\0${metric}`
}
