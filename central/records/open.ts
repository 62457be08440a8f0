import { type Clock, systemClock } from '@orewatch/core'
import type { GapBody, Stream } from '@orewatch/protocol'
import type { Pool, PoolClient } from 'pg'
import { cleanText, inTransaction, type Relational, toJsonbText, withCodedErrors } from '../relational/index.ts'
import { recordErrors } from './errors.ts'
import { addRanges } from './ranges.ts'
import type { CompletenessEvents, RecordBatch, RecordQuery, RecordStore, SecurityEventKind, SecurityEvents, StoredRecord } from './records.ts'

// Somebody who tries the same thing again and again fills a counter, not the table.
const COALESCE_MS = 10 * 60_000
const MAX_SUBJECT_CHARS = 300

/** Opens the store of events and alarms. */
export function openRecordStore({ pool }: Relational): RecordStore {
  return withCodedErrors<RecordStore>({
    append: (batches, ranges) =>
      inTransaction(pool, async (client) => {
        const total = batches.reduce((sum, batch) => sum + batch.records.length, 0)
        const stored = await insertRecords(client, batches)
        await addRanges(client, ranges)
        return { stored, duplicates: total - stored }
      }),
    records: (query) => selectRecords(pool, query),
    gaps: async (query) => {
      const page = await selectRecords(pool, { ...query, schema: 'outbox.gap/1' })
      const rows = page.rows.map(({ id, gateway, timeMs, body }) => ({ id, gateway, timeMs, gap: body as unknown as GapBody }))
      return { rows, ...(page.next !== undefined && { next: page.next }) }
    },
  })
}

/** Opens the collection of security events. */
export function openSecurityEvents({ pool }: Relational, clock: Clock = systemClock): SecurityEvents {
  return withCodedErrors<SecurityEvents>({
    add: (kind, subject, detail = {}) => addSecurityEvent(pool, kind, cleanText(subject).slice(0, MAX_SUBJECT_CHARS), detail, clock.nowMs()),
    list: async ({ kind, before, limit }) =>
      pageOf(
        (
          await pool.query(
            `select id::float8 as id, kind, subject, first_ms::float8 as "firstMs", last_ms::float8 as "lastMs", count::float8 as count, detail
       from security_event where ($1::text is null or kind = $1) and ($2::float8 is null or id < $2::int8) order by id desc limit $3`,
            [kind ?? null, before ?? null, checkLimit(limit) + 1],
          )
        ).rows,
        limit,
      ),
  })
}

/** Opens the collection of completeness events. */
export function openCompletenessEvents({ pool }: Relational, clock: Clock = systemClock): CompletenessEvents {
  return withCodedErrors<CompletenessEvents>({
    add: async (gateway, kind, detail = {}) => {
      await pool.query('insert into completeness_event (gateway_id, kind, time_ms, detail) values ($1, $2, $3, $4::jsonb)', [gateway, kind, Math.round(clock.nowMs()), toJsonbText(detail)])
    },
    list: async ({ gateway, before, limit }) =>
      pageOf(
        (
          await pool.query(
            `select id::float8 as id, gateway_id as gateway, kind, time_ms::float8 as "timeMs", detail
       from completeness_event where ($1::int is null or gateway_id = $1) and ($2::float8 is null or id < $2::int8) order by id desc limit $3`,
            [gateway ?? null, before ?? null, checkLimit(limit) + 1],
          )
        ).rows,
        limit,
      ),
  })
}

async function insertRecords(client: PoolClient, batches: readonly RecordBatch[]): Promise<number> {
  const rows = batches.flatMap((batch) => batch.records.map(({ position, record }) => ({ batch, position, record })))
  if (rows.length === 0) return 0
  const { rowCount } = await client.query(
    `insert into gateway_record (gateway_id, incarnation, stream, position, received_ms, schema, time_ms, device, body)
     select * from unnest($1::int[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::text[], $7::int8[], $8::text[], $9::jsonb[]) order by 1, 2, 3, 4
     on conflict (gateway_id, incarnation, stream, position) do nothing`,
    [
      rows.map(({ batch }) => batch.gateway),
      rows.map(({ batch }) => batch.incarnation),
      rows.map(({ batch }) => batch.stream),
      rows.map(({ position }) => position),
      rows.map(({ batch }) => Math.round(batch.receivedMs)),
      rows.map(({ record }) => record.schema),
      rows.map(({ record }) => record.timeMs),
      rows.map(({ record }) => (record.device === undefined ? null : cleanText(record.device))),
      rows.map(({ record }) => toJsonbText(record.body)),
    ],
  )
  return rowCount ?? 0
}

interface RecordRow {
  id: number
  gateway: number
  incarnation: string
  stream: Stream
  position: number
  receivedMs: number
  schema: string
  timeMs: number
  device: string | null
  body: Record<string, unknown>
}

async function selectRecords(pool: Pool, query: RecordQuery): Promise<{ rows: readonly StoredRecord[]; next?: number }> {
  if (!/^\d{0,6}$/.test(query.scope.divisionPrefix)) throw recordErrors.BAD_QUERY({ divisionPrefix: query.scope.divisionPrefix })
  const { rows } = await pool.query<RecordRow>(
    `select r.id::float8 as id, r.gateway_id as gateway, r.incarnation, r.stream, r.position::float8 as position, r.received_ms::float8 as "receivedMs", r.schema,
       r.time_ms::float8 as "timeMs", r.device, r.body
     from gateway_record r join gateway g on g.id = r.gateway_id left join mine m on m.subject_code = g.subject_code
     where ($1 = '' or coalesce(m.division_code, g.group_id) like $1 || '%') and ($2::text[] is null or g.subject_code = any($2))
       and ($3::int is null or r.gateway_id = $3) and ($4::text is null or r.schema = $4) and ($5::float8 is null or r.id < $5::int8)
     order by r.id desc limit $6`,
    [query.scope.divisionPrefix, query.scope.subjectCodes ?? null, query.gateway ?? null, query.schema ?? null, query.before ?? null, checkLimit(query.limit) + 1],
  )
  return pageOf(
    rows.map(({ device, ...row }) => ({ ...row, ...(device !== null && { device }) })),
    query.limit,
  )
}

async function addSecurityEvent(pool: Pool, kind: SecurityEventKind, subject: string, detail: Readonly<Record<string, unknown>>, nowMs: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    // Without it two writers at once would both find nothing to count up.
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 7306002))', [`${kind}/${subject}`])
    const { rowCount } = await client.query(
      `update security_event set count = count + 1, last_ms = greatest(last_ms, $3), detail = $4::jsonb
       where id = (select id from security_event where kind = $1 and subject = $2 and last_ms >= $5 order by last_ms desc limit 1)`,
      [kind, subject, nowMs, toJsonbText(detail), nowMs - COALESCE_MS],
    )
    if (rowCount === 0)
      await client.query('insert into security_event (kind, subject, first_ms, last_ms, count, detail) values ($1, $2, $3, $3, 1, $4::jsonb)', [kind, subject, nowMs, toJsonbText(detail)])
  })
}

function pageOf<T extends { readonly id: number }>(rows: readonly T[], limit: number): { rows: readonly T[]; next?: number } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown, ...(rows.length > limit && last !== undefined && { next: last.id }) }
}

function checkLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw recordErrors.BAD_QUERY({ limit, allowed: '1 to 1000' })
  return limit
}
