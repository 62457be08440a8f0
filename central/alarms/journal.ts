/*
 * Alarms in PostgreSQL. A transition is told once, whoever sees it first: the log has it under its own key, and only a
 * line that was new there changes the alarm. So a replay after a crash, and gateway and central both, leave one record.
 */
import { levelOf, rankOf } from '@orewatch/alarm-rules'
import { type Clock, systemClock } from '@orewatch/core'
import type { Pool, PoolClient } from 'pg'
import { cleanText, inTransaction, type Relational, toJsonbText, withCodedErrors } from '../relational/index.ts'
import type { Alarm, AlarmAction, AlarmJournal, AlarmLogEntry, AlarmQuery, PlacedTransition, Teller } from './alarms.ts'
import { journalErrors } from './errors.ts'
import { changeOf } from './actions.ts'

const MAX_LOG_ROWS = 1_000

/** Opens the journal of alarms. */
export function openAlarmJournal({ pool }: Relational, clock: Clock = systemClock): AlarmJournal {
  return withCodedErrors<AlarmJournal>({
    apply: async (transitions, teller) => {
      const ids = await inTransaction(pool, (client) => applyAll(client, transitions, teller, clock.nowMs()))
      return await selectByIds(pool, ids)
    },
    act: (id, revision, actor, action) => inTransaction(pool, (client) => act(client, id, revision, { actor, action, nowMs: clock.nowMs() })),
    suppress: async (ids, by) => {
      const { rows } = await pool.query<{ id: string }>('update alarm set suppressed_by = $2, revision = revision + 1 where id = any($1::text[]) and suppressed_by is distinct from $2 returning id', [
        ids,
        by ?? null,
      ])
      return await selectByIds(
        pool,
        rows.map(({ id }) => id),
      )
    },
    unshelveDue: () => inTransaction(pool, (client) => unshelveDue(client, clock.nowMs())),
    get: async (id) => (await selectByIds(pool, [id]))[0],
    list: (query) => selectAlarms(pool, query),
    log: (id) => selectLog(pool, id),
    openCounts: async ({ divisionPrefix, subjectCodes }) => {
      const { rows } = await pool.query<{ subjectCode: string; rank: number; count: number; unacknowledged: number }>(
        `select a.subject_code as "subjectCode", a.rank, count(*)::int as count, count(*) filter (where not a.is_acknowledged)::int as unacknowledged
         from alarm a join mine m on m.subject_code = a.subject_code
         where (a.is_active or not a.is_acknowledged) and not a.is_historical and a.suppressed_by is null and a.shelved_until_ms is null and not a.is_out_of_service
           and m.division_code like $1 || '%' and ($2::text[] is null or a.subject_code = any($2))
         group by 1, 2`,
        [checkPrefix(divisionPrefix), subjectCodes ?? null],
      )
      return rows.flatMap(({ rank, ...row }) => {
        const level = levelOf(rank)
        return level === undefined ? [] : [{ ...row, level }]
      })
    },
  })
}

async function applyAll(client: PoolClient, transitions: readonly PlacedTransition[], teller: Teller, nowMs: number): Promise<readonly string[]> {
  const changed = new Set<string>()
  for (const placed of transitions) if (await applyOne(client, placed, teller, Math.round(nowMs))) changed.add(placed.transition.alarmId)
  return [...changed]
}

