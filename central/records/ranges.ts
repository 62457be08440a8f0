import type { PositionRange } from '@orewatch/core'
import { STREAMS, type Stream } from '@orewatch/protocol'
import type { Pool, PoolClient } from 'pg'
import { type Relational, withCodedErrors } from '../relational/index.ts'
import type { OutboxRanges } from '../telemetry/store.ts'
import type { RangeStore } from './records.ts'

/** Opens the range store. */
export function openRangeStore(relational: Relational): RangeStore {
  return withCodedErrors({
    add: (ranges) => addRanges(relational.pool, ranges),
    load: (gateway, incarnation) => loadRanges(relational.pool, gateway, incarnation),
  } satisfies RangeStore)
}

/** Adds ranges; within a transaction when given its client. */
export async function addRanges(queries: Pool | PoolClient, ranges: readonly OutboxRanges[]): Promise<void> {
  const rows = merge(ranges)
  if (rows.length === 0) return
  // One statement, rows in one order, so that two writers cannot wait for each other in a circle.
  await queries.query(
    `insert into outbox_range as o (gateway_id, incarnation, stream, ranges)
     select * from unnest($1::int[], $2::text[], $3::text[], $4::int8multirange[]) order by 1, 2, 3
     on conflict (gateway_id, incarnation, stream) do update set ranges = o.ranges + excluded.ranges
     where not o.ranges @> excluded.ranges`,
    [rows.map((row) => row.gateway), rows.map((row) => row.incarnation), rows.map((row) => row.stream), rows.map((row) => encodeRanges(row.ranges))],
  )
}

/** PostgreSQL's text of a multirange. */
export function encodeRanges(ranges: readonly PositionRange[]): string {
  return `{${ranges.map(({ first, count }) => `[${first},${first + count})`).join(',')}}`
}

/** Reads PostgreSQL's text of a multirange of int8, which always comes as `[from,to)`. */
export function decodeRanges(text: string): PositionRange[] {
  return [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, from, to]) => ({ first: Number(from), count: Number(to) - Number(from) }))
}

async function loadRanges(pool: Pool, gateway: number, incarnation: string): Promise<ReadonlyMap<Stream, readonly PositionRange[]>> {
  const { rows } = await pool.query<{ stream: Stream; ranges: string }>('select stream, ranges::text as ranges from outbox_range where gateway_id = $1 and incarnation = $2', [gateway, incarnation])
  return new Map(rows.filter((row) => STREAMS.includes(row.stream)).map((row) => [row.stream, decodeRanges(row.ranges)]))
}

// A statement may touch a row once only.
function merge(ranges: readonly OutboxRanges[]): OutboxRanges[] {
  const merged = new Map<string, OutboxRanges>()
  for (const row of ranges) {
    if (row.ranges.length === 0) continue
    const key = `${row.gateway}/${row.incarnation}/${row.stream}`
    const known = merged.get(key)
    merged.set(key, known === undefined ? row : { ...row, ranges: [...known.ranges, ...row.ranges] })
  }
  return [...merged.values()]
}
