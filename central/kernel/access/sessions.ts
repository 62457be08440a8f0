import { createHash, randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '@orewatch/core'
import { and, eq, isNull } from 'drizzle-orm'
import { cleanText, type Relational, tables, withCodedErrors } from '../../relational/index.ts'
import type { NewSession, Sessions, User } from './access.ts'
import { accessErrors } from './errors.ts'
import { type Attempt, countFailure, forgive, LOCKOUT_RULES, type LockoutRules, refuseLocked } from './lockout.ts'
import { DECOY_HASH, hashPassword, isOutdated, verifyPassword } from './password.ts'
import { toUser } from './users.ts'

const { account, session } = tables
const TOKEN = /^[A-Za-z0-9_-]{43}$/
// The last-seen time is written this seldom; an idle timeout is longer by that much at most.
const TOUCH_MS = 30_000
const KEEP_ENDED_MS = 30 * 86_400_000

/** How long sessions live. */
export interface SessionRules {
  /** SEC-ID-3: at most 15 minutes without a request. */
  readonly idleMs: number
  readonly maxAgeMs: number
  /** Sessions of one account at once; the oldest ends when there is one more. */
  readonly maxPerAccount: number
  readonly lockout: LockoutRules
}

const DEFAULT_RULES: SessionRules = { idleMs: 15 * 60_000, maxAgeMs: 12 * 3_600_000, maxPerAccount: 5, lockout: LOCKOUT_RULES }

/** Opens logins and sessions. */
export function openSessions(relational: Relational, rules: Partial<SessionRules> = {}, clock: Clock = systemClock): Sessions {
  const all = { ...DEFAULT_RULES, ...rules }
  const { db } = relational
  return withCodedErrors<Sessions>({
    login: async (login, password, address) => {
      const attempt = { login: cleanText(login).toLowerCase().slice(0, 64), address: cleanText(address).slice(0, 64), nowMs: clock.nowMs() }
      return await logIn(relational, attempt, password, all)
    },
    resolve: (token) => resolve(relational, token, all, clock.nowMs()),
    logout: async (token) => {
      if (TOKEN.test(token))
        await db
          .update(session)
          .set({ endedMs: Math.round(clock.nowMs()) })
          .where(and(eq(session.tokenHash, hashOf(token)), isNull(session.endedMs)))
    },
    revokeAll: async (userId) => {
      await db
        .update(session)
        .set({ endedMs: Math.round(clock.nowMs()) })
        .where(and(eq(session.accountId, userId), isNull(session.endedMs)))
    },
  })
}

async function logIn(relational: Relational, attempt: Attempt, password: string, rules: SessionRules): Promise<NewSession> {
  const { db, pool } = relational
  await refuseLocked(pool, attempt)
  const [row] = await db.select().from(account).where(eq(account.login, attempt.login))
  const isRight = await verifyPassword(password, row?.passwordHash ?? DECOY_HASH)
  if (row === undefined || row.isDisabled || !isRight) {
    const hasLocked = await countFailure(pool, attempt, rules.lockout)
    throw accessErrors.LOGIN_REFUSED({ hasLocked })
  }
  await forgive(pool, attempt)
  const rehashed = isOutdated(row.passwordHash) ? { passwordHash: await hashPassword(password) } : {}
  await db
    .update(account)
    .set({ lastLoginMs: Math.round(attempt.nowMs), ...rehashed })
    .where(eq(account.id, row.id))
  return { token: await begin(relational, row.id, attempt, rules), user: toUser(row) }
}

async function begin({ pool }: Relational, accountId: number, attempt: Attempt, rules: SessionRules): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const nowMs = Math.round(attempt.nowMs)
  await pool.query('insert into session (token_hash, account_id, address, created_ms, last_seen_ms) values ($1, $2, $3, $4, $4)', [hashOf(token), accountId, attempt.address, nowMs])
  await pool.query(
    `update session set ended_ms = $2 where token_hash in (
       select token_hash from session where account_id = $1 and ended_ms is null order by created_ms desc, last_seen_ms desc offset $3)`,
    [accountId, nowMs, rules.maxPerAccount],
  )
  // Ended ones are kept for a month: they say from where an account is known.
  await pool.query('delete from session where created_ms < $1', [nowMs - rules.maxAgeMs - KEEP_ENDED_MS])
  return token
}

async function resolve({ db, pool }: Relational, token: string, rules: SessionRules, nowMs: number): Promise<User | undefined> {
  if (!TOKEN.test(token)) return undefined
  const tokenHash = hashOf(token)
  const [row] = await db.select({ session, account }).from(session).innerJoin(account, eq(account.id, session.accountId)).where(eq(session.tokenHash, tokenHash))
  if (row === undefined || row.account.isDisabled || row.session.endedMs !== null) return undefined
  if (nowMs - row.session.lastSeenMs > rules.idleMs || nowMs - row.session.createdMs > rules.maxAgeMs) return undefined
  if (nowMs - row.session.lastSeenMs > TOUCH_MS) await pool.query('update session set last_seen_ms = greatest(last_seen_ms, $2) where token_hash = $1', [tokenHash, Math.round(nowMs)])
  return toUser(row.account)
}

// The token has 256 random bits, so a plain hash is enough: there is nothing to guess.
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
