/* What people and the API read of the quarantine. */
import type { Pool } from 'pg'
import type { RefusalCode } from '../registry/registry.ts'
import { quarantineErrors } from './errors.ts'
import type { Quarantine, QuarantineGroup, QuarantineQuery, QuarantineRow } from './quarantine.ts'

const SELECT_GROUP = `select q.id, q.gateway_key, q.device, q.metric, q.reason, q.detail, q.count::float8 as count, q.kept::float8 as kept, q.dropped::float8 as dropped,
    q.adopted::float8 as adopted, q.first_ms, q.last_ms, q.last_value, q.last_received_ms::float8 as last_received_ms, q.adopted_as,
    case when g.subject_code is null then null else g.id end as gateway, coalesce(m.division_code, split_part(q.gateway_key, '/', 1)) as division_code, g.subject_code
  from quarantine_group q
  left join gateway g on g.group_id = split_part(q.gateway_key, '/', 1) and g.node = split_part(q.gateway_key, '/', 2)
  left join mine m on m.subject_code = g.subject_code`

interface GroupRow {
  id: number
  gateway_key: string
  device: string
  metric: string
  reason: RefusalCode
  detail: string
  count: number
  kept: number
  dropped: number
  adopted: number
  first_ms: number
  last_ms: number
  last_value: string
  last_received_ms: number
  adopted_as: number | null
  gateway: number | null
  division_code: string
  subject_code: string | null
}

/** A page of sources, those heard last first. */
export async function selectGroups(pool: Pool, query: QuarantineQuery): ReturnType<Quarantine['groups']> {
  const limit = checkLimit(query.limit)
  const [afterMs, afterId] = parseCursor(query.after, 2)
  if (!/^\d{0,6}$/.test(query.scope.divisionPrefix)) throw quarantineErrors.BAD_QUERY({ divisionPrefix: query.scope.divisionPrefix })
  const { rows } = await pool.query<GroupRow>(
    `${SELECT_GROUP} where ($1 = '' or coalesce(m.division_code, split_part(q.gateway_key, '/', 1)) like $1 || '%')
       and ($2::text[] is null or g.subject_code = any($2)) and ($3::text is null or q.reason = $3) and ($4::text is null or q.gateway_key = $4)
       and (not $5 or q.adopted_as is null) and ($6::float8 is null or (q.last_received_ms, q.id) < ($6, $7))
     order by q.last_received_ms desc, q.id desc limit $8`,
    [query.scope.divisionPrefix, query.scope.subjectCodes ?? null, query.reason ?? null, query.gatewayKey ?? null, query.onlyOpen ?? false, afterMs ?? null, afterId ?? null, limit + 1],
  )
  const shown = rows.slice(0, limit).map(toGroup)
  const last = shown.at(-1)
  return { rows: shown, ...(rows.length > limit && last !== undefined && { next: `${last.lastReceivedMs}:${last.id}` }) }
}

/** One source. */
export async function selectGroup(pool: Pool, id: number): Promise<QuarantineGroup | undefined> {
  const { rows } = await pool.query<GroupRow>(`${SELECT_GROUP} where q.id = $1`, [id])
  return rows[0] && toGroup(rows[0])
}

/** Adopted sources that still hold samples which may be storable. */
export async function selectPending(pool: Pool): Promise<QuarantineGroup[]> {
  // Strings are never storable and stay, so they do not make a source pending.
  const { rows } = await pool.query<GroupRow>(`${SELECT_GROUP} where q.adopted_as is not null and q.kept > 0
    and exists (select from quarantine_sample s where s.group_id = q.id and s.value not like '"%') order by q.id limit 1000`)
  return rows.map(toGroup)
}

/** A page of kept samples, oldest first. */
export async function selectSamples(pool: Pool, id: number, page: { readonly after?: string; readonly limit: number }): ReturnType<Quarantine['samples']> {
  const limit = checkLimit(page.limit)
  const [offset = 0] = parseCursor(page.after, 1)
  if (offset > 1_000_000) throw quarantineErrors.BAD_QUERY({ after: page.after })
  const { rows } = await pool.query<Omit<QuarantineRow, 'outbox' | 'raw'> & { outbox: string | null; raw: unknown }>(
    `select time_ms as "timeMs", left(value, 2000) as value, quality, reason_code as "reasonCode", flags, received_ms::float8 as "receivedMs", outbox, raw
     from quarantine_sample where group_id = $1 order by time_ms, value_key, quality limit $2 offset $3`,
    [id, limit + 1, offset],
  )
  const shown = rows.slice(0, limit).map(({ outbox, raw, ...row }) => ({ ...row, ...(outbox !== null && { outbox }), ...(raw !== null && { raw }) }))
  return { rows: shown, ...(rows.length > limit && { next: String(offset + limit) }) }
}

function toGroup(row: GroupRow): QuarantineGroup {
  return {
    id: row.id,
    gatewayKey: row.gateway_key,
    device: row.device,
    metric: row.metric,
    reason: row.reason,
    detail: row.detail,
    count: row.count,
    kept: row.kept,
    dropped: row.dropped,
    adopted: row.adopted,
    firstMs: row.first_ms,
    lastMs: row.last_ms,
    lastValue: row.last_value,
    lastReceivedMs: row.last_received_ms,
    divisionCode: row.division_code,
    ...(row.gateway !== null && { gateway: row.gateway }),
    ...(row.subject_code !== null && { subjectCode: row.subject_code }),
    ...(row.adopted_as !== null && { adoptedAs: row.adopted_as }),
  }
}

function checkLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw quarantineErrors.BAD_QUERY({ limit, allowed: '1 to 1000' })
  return limit
}

function parseCursor(cursor: string | undefined, parts: number): number[] {
  if (cursor === undefined) return []
  const numbers = cursor.split(':').map(Number)
  if (numbers.length !== parts || !numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) throw quarantineErrors.BAD_QUERY({ after: cursor.slice(0, 50) })
  return numbers
}
