import { type SampleColumns, SampleBuilder } from '@orewatch/core'
import type { Pool, PoolClient } from 'pg'
import { addRanges } from '../records/ranges.ts'
import { inTransaction, type Relational, translated } from '../relational/index.ts'
import type { OutboxRanges } from '../telemetry/store.ts'
import { dropOldest, writeBatch } from './append.ts'
import { quarantineErrors } from './errors.ts'
import type { Quarantine, QuarantinedSample, QuarantineGroup, QuarantineLimits, QuarantineResult } from './quarantine.ts'
import { selectGroup, selectGroups, selectPending, selectSamples } from './queries.ts'
import { toStorable } from './value-codec.ts'

const DEFAULT_LIMITS: QuarantineLimits = { maxSamplesPerGroup: 100_000, maxSamples: 5_000_000, maxGroups: 20_000, maxAgeMs: 30 * 86_400_000 }
const ADOPTABLE: ReadonlySet<string> = new Set(['unknown-gateway', 'unknown-point', 'unit-mismatch'])
const ADOPTION_BATCH = 5_000

/** Opens the quarantine in a relational database. */
export async function openQuarantine(relational: Relational, limits: Partial<QuarantineLimits> = {}): Promise<Quarantine> {
  const { rows } = await relational.pool.query<{ kept: string | null }>('select sum(kept)::text as kept from quarantine_group')
  return new PgQuarantine(relational.pool, { ...DEFAULT_LIMITS, ...limits }, Number(rows[0]?.kept ?? 0))
}

class PgQuarantine implements Quarantine {
  readonly #pool: Pool
  readonly #limits: QuarantineLimits
  #kept: number
  // Batches touch the same rows, so they take turns here instead of waiting for each other inside PostgreSQL.
  #turn: Promise<unknown> = Promise.resolve()

  constructor(pool: Pool, limits: QuarantineLimits, kept: number) {
    this.#pool = pool
    this.#limits = limits
    this.#kept = kept
  }

