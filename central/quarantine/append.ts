/* How refused samples get into the tables: arrays through unnest, one statement per table, whatever the number of rows. */
import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import { cleanText } from '../relational/index.ts'
import type { QuarantinedSample, QuarantineLimits, QuarantineResult } from './quarantine.ts'
import { encodeValue } from './value-codec.ts'

/** What the samples of further sources are counted under when there are too many sources. */
export const OVERFLOW = '*'
const MAX_NAME_CHARS = 200
const MAX_DETAIL_CHARS = 500
// B-tree rows of PostgreSQL hold 2,704 bytes.
const MAX_KEY_CHARS = 200

interface Source {
  readonly gatewayKey: string
  readonly device: string
  readonly metric: string
  readonly reason: string
  readonly detail: string
}

interface Grouped {
  readonly source: Source
  readonly samples: QuarantinedSample[]
}

/** Writes a batch within a transaction; also says how many samples the quarantine holds more. */
export async function writeBatch(client: PoolClient, batch: readonly QuarantinedSample[], limits: QuarantineLimits): Promise<QuarantineResult & { readonly grownBy: number }> {
  const groups = groupBySource(batch)
  const ids = await groupIds(client, groups, limits.maxGroups)
  const kept = groups.filter((_, i) => ids[i] !== undefined)
  const keptIds = ids.filter((id) => id !== undefined)
  const overflow = groups.filter((_, i) => ids[i] === undefined)
  const stored = await insertSamples(client, kept, keptIds)
  await updateGroups(client, kept, keptIds, stored)
  const trimmed = await trimGroups(client, keptIds, limits.maxSamplesPerGroup)
  const uncounted = await countOverflow(client, overflow)
  const sum = [...stored.values()].reduce((total, count) => total + count, 0)
  return { stored: sum, duplicates: batch.length - sum - uncounted, dropped: trimmed + uncounted, grownBy: sum - trimmed }
}

/** Deletes the oldest samples of a group and counts them as dropped. Resolves to how many went. */
export async function dropOldest(client: PoolClient, group: number, count: number): Promise<number> {
  const { rowCount } = await client.query(
    `delete from quarantine_sample where ctid = any(array(
       select ctid from quarantine_sample where group_id = $1 order by group_id, time_ms, value_key, quality limit $2))`,
    [group, count],
  )
  const gone = rowCount ?? 0
  await client.query('update quarantine_group set kept = kept - $2, dropped = dropped + $2 where id = $1', [group, gone])
  return gone
}

