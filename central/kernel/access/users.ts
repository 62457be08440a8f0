import { type Clock, systemClock } from '@orewatch/core'
import { asc, count, eq, gt } from 'drizzle-orm'
import { inTransaction, type Relational, tables, withCodedErrors } from '../../relational/index.ts'
import type { NewUser, User, Users } from './access.ts'
import { type Role, roleConflict, ROLES } from './can.ts'
import { accessErrors } from './errors.ts'
import { FORMER_PASSWORDS, hashPassword, passwordProblem, randomPassword, verifyPassword } from './password.ts'

const { account, session } = tables
const LOGIN = /^[a-z0-9][a-z0-9._-]{1,63}$/
const SUBJECT = /^[1-9]\d{5}[1-7]\d{5}$/
const FIRST_LOGIN = 'sysadmin'
// Any number, as long as it is always the same one in this database.
const FIRST_START_LOCK = 7_306_003

/** Opens the accounts. */
export function openUsers(relational: Relational, clock: Clock = systemClock): Users {
  const { db } = relational
  return withCodedErrors<Users>({
    create: (user) => createUser(relational, user, clock.nowMs()),
    byLogin: async (login) => {
      const [row] = await db.select().from(account).where(eq(account.login, login.toLowerCase()))
      return row && toUser(row)
    },
    list: async ({ after, limit }) => {
      if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw accessErrors.BAD_QUERY({ limit, allowed: '1 to 1000' })
      const rows = await db
        .select()
        .from(account)
        .where(after === undefined ? undefined : gt(account.login, after))
        .orderBy(asc(account.login))
        .limit(limit + 1)
      const shown = rows.slice(0, limit).map(toUser)
      const last = shown.at(-1)
      return { rows: shown, ...(rows.length > limit && last !== undefined && { next: last.login }) }
    },
    setAccess: async (id, access) => {
      const [row] = await db.update(account).set(checkedAccess(access)).where(eq(account.id, id)).returning()
      if (row === undefined) throw accessErrors.UNKNOWN_USER({ id })
      return toUser(row)
    },
    changePassword: (id, oldPassword, newPassword) => changePassword(relational, id, oldPassword, newPassword, clock.nowMs()),
    resetPassword: (id) => resetPassword(relational, id, clock.nowMs()),
    disable: async (id) => {
      const rows = await db.update(account).set({ isDisabled: true }).where(eq(account.id, id)).returning({ id: account.id })
      if (rows.length === 0) throw accessErrors.UNKNOWN_USER({ id })
      await db
        .update(session)
        .set({ endedMs: Math.round(clock.nowMs()) })
        .where(eq(session.accountId, id))
    },
    createFirstAdministrator: () => createFirst(relational, clock.nowMs()),
  })
}

/** An account as the rest of central sees it. */
export function toUser(row: typeof account.$inferSelect): User {
  return {
    id: row.id,
    login: row.login,
    displayName: row.displayName,
    roles: row.roles.filter((role): role is Role => role in ROLES),
    divisionPrefix: row.divisionPrefix,
    mustChangePassword: row.mustChangePassword,
    ...(row.subjectCodes !== null && { subjectCodes: row.subjectCodes }),
  }
}

async function createUser({ db }: Relational, user: NewUser, nowMs: number): Promise<User> {
  const login = user.login.toLowerCase()
  if (!LOGIN.test(login)) throw accessErrors.BAD_LOGIN({ login: login.slice(0, 80) })
  const access = checkedAccess(user)
  const problem = passwordProblem(user.password, login)
  if (problem !== undefined) throw accessErrors.WEAK_PASSWORD({ problem })
  const passwordHash = await hashPassword(user.password)
  const [row] = await db
    .insert(account)
    .values({
      login,
      displayName: user.displayName.slice(0, 100),
      passwordHash,
      passwordChangedMs: nowMs,
      mustChangePassword: user.mustChangePassword ?? false,
      createdMs: nowMs,
      ...access,
    })
    .onConflictDoNothing({ target: account.login })
    .returning()
  if (row === undefined) throw accessErrors.LOGIN_TAKEN({ login })
  return toUser(row)
}