async function applyOne(client: PoolClient, { transition: t, pointId, subjectCode, suppressedBy }: PlacedTransition, teller: Teller, nowMs: number): Promise<boolean> {
  const rank = rankOf(t.level)
  const isHistorical = teller === 'backlog'
  const { rowCount: isNew } = await client.query(
    `insert into alarm (id, rule_id, rule_version, subject, point_id, subject_code, rank, start_ms, at_ms, area, is_active, is_value_unknown, is_historical, is_acknowledged, suppressed_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, true, false, $10, $10, $11) on conflict (id) do nothing`,
    [t.alarmId, t.ruleId, t.ruleVersion, t.subject, pointId ?? null, subjectCode ?? null, rank, t.startMs, t.atMs, isHistorical, suppressedBy ?? null],
  )
  const { rowCount: isTold } = await client.query(
    `insert into alarm_log (alarm_id, kind, at_ms, rank, value, "limit", detail, recorded_ms) values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)
     on conflict (alarm_id, kind, at_ms, rank) where actor = '' do nothing`,
    [t.alarmId, t.kind, t.atMs, rank, finite(t.value), finite(t.limit), toJsonbText({ teller, ...(t.quality !== undefined && { quality: t.quality }) }), nowMs],
  )
  const column = teller === 'gateway' ? 'gateway_ms' : 'raised_ms'
  const { rowCount: isFirst } = await client.query(`update alarm set ${column} = $2 where id = $1 and ${column} is null`, [t.alarmId, nowMs])
  if (isTold === 0) return isFirst === 1
  // Nobody was called for what another alarm explained, so nobody has to sign for its end.
  // What a backlog tells of an alarm that was live then is for the log; the alarm itself has gone on since.
  const { rowCount: isApplied } = await client.query(
    `update alarm set rank = case when $3 = 'clear' then greatest(rank, $4) else $4 end, at_ms = $2, end_ms = case when $3 = 'clear' then $2 end, value = $5, "limit" = $6,
       peak = $7, area = $8, is_active = $3 <> 'clear',
       is_value_unknown = case $3 when 'value-unknown' then true when 'value-known' then false when 'clear' then false else is_value_unknown end,
       is_acknowledged = case when is_historical then true when $3 = 'escalate' then false when $3 = 'clear' and suppressed_by is not null then true else is_acknowledged end, revision = revision + 1
     where id = $1 and at_ms <= $2 and (is_historical or not $9)`,
    [t.alarmId, t.atMs, t.kind, rank, finite(t.value), finite(t.limit), finite(t.peak), Number.isFinite(t.area) ? t.area : 0, isHistorical],
  )
  return isNew === 1 || isApplied === 1 || isFirst === 1
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

async function act(client: PoolClient, id: string, revision: number, request: { readonly actor: string; readonly action: AlarmAction; readonly nowMs: number }): Promise<Alarm> {
  const { rows } = await client.query<AlarmDbRow>(`${SELECT} where a.id = $1 for update of a`, [id])
  const row = rows[0]
  if (row === undefined) throw journalErrors.UNKNOWN({ id })
  const before = toAlarm(row)
  if (before.revision !== revision) throw journalErrors.STALE({ id, seen: revision, now: before.revision })
  const { actor, action, nowMs } = request
  const after = { ...before, ...changeOf(before, request) }
  const { shelvedUntilMs, ...rest } = after
  await client.query(
    `update alarm set is_acknowledged = $2, acknowledged_by = $3, acknowledged_ms = $4, shelved_until_ms = $5, is_out_of_service = $6, cause = $7, note = $8, revision = revision + 1 where id = $1`,
    [id, after.isAcknowledged, after.acknowledgedBy ?? null, after.acknowledgedMs ?? null, shelvedUntilMs ?? null, after.isOutOfService, after.cause ?? null, clean(after.note)],
  )
  const { kind, ...detail } = action
  await insertAction(client, { id, kind, rank: row.rank, actor, detail, nowMs })
  return { ...rest, revision: revision + 1, ...(shelvedUntilMs !== undefined && { shelvedUntilMs }) }
}

async function insertAction(
  client: PoolClient,
  { id, kind, rank, actor, detail, nowMs }: { readonly id: string; readonly kind: string; readonly rank: number; readonly actor: string; readonly detail: unknown; readonly nowMs: number },
): Promise<void> {
  await client.query('insert into alarm_log (alarm_id, kind, at_ms, rank, actor, detail, recorded_ms) values ($1, $2, $3, $4, $5, $6::jsonb, $3)', [
    id,
    kind,
    Math.round(nowMs),
    rank,
    cleanText(actor),
    toJsonbText(detail),
  ])
}

async function unshelveDue(client: PoolClient, nowMs: number): Promise<readonly Alarm[]> {
  const { rows } = await client.query<{ id: string; rank: number }>('update alarm set shelved_until_ms = null, revision = revision + 1 where shelved_until_ms <= $1 returning id, rank', [
    Math.round(nowMs),
  ])
  for (const { id, rank } of rows) await insertAction(client, { id, kind: 'unshelve', rank, actor: 'system', detail: { why: 'time is over' }, nowMs })
  return await selectByIds(
    client,
    rows.map(({ id }) => id),
  )
}

function clean(text: string | undefined): string | null {
  return text === undefined ? null : cleanText(text)
}

interface AlarmDbRow {
  id: string
  ruleId: string
  ruleVersion: number
  subject: string
  pointId: number | null
  subjectCode: string | null
  divisionCode: string | null
  rank: number
  startMs: number
  endMs: number | null
  atMs: number
  value: number | null
  limit: number | null
  peak: number | null
  area: number
  isActive: boolean
  isValueUnknown: boolean
  isHistorical: boolean
  isAcknowledged: boolean
  acknowledgedBy: string | null
  acknowledgedMs: number | null
  shelvedUntilMs: number | null
  suppressedBy: string | null
  isOutOfService: boolean
  cause: string | null
  note: string | null
  raisedMs: number | null
  gatewayMs: number | null
  revision: number
}

const SELECT = `select a.id, a.rule_id as "ruleId", a.rule_version as "ruleVersion", a.subject, a.point_id as "pointId", a.subject_code as "subjectCode", m.division_code as "divisionCode",
  a.rank, a.start_ms::float8 as "startMs", a.end_ms::float8 as "endMs", a.at_ms::float8 as "atMs", a.value, a."limit", a.peak, a.area, a.is_active as "isActive",
  a.is_value_unknown as "isValueUnknown", a.is_historical as "isHistorical", a.is_acknowledged as "isAcknowledged", a.acknowledged_by as "acknowledgedBy",
  a.acknowledged_ms::float8 as "acknowledgedMs", a.shelved_until_ms::float8 as "shelvedUntilMs", a.suppressed_by as "suppressedBy", a.is_out_of_service as "isOutOfService",
  a.cause, a.note, a.raised_ms::float8 as "raisedMs", a.gateway_ms::float8 as "gatewayMs", a.revision
  from alarm a left join mine m on m.subject_code = a.subject_code`

function toAlarm({ rank, ...row }: AlarmDbRow): Alarm {
  const present = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
  return { ...present, level: levelOf(rank) } as unknown as Alarm
}

async function selectByIds(db: Pool | PoolClient, ids: readonly string[]): Promise<readonly Alarm[]> {
  if (ids.length === 0) return []
  const { rows } = await db.query<AlarmDbRow>(`${SELECT} where a.id = any($1::text[])`, [ids])
  return rows.map(toAlarm)
}

const STATES: Readonly<Record<AlarmQuery['state'], string>> = {
  open: '(a.is_active or not a.is_acknowledged) and not a.is_historical',
  active: 'a.is_active and not a.is_historical',
  unacknowledged: 'not a.is_acknowledged',
  shelved: '(a.shelved_until_ms is not null or a.is_out_of_service or a.suppressed_by is not null) and (a.is_active or not a.is_acknowledged)',
  historical: 'a.is_historical',
  all: 'true',
}

async function selectAlarms(pool: Pool, query: AlarmQuery): Promise<{ rows: readonly Alarm[]; next?: string }> {
  const { limit, scope } = query
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw journalErrors.BAD_QUERY({ limit, allowed: '1 to 1000' })
  const after = query.after === undefined ? undefined : parseCursor(query.after)
  const { rows } = await pool.query<AlarmDbRow>(
    // What concerns central as a whole is everybody's; what belongs to a mine is seen in its scope.
    `${SELECT} where ${STATES[query.state]} and (a.subject_code is null or (m.division_code like $1 || '%' and ($2::text[] is null or a.subject_code = any($2))))
       and ($3::text is null or a.subject_code = $3) and ($4::int is null or a.point_id = $4) and ($5::int is null or a.rank = $5)
       and ($6::int8 is null or coalesce(a.end_ms, 9223372036854775807) >= $6) and ($7::int8 is null or a.start_ms < $7)
       and ($8::int8 is null or (a.start_ms, a.id) < ($8, $9)) and ($11::text is null or starts_with(a.rule_id, $11))
     order by a.start_ms desc, a.id desc limit $10`,
    [
      checkPrefix(scope.divisionPrefix),
      scope.subjectCodes ?? null,
      query.subjectCode ?? null,
      query.pointId ?? null,
      query.level === undefined ? null : rankOf(query.level),
      query.fromMs ?? null,
      query.toMs ?? null,
      after?.startMs ?? null,
      after?.id ?? null,
      limit + 1,
      query.rulePrefix ?? null,
    ],
  )
  const shown = rows.slice(0, limit).map(toAlarm)
  const last = shown.at(-1)
  return { rows: shown, ...(rows.length > limit && last !== undefined && { next: `${last.startMs}.${last.id}` }) }
}

function parseCursor(text: string): { readonly startMs: number; readonly id: string } {
  const found = /^(?<startMs>\d{1,15})\.(?<id>[0-9a-f]{32})$/.exec(text)?.groups
  if (found === undefined) throw journalErrors.BAD_QUERY({ after: text })
  return { startMs: Number(found['startMs']), id: found['id'] as string }
}

function checkPrefix(prefix: string): string {
  if (!/^\d{0,6}$/.test(prefix)) throw journalErrors.BAD_QUERY({ divisionPrefix: prefix })
  return prefix
}

async function selectLog(pool: Pool, id: string): Promise<readonly AlarmLogEntry[]> {
  const { rows } = await pool.query<{
    id: number
    kind: string
    atMs: number
    rank: number
    value: number | null
    limit: number | null
    actor: string
    detail: Record<string, unknown>
    recordedMs: number
  }>(`select id::float8 as id, kind, at_ms::float8 as "atMs", rank, value, "limit", actor, detail, recorded_ms::float8 as "recordedMs" from alarm_log where alarm_id = $1 order by id limit $2`, [
    id,
    MAX_LOG_ROWS,
  ])
  return rows.map(({ rank, value, limit, actor, ...row }) => ({
    ...row,
    level: levelOf(rank) ?? 'blue',
    ...(value !== null && { value }),
    ...(limit !== null && { limit }),
    ...(actor !== '' && { actor }),
  }))
}