function groupBySource(batch: readonly QuarantinedSample[]): Grouped[] {
  const groups = new Map<string, { source: Source; samples: QuarantinedSample[] }>()
  for (const sample of batch) {
    const source = {
      gatewayKey: nameText(sample.gatewayKey),
      device: nameText(sample.device),
      metric: nameText(sample.metric),
      reason: sample.reason,
      detail: cleanText(sample.detail).slice(0, MAX_DETAIL_CHARS),
    }
    const key = `${source.gatewayKey}\0${source.device}\0${source.reason}\0${source.metric}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { source, samples: [sample] })
    else {
      group.source = source
      group.samples.push(sample)
    }
  }
  return [...groups.values()]
}

// A name too long for an index keeps its beginning and stays distinct.
function nameText(name: string): string {
  const clean = cleanText(name)
  return clean.length <= MAX_NAME_CHARS ? clean : `${clean.slice(0, MAX_NAME_CHARS)}…${digest(clean)}`
}

// Ids of the groups, in their order; undefined where a new one would be too many.
async function groupIds(client: PoolClient, groups: readonly Grouped[], maxGroups: number): Promise<(number | undefined)[]> {
  const columns = [groups.map((g) => g.source.gatewayKey), groups.map((g) => g.source.device), groups.map((g) => g.source.metric), groups.map((g) => g.source.reason)]
  const find = `select k.i::int as i, g.id from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality as k(gateway_key, device, metric, reason, i)
    join quarantine_group g using (gateway_key, device, metric, reason)`
  const ids: (number | undefined)[] = groups.map(() => undefined)
  for (const row of (await client.query<{ i: number; id: number }>(find, columns)).rows) ids[row.i - 1] = row.id
  const missing = groups.map((_, i) => i).filter((i) => ids[i] === undefined)
  if (missing.length === 0) return ids
  const counted = await client.query<{ count: number }>('select count(*)::int as count from quarantine_group')
  const allowed = missing.slice(0, Math.max(0, maxGroups - (counted.rows[0]?.count ?? 0)))
  if (allowed.length === 0) return ids
  const picked = columns.map((column) => allowed.map((i) => column[i]))
  await client.query(
    `insert into quarantine_group (gateway_key, device, metric, reason, detail, count, kept, dropped, first_ms, last_ms, last_value, last_received_ms)
     select *, '', 0, 0, 0, 'Infinity', '-Infinity', '', 0 from unnest($1::text[], $2::text[], $3::text[], $4::text[]) order by 1, 2, 3, 4 on conflict do nothing`,
    picked,
  )
  const made = await client.query<{ i: number; id: number }>(find, picked)
  for (const row of made.rows) ids[allowed[row.i - 1] as number] = row.id
  return ids
}

// How many rows were new, by group.
async function insertSamples(client: PoolClient, groups: readonly Grouped[], ids: readonly number[]): Promise<Map<number, number>> {
  const group: number[] = []
  const samples: QuarantinedSample[] = []
  for (const [i, { samples: own }] of groups.entries()) {
    for (const sample of own) {
      group.push(ids[i] as number)
      samples.push(sample)
    }
  }
  const values = samples.map((sample) => encodeValue(sample.value))
  const { rows } = await client.query<{ id: number; count: number }>(
    `with added as (
       insert into quarantine_sample (group_id, time_ms, value_key, value, quality, reason_code, flags, gateway_delta_ms, received_ms, outbox, raw)
       select g, t, k, v, q, r, f, d, m, o, j::json from unnest($1::int[], $2::float8[], $3::text[], $4::text[], $5::int2[], $6::int2[], $7::int2[], $8::float8[], $9::int8[], $10::text[], $11::text[])
         as s(g, t, k, v, q, r, f, d, m, o, j)
       on conflict do nothing returning group_id)
     select group_id as id, count(*)::int as count from added group by group_id`,
    [
      group,
      samples.map((s) => s.timeMs),
      values.map((value) => (value.length <= MAX_KEY_CHARS ? value : digest(value))),
      values,
      samples.map((s) => s.quality & 0xff),
      samples.map((s) => (s.reasonCode ?? 0) & 0xff),
      samples.map((s) => (s.flags ?? 0) & 0xff),
      samples.map((s) => s.gatewayDeltaMs ?? 0),
      samples.map((s) => Math.round(s.receivedMs)),
      samples.map((s) => (s.position === undefined ? null : `${s.position.incarnation}/${s.position.stream}/${s.position.position}`)),
      samples.map((s) => (s.raw === undefined ? null : rawText(s.raw))),
    ],
  )
  return new Map(rows.map((row) => [row.id, row.count]))
}

async function updateGroups(client: PoolClient, groups: readonly Grouped[], ids: readonly number[], stored: ReadonlyMap<number, number>): Promise<void> {
  if (groups.length === 0) return
  const newest = groups.map(({ samples }) => samples.reduce((last, sample) => (sample.timeMs >= last.timeMs ? sample : last)))
  await client.query(
    `update quarantine_group g set count = count + n, kept = kept + n, detail = u.detail, first_ms = least(first_ms, lo),
       last_value = case when hi >= last_ms then v else last_value end, last_ms = greatest(last_ms, hi), last_received_ms = greatest(last_received_ms, m)
     from unnest($1::int[], $2::int[], $3::text[], $4::float8[], $5::float8[], $6::text[], $7::int8[]) as u(id, n, detail, lo, hi, v, m) where g.id = u.id`,
    [
      ids,
      ids.map((id) => stored.get(id) ?? 0),
      groups.map((g) => g.source.detail),
      groups.map(({ samples }) => samples.reduce((least, s) => Math.min(least, s.timeMs), Infinity)),
      newest.map((s) => s.timeMs),
      newest.map((s) => encodeValue(s.value).slice(0, MAX_KEY_CHARS)),
      groups.map(({ samples }) => Math.round(samples.at(-1)?.receivedMs ?? 0)),
    ],
  )
}

async function trimGroups(client: PoolClient, ids: readonly number[], maxSamples: number): Promise<number> {
  const { rows } = await client.query<{ id: number; excess: number }>('select id, (kept - $2)::int as excess from quarantine_group where id = any($1::int[]) and kept > $2', [ids, maxSamples])
  let trimmed = 0
  for (const row of rows) trimmed += await dropOldest(client, row.id, row.excess)
  return trimmed
}

// One row per reason counts what no source of its own can be opened for.
async function countOverflow(client: PoolClient, groups: readonly Grouped[]): Promise<number> {
  let total = 0
  for (const { source, samples } of groups) {
    const last = samples.at(-1) as QuarantinedSample
    await client.query(
      `insert into quarantine_group as g (gateway_key, device, metric, reason, detail, count, kept, dropped, first_ms, last_ms, last_value, last_received_ms)
       values ($1, $1, $1, $2, $3, $4, 0, $4, $5, $5, $6, $7)
       on conflict (gateway_key, device, metric, reason) do update set count = g.count + $4, dropped = g.dropped + $4, detail = excluded.detail,
         last_ms = greatest(g.last_ms, excluded.last_ms), last_value = excluded.last_value, last_received_ms = excluded.last_received_ms`,
      [
        OVERFLOW,
        source.reason,
        `too many sources; last: ${source.gatewayKey} ${source.device} ${source.metric}`.slice(0, MAX_DETAIL_CHARS),
        samples.length,
        last.timeMs,
        encodeValue(last.value).slice(0, MAX_KEY_CHARS),
        Math.round(last.receivedMs),
      ],
    )
    total += samples.length
  }
  return total
}

function rawText(raw: unknown): string {
  // bigint has no JSON; its digits are what counts.
  return JSON.stringify(raw, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)) ?? 'null'
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