function checkedAccess(access: Pick<NewUser, 'roles' | 'divisionPrefix' | 'subjectCodes'>): { roles: string[]; divisionPrefix: string; subjectCodes: string[] | null } {
  const unknown = access.roles.find((role) => !(role in ROLES))
  const conflict = unknown === undefined ? roleConflict(access.roles) : `${unknown} is not a role`
  if (conflict !== undefined) throw accessErrors.BAD_ROLES({ conflict })
  const subjects = access.subjectCodes
  const isScopeRight = /^(\d{2}){0,3}$/.test(access.divisionPrefix) && (subjects === undefined || (subjects.length > 0 && subjects.every((code) => SUBJECT.test(code))))
  // An enterprise without subjects would see the whole division.
  if (!isScopeRight || (access.roles.includes('enterprise-safety') && subjects === undefined)) throw accessErrors.BAD_SCOPE({ divisionPrefix: access.divisionPrefix, subjectCodes: subjects ?? 'none' })
  return { roles: [...access.roles], divisionPrefix: access.divisionPrefix, subjectCodes: subjects === undefined ? null : [...subjects] }
}

async function changePassword({ db }: Relational, id: number, oldPassword: string, newPassword: string, nowMs: number): Promise<void> {
  const [row] = await db.select().from(account).where(eq(account.id, id))
  if (row === undefined) throw accessErrors.UNKNOWN_USER({ id })
  if (!(await verifyPassword(oldPassword, row.passwordHash))) throw accessErrors.LOGIN_REFUSED()
  const problem = passwordProblem(newPassword, row.login)
  if (problem !== undefined) throw accessErrors.WEAK_PASSWORD({ problem })
  const former = [row.passwordHash, ...row.formerHashes].slice(0, FORMER_PASSWORDS)
  for (const hash of former) {
    if (await verifyPassword(newPassword, hash)) throw accessErrors.WEAK_PASSWORD({ problem: `it must not be one of the last ${FORMER_PASSWORDS}` })
  }
  const passwordHash = await hashPassword(newPassword)
  await db.transaction(async (tx) => {
    await tx.update(account).set({ passwordHash, formerHashes: former, passwordChangedMs: nowMs, mustChangePassword: false }).where(eq(account.id, id))
    await tx
      .update(session)
      .set({ endedMs: Math.round(nowMs) })
      .where(eq(session.accountId, id))
  })
}

async function resetPassword({ db }: Relational, id: number, nowMs: number): Promise<string> {
  const password = randomPassword()
  const passwordHash = await hashPassword(password)
  await db.transaction(async (tx) => {
    const rows = await tx.update(account).set({ passwordHash, passwordChangedMs: nowMs, mustChangePassword: true }).where(eq(account.id, id)).returning({ id: account.id })
    if (rows.length === 0) throw accessErrors.UNKNOWN_USER({ id })
    await tx
      .update(session)
      .set({ endedMs: Math.round(nowMs) })
      .where(eq(session.accountId, id))
  })
  return password
}

async function createFirst(relational: Relational, nowMs: number): Promise<{ login: string; password: string } | undefined> {
  return await inTransaction(relational.pool, async (client) => {
    // Two programs that start at once must not both print a password of which one is wrong.
    await client.query('select pg_advisory_xact_lock($1)', [FIRST_START_LOCK])
    const [existing] = await relational.db.select({ accounts: count() }).from(account)
    if ((existing?.accounts ?? 0) > 0) return undefined
    const password = randomPassword()
    await createUser(relational, { login: FIRST_LOGIN, displayName: '系统管理员', password, roles: ['system-administrator'], divisionPrefix: '' }, nowMs)
    return { login: FIRST_LOGIN, password }
  })
}
