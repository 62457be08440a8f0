import { sql } from 'drizzle-orm'
import { bigint, boolean, char, check, customType, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })

/** People who may log in. */
export const account = pgTable(
  'account',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** Lower case. */
    login: text().notNull(),
    displayName: text().notNull(),
    /** PHC string of argon2id. */
    passwordHash: text().notNull(),
    passwordChangedMs: bigint({ mode: 'number' }).notNull(),
    mustChangePassword: boolean().notNull(),
    /** Hashes of earlier passwords, newest first. */
    formerHashes: text().array().notNull().default([]),
    roles: text().array().notNull(),
    /** First 0, 2, 4 or 6 digits of the division codes that the account may see. */
    divisionPrefix: text().notNull(),
    /** Subjects that the account is limited to; null is no limit. */
    subjectCodes: char({ length: 12 }).array(),
    isDisabled: boolean().notNull().default(false),
    createdMs: bigint({ mode: 'number' }).notNull(),
    lastLoginMs: bigint({ mode: 'number' }),
  },
  (t) => [
    uniqueIndex('account_login_idx').on(t.login),
    // SEC-AC-2, in the database too: an administrator of one kind holds no other role.
    check('account_roles_check', sql`cardinality(${t.roles}) = 1 or not (${t.roles} && array['system-administrator', 'security-administrator', 'audit-administrator'])`),
    check('account_scope_check', sql`${t.divisionPrefix} ~ '^([0-9]{2}){0,3}$'`),
  ],
)

/** Sessions; only the hash of the token is known here. */
export const session = pgTable(
  'session',
  {
    tokenHash: bytea().primaryKey(),
    accountId: integer()
      .notNull()
      .references(() => account.id),
    address: text().notNull(),
    createdMs: bigint({ mode: 'number' }).notNull(),
    lastSeenMs: bigint({ mode: 'number' }).notNull(),
    endedMs: bigint({ mode: 'number' }),
  },
  (t) => [index('session_account_idx').on(t.accountId, t.createdMs), index('session_created_idx').on(t.createdMs)],
)

/** Recent failed logins of an account from an address, of an account, and of an address. */
export const loginFailure = pgTable(
  'login_failure',
  {
    key: text().primaryKey(),
    count: integer().notNull(),
    sinceMs: bigint({ mode: 'number' }).notNull(),
    lockedUntilMs: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [index('login_failure_since_idx').on(t.sinceMs)],
)

/** Who did what, when and from where; a trigger refuses to change or delete rows. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    timeMs: bigint({ mode: 'number' }).notNull(),
    accountId: integer(),
    actor: text().notNull(),
    address: text().notNull(),
    action: text().notNull(),
    object: text().notNull(),
    result: text().notNull(),
    detail: jsonb().notNull(),
  },
  (t) => [index('audit_log_time_idx').on(t.timeMs), index('audit_log_actor_idx').on(t.actor, t.id)],
)