  append(batch: readonly QuarantinedSample[], ranges: readonly OutboxRanges[]): Promise<QuarantineResult> {
    return this.#inTurn(async () => {
      const { grownBy, ...result } = await inTransaction(this.#pool, async (client) => {
        const written = await writeBatch(client, batch, this.#limits)
        await addRanges(client, ranges)
        return written
      })
      this.#kept += grownBy
      if (this.#kept <= this.#limits.maxSamples) return result
      return { ...result, dropped: result.dropped + (await this.#trimAll()) }
    })
  }

  groups(query: Parameters<Quarantine['groups']>[0]): ReturnType<Quarantine['groups']> {
    return translated(() => selectGroups(this.#pool, query))
  }

  group(id: number): Promise<QuarantineGroup | undefined> {
    return translated(() => selectGroup(this.#pool, id))
  }

  samples(id: number, page: Parameters<Quarantine['samples']>[1]): ReturnType<Quarantine['samples']> {
    return translated(() => selectSamples(this.#pool, id, page))
  }

  pendingAdoptions(): Promise<readonly QuarantineGroup[]> {
    return translated(() => selectPending(this.#pool))
  }

  count(): Promise<number> {
    return Promise.resolve(this.#kept)
  }

  async *adopt(id: number, point: number): AsyncIterable<SampleColumns> {
    await this.#markAdopted(id, point)
    let after: Cursor = { timeMs: Number.NEGATIVE_INFINITY, valueKey: '', quality: -1 }
    for (;;) {
      const rows = await this.#adoptionBatch(id, after)
      const last = rows.at(-1)
      if (last === undefined) return
      const batch = new SampleBuilder(rows.length)
      const taken = rows.filter((row) => {
        const value = toStorable(row.value)
        if (value === undefined) return false
        batch.push(point, row.timeMs, value, row.quality, row.reasonCode, row.flags, row.gatewayDeltaMs)
        return true
      })
      if (taken.length > 0) {
        yield batch
        await this.#inTurn(() => this.#release(id, taken))
      }
      after = last
    }
  }

  prune(nowMs: number): Promise<number> {
    return this.#inTurn(() =>
      inTransaction(this.#pool, async (client) => {
        const { rows } = await client.query<{ id: number; count: number }>(
          `with gone as (delete from quarantine_sample where received_ms < $1 returning group_id)
         select group_id as id, count(*)::int as count from gone group by group_id order by group_id`,
          [nowMs - this.#limits.maxAgeMs],
        )
        for (const row of rows) await client.query('update quarantine_group set kept = kept - $2, dropped = dropped + $2 where id = $1', [row.id, row.count])
        // Sources that hold nothing and are forgotten by everybody free their place; adopted ones stay as a record.
        await client.query('delete from quarantine_group where kept = 0 and adopted_as is null and last_received_ms < $1', [nowMs - this.#limits.maxAgeMs])
        return rows.reduce((total, row) => total + row.count, 0)
      }).then((dropped) => {
        this.#kept -= dropped
        return dropped
      }),
    )
  }

  async #markAdopted(id: number, point: number): Promise<void> {
    const group = await this.group(id)
    if (group === undefined) throw quarantineErrors.UNKNOWN_GROUP({ id })
    if (!ADOPTABLE.has(group.reason)) throw quarantineErrors.NOT_ADOPTABLE({ id, reason: group.reason })
    const { rowCount } = await this.#pool.query('update quarantine_group set adopted_as = $2 where id = $1 and (adopted_as is null or adopted_as = $2)', [id, point])
    if (rowCount === 0) throw quarantineErrors.ADOPTED_OTHERWISE({ id, adoptedAs: group.adoptedAs })
  }

  async #adoptionBatch(id: number, after: Cursor): Promise<KeptRow[]> {
    const { rows } = await translated(() =>
      this.#pool.query<KeptRow>(
        `select time_ms as "timeMs", value_key as "valueKey", value, quality, reason_code as "reasonCode", flags, gateway_delta_ms as "gatewayDeltaMs"
       from quarantine_sample where group_id = $1 and (time_ms, value_key, quality) > ($2, $3, $4) order by time_ms, value_key, quality limit $5`,
        [id, after.timeMs, after.valueKey, after.quality, ADOPTION_BATCH],
      ),
    )
    return rows
  }

  async #release(id: number, rows: readonly KeptRow[]): Promise<void> {
    const gone = await inTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        `delete from quarantine_sample s using unnest($2::float8[], $3::text[], $4::int2[]) as u(t, k, q)
         where s.group_id = $1 and s.time_ms = u.t and s.value_key = u.k and s.quality = u.q`,
        [id, rows.map((row) => row.timeMs), rows.map((row) => row.valueKey), rows.map((row) => row.quality)],
      )
      await client.query('update quarantine_group set kept = kept - $2, adopted = adopted + $2 where id = $1', [id, rowCount ?? 0])
      return rowCount ?? 0
    })
    this.#kept -= gone
  }

  // From the largest sources, down to 95 %, so that it does not happen with every batch.
  async #trimAll(): Promise<number> {
    let excess = this.#kept - Math.floor(this.#limits.maxSamples * 0.95)
    const dropped = await inTransaction(this.#pool, async (client: PoolClient) => {
      let total = 0
      const { rows } = await client.query<{ id: number; kept: number }>('select id, kept::int as kept from quarantine_group where kept > 0 order by kept desc, id limit 1000')
      for (const row of rows) {
        if (excess <= 0) break
        const gone = await dropOldest(client, row.id, Math.min(excess, Math.max(1, Math.ceil(row.kept / 2))))
        total += gone
        excess -= gone
      }
      return total
    })
    this.#kept -= dropped
    return dropped
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}

interface Cursor {
  readonly timeMs: number
  readonly valueKey: string
  readonly quality: number
}

interface KeptRow extends Cursor {
  readonly value: string
  readonly reasonCode: number
  readonly flags: number
  readonly gatewayDeltaMs: number
}
