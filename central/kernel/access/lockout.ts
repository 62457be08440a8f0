/*
 * Lock-out after failed logins, in three circles. An account from one address locks fast. An account from everywhere, and
 * an address for all accounts, lock later, and never lock out somebody who logged in from that address before: otherwise
 * one attacker, or one forgetful colleague behind the county's only address, could lock the whole county out.
 */
import type { Pool } from 'pg'
import { accessErrors } from './errors.ts'

/** How many failures lock, counted over `windowMs`, and for how long. SEC-ID-3: 5 in 10 minutes, 30 minutes. */
export interface LockoutRules {
  readonly windowMs: number
  readonly lockMs: number
  readonly perPair: number
  readonly perAccount: number
  readonly perAddress: number
}

/** The rules of SEC-ID-3, with wider circles for account and address alone. */
export const LOCKOUT_RULES: LockoutRules = { windowMs: 600_000, lockMs: 1_800_000, perPair: 5, perAccount: 30, perAddress: 100 }

// An attacker chooses the names of rows, so their number is bounded.
const MAX_ROWS = 100_000
const FAMILIAR_MS = 30 * 86_400_000

/** One attempt to log in. */
export interface Attempt {
  readonly login: string
  readonly address: string
  readonly nowMs: number
}

/** Throws ACCESS_LOCKED when this attempt may not even try. */
export async function refuseLocked(pool: Pool, attempt: Attempt): Promise<void> {
  const keys = keysOf(attempt)
  const { rows } = await pool.query<{ key: string; until: number }>('select key, locked_until_ms::float8 as until from login_failure where key = any($1) and locked_until_ms > $2', [
    [keys.pair, keys.account, keys.address],
    Math.round(attempt.nowMs),
  ])
  if (rows.length === 0) return
  const isPairLocked = rows.some((row) => row.key === keys.pair)
  if (!isPairLocked && (await isFamiliar(pool, attempt))) return
  throw accessErrors.LOCKED({ untilMs: Math.max(...rows.map((row) => row.until)) })
}

/** Counts a failure; answers whether it locked something. */
export async function countFailure(pool: Pool, attempt: Attempt, rules: LockoutRules): Promise<boolean> {
  const keys = keysOf(attempt)
  const nowMs = Math.round(attempt.nowMs)
  const { rows } = await pool.query<{ hasLocked: boolean }>(
    `insert into login_failure as f (key, count, since_ms, locked_until_ms)
     select k, 1, $3::int8, case when l <= 1 then $3::int8 + $5::int8 else 0 end from unnest($1::text[], $2::int[]) as u(k, l) order by 1
     on conflict (key) do update set
       count = case when f.since_ms < $3::int8 - $4::int8 then 1 else f.count + 1 end,
       since_ms = case when f.since_ms < $3::int8 - $4::int8 then $3::int8 else f.since_ms end,
       locked_until_ms = case when f.since_ms >= $3::int8 - $4::int8 and f.count + 1 >= ($2::int[])[array_position($1::text[], f.key)] then $3::int8 + $5::int8 else f.locked_until_ms end
     returning locked_until_ms = $3::int8 + $5::int8 as "hasLocked"`,
    [[keys.pair, keys.account, keys.address], [rules.perPair, rules.perAccount, rules.perAddress], nowMs, rules.windowMs, rules.lockMs],
  )
  await forgetOld(pool, nowMs, rules)
  return rows.some((row) => row.hasLocked)
}

/** A right password clears what stands against this account from this address. */
export async function forgive(pool: Pool, attempt: Attempt): Promise<void> {
  await pool.query('delete from login_failure where key = $1', [keysOf(attempt).pair])
}

// One in about a hundred failures cleans up, so that an attack does not pay for it each time.
async function forgetOld(pool: Pool, nowMs: number, rules: LockoutRules): Promise<void> {
  if (Math.random() > 0.01) return
  await pool.query('delete from login_failure where since_ms < $1 and locked_until_ms < $2', [nowMs - rules.windowMs, nowMs])
  await pool.query('delete from login_failure where key in (select key from login_failure order by since_ms desc offset $1)', [MAX_ROWS])
}

async function isFamiliar(pool: Pool, attempt: Attempt): Promise<boolean> {
  const { rowCount } = await pool.query('select 1 from session s join account a on a.id = s.account_id where a.login = $1 and s.address = $2 and s.created_ms > $3 limit 1', [
    attempt.login,
    attempt.address,
    Math.round(attempt.nowMs - FAMILIAR_MS),
  ])
  return (rowCount ?? 0) > 0
}

function keysOf({ login, address }: Attempt): { pair: string; account: string; address: string } {
  return { pair: `pair:${login}@${address}`, account: `account:${login}`, address: `address:${address}` }
}
