import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Relational } from '../../relational/index.ts'
import { openTestRelational } from '../../relational/testing.ts'
import { type NewUser, openAudit, openSessions, openUsers } from './index.ts'
import { hashPassword, isOutdated, passwordProblem, randomPassword, verifyPassword } from './password.ts'

const PASSWORD = 'Tu3-bian-lu'
const MINUTE = 60_000
let relational: Relational
let nowMs = Date.UTC(2026, 0, 1)
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }

beforeAll(async () => {
  relational = await openTestRelational()
})
afterAll(() => relational.close())
beforeEach(async () => {
  await relational.pool.query('truncate session, login_failure; delete from account')
})

function newUser(over: Partial<NewUser> = {}): NewUser {
  return { login: 'zhang.san', displayName: '张三', password: PASSWORD, roles: ['duty-officer'], divisionPrefix: '990121', ...over }
}

const users = () => openUsers(relational, clock)
const sessions = () => openSessions(relational, {}, clock)

describe('accounts', () => {
  test('are unique whatever the case of the login', async () => {
    expect(await users().create(newUser())).toMatchObject({ login: 'zhang.san', roles: ['duty-officer'], divisionPrefix: '990121', mustChangePassword: false })
    await expect(users().create(newUser({ login: 'Zhang.San' }))).rejects.toMatchObject({ code: 'ACCESS_LOGIN_TAKEN' })
  })
  test('hold no two roles that exclude each other, in the database neither', async () => {
    await expect(users().create(newUser({ roles: ['system-administrator', 'audit-administrator'] }))).rejects.toMatchObject({ code: 'ACCESS_BAD_ROLES' })
    const { id } = await users().create(newUser())
    await expect(users().setAccess(id, { roles: ['security-administrator', 'duty-officer'], divisionPrefix: '' })).rejects.toMatchObject({ code: 'ACCESS_BAD_ROLES' })
    await expect(relational.pool.query("update account set roles = array['security-administrator', 'duty-officer']")).rejects.toThrow('account_roles_check')
  })
  test('of an enterprise need subjects, and no scope is half a digit pair', async () => {
    await expect(users().create(newUser({ roles: ['enterprise-safety'] }))).rejects.toMatchObject({ code: 'ACCESS_BAD_SCOPE' })
    await expect(users().create(newUser({ divisionPrefix: '990' }))).rejects.toMatchObject({ code: 'ACCESS_BAD_SCOPE' })
    expect(await users().create(newUser({ roles: ['enterprise-safety'], subjectCodes: ['990121100001'] }))).toMatchObject({ subjectCodes: ['990121100001'] })
  })
  test('keep no password that could be read', async () => {
    await users().create(newUser())
    const { rows } = await relational.pool.query('select account::text as row from account')
    expect(rows[0].row).toContain('$argon2id$v=19$m=32768,t=3,p=1$')
    expect(rows[0].row).not.toContain(PASSWORD)
  })
  test('start with one administrator and a password that is told once', async () => {
    const both = await Promise.all([users().createFirstAdministrator(), users().createFirstAdministrator()])
    const first = both.find((made) => made !== undefined)
    expect(both.filter((made) => made !== undefined)).toHaveLength(1)
    expect(await users().createFirstAdministrator()).toBeUndefined()
    const { user } = await sessions().login(first?.login ?? '', first?.password ?? '', '127.0.0.1')
    expect(user.roles).toEqual(['system-administrator'])
  })
  test('change their password with the old one, to a strong one, and not back', async () => {
    const { id } = await users().create(newUser({ mustChangePassword: true }))
    const { token } = await sessions().login('zhang.san', PASSWORD, 'a')
    await expect(users().changePassword(id, 'wrong', 'Another-1-word')).rejects.toMatchObject({ code: 'ACCESS_LOGIN_REFUSED' })
    await expect(users().changePassword(id, PASSWORD, 'short')).rejects.toMatchObject({ code: 'ACCESS_WEAK_PASSWORD' })
    await expect(users().changePassword(id, PASSWORD, PASSWORD)).rejects.toMatchObject({ code: 'ACCESS_WEAK_PASSWORD' })
    await users().changePassword(id, PASSWORD, 'Another-1-word')
    await expect(users().changePassword(id, 'Another-1-word', PASSWORD)).rejects.toMatchObject({ details: { problem: expect.stringContaining('last 5') } })
    expect(await users().byLogin('zhang.san')).toMatchObject({ mustChangePassword: false })
    expect(await sessions().resolve(token)).toBeUndefined()
  })
  test('whose password is reset get a new one that they must change', async () => {
    const { id } = await users().create(newUser())
    const password = await users().resetPassword(id)
    await expect(sessions().login('zhang.san', PASSWORD, 'a')).rejects.toMatchObject({ code: 'ACCESS_LOGIN_REFUSED' })
    expect((await sessions().login('zhang.san', password, 'a')).user.mustChangePassword).toBe(true)
  })
})

describe('sessions', () => {
  async function begun(): Promise<string> {
    await users().create(newUser())
    return (await sessions().login('ZHANG.SAN', PASSWORD, '10.0.0.1')).token
  }
  test('last as long as requests come, fifteen minutes after the last', async () => {
    const token = await begun()
    for (let i = 0; i < 4; i++) {
      nowMs += 14 * MINUTE
      expect(await sessions().resolve(token)).toMatchObject({ login: 'zhang.san' })
    }
    nowMs += 16 * MINUTE
    expect(await sessions().resolve(token)).toBeUndefined()
  })
  test('end after twelve hours whatever comes', async () => {
    const token = await begun()
    for (let i = 0; i < 72; i++) {
      nowMs += 10 * MINUTE
      await sessions().resolve(token)
    }
    nowMs += MINUTE
    expect(await sessions().resolve(token)).toBeUndefined()
  })
  test('end with logout', async () => {
    const token = await begun()
    await sessions().logout(token)
    expect(await sessions().resolve(token)).toBeUndefined()
  })
  test('see a role that was taken away with the next request', async () => {
    const token = await begun()
    const id = (await users().byLogin('zhang.san'))?.id ?? 0
    await users().setAccess(id, { roles: ['read-only-leader'], divisionPrefix: '99' })
    expect(await sessions().resolve(token)).toMatchObject({ roles: ['read-only-leader'], divisionPrefix: '99' })
    await users().disable(id)
    expect(await sessions().resolve(token)).toBeUndefined()
  })
  test('of one account are five at most; the oldest ends', async () => {
    const tokens = [await begun()]
    for (let i = 0; i < 5; i++) {
      nowMs += 1_000
      tokens.push((await sessions().login('zhang.san', PASSWORD, '10.0.0.1')).token)
    }
    const alive = await Promise.all(tokens.map(async (token) => (await sessions().resolve(token)) !== undefined))
    expect(alive).toEqual([false, true, true, true, true, true])
  })
  test('cannot be taken from the database', async () => {
    const token = await begun()
    const { rows } = await relational.pool.query("select encode(token_hash, 'base64') as hash from session")
    expect(rows[0].hash).not.toContain(token)
    expect(await sessions().resolve(rows[0].hash)).toBeUndefined()
    expect(await sessions().resolve("' or true --")).toBeUndefined()
  })
})

describe('failed logins', () => {
  async function fail(times: number, login = 'zhang.san', address: string | ((i: number) => string) = 'attacker'): Promise<string[]> {
    const codes: string[] = []
    for (let i = 0; i < times; i++) {
      const from = typeof address === 'string' ? address : address(i)
      codes.push(
        await sessions()
          .login(login, 'wrong', from)
          .then(
            () => 'in',
            (err: { code: string }) => err.code,
          ),
      )
    }
    return codes
  }
  test('five times lock for thirty minutes, also with the right password', async () => {
    await users().create(newUser())
    expect(await fail(6)).toEqual([...Array<string>(5).fill('ACCESS_LOGIN_REFUSED'), 'ACCESS_LOCKED'])
    await expect(sessions().login('zhang.san', PASSWORD, 'attacker')).rejects.toMatchObject({ code: 'ACCESS_LOCKED' })
    nowMs += 31 * MINUTE
    expect((await sessions().login('zhang.san', PASSWORD, 'attacker')).user.login).toBe('zhang.san')
  })
  test('do not add up over more than ten minutes', async () => {
    await users().create(newUser())
    for (let i = 0; i < 3; i++) {
      expect(await fail(4)).not.toContain('ACCESS_LOCKED')
      nowMs += 11 * MINUTE
    }
  })
  test('from one address leave the person at another address alone', async () => {
    await users().create(newUser())
    await fail(6)
    expect((await sessions().login('zhang.san', PASSWORD, 'office')).user.login).toBe('zhang.san')
  })
  test('from everywhere lock the account, but not where its person is known', async () => {
    await users().create(newUser())
    await sessions().login('zhang.san', PASSWORD, 'office')
    expect((await fail(31, 'zhang.san', (i) => `bot-${i}`)).at(-1)).toBe('ACCESS_LOCKED')
    await expect(sessions().login('zhang.san', PASSWORD, 'hotel')).rejects.toMatchObject({ code: 'ACCESS_LOCKED' })
    expect((await sessions().login('zhang.san', PASSWORD, 'office')).user.login).toBe('zhang.san')
  }, 60_000)
  test('of an unknown login look like those of a known one', async () => {
    await users().create(newUser())
    expect(await fail(6, 'nobody-here', 'somewhere')).toEqual(await fail(6, 'zhang.san', 'somewhere'))
  })
})

describe('the audit log', () => {
  test('tells who did what, when, from where and with what result', async () => {
    const audit = openAudit(relational, clock)
    await audit.append({ user: { id: 7, login: 'zhang.san' }, address: '10.0.0.1', action: 'quarantine.adopt', object: '9901211000010101010001', result: 'ok', detail: { group: 3 } })
    await audit.append({ address: '10.0.0.2', action: 'login', object: 'a\0dmin', result: 'refused' })
    expect((await audit.list({ limit: 10 })).rows).toMatchObject([
      { timeMs: nowMs, actor: '-', address: '10.0.0.2', action: 'login', object: 'a\uFFFDdmin', result: 'refused' },
      { actor: 'zhang.san', action: 'quarantine.adopt', result: 'ok', detail: { group: 3 } },
    ])
  })
  test('can neither be changed nor deleted nor emptied', async () => {
    await openAudit(relational, clock).append({ address: 'x', action: 'login', object: 'y', result: 'ok' })
    for (const statement of ["update audit_log set result = 'ok'", 'delete from audit_log', 'truncate audit_log']) {
      await expect(relational.pool.query(statement)).rejects.toThrow('append-only')
    }
  })
})

describe('passwords', () => {
  function check(password: string, problem: RegExp | undefined) {
    const found = passwordProblem(password, 'lisi')
    expect(found ?? '').toMatch(problem ?? /^$/)
  }
  test('nine characters are too short', () => check('Ab3-efghi', /10 characters/))
  test('two classes are too few', () => check('abcdefgh1234', /three of/))
  test('the login must not be in it', () => check('Lisi-2026-x', /login/))
  test('a well-known word with trimmings is weak', () => check('Admin@12345', /admin/))
  test('few characters repeated are weak', () => check('Aa1Aa1Aa1Aa1', /repeats/))
  test('a long sentence passes', () => check('Drei Pferde im Regen', undefined))
  test('Chinese characters count as one class', () => check('矿山安全第一天地Ab', undefined))
  test('a random one passes and is never the same', () => {
    check(randomPassword(), undefined)
    expect(randomPassword()).not.toBe(randomPassword())
  })
  test('a hash of the reference implementation is verified, and found outdated', async () => {
    // phc-winner-argon2, src/test.c: hashtest(version, 2, 16, 1, "password", "somesalt", …, Argon2_id)
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    expect(await verifyPassword('password', reference)).toBe(true)
    expect(isOutdated(reference)).toBe(true)
    expect(isOutdated(await hashPassword('password'))).toBe(false)
  })
  test('too many at once are refused, and those let in all end well', async () => {
    const all = await Promise.allSettled(Array.from({ length: 80 }, () => hashPassword(PASSWORD)))
    expect(all.filter((one) => one.status === 'fulfilled')).toHaveLength(66)
    expect(await verifyPassword(PASSWORD, await hashPassword(PASSWORD))).toBe(true)
  }, 60_000)
  test('only the right password fits its hash', async () => {
    const hash = await hashPassword('Tu3-bian-lu')
    expect(await verifyPassword('Tu3-bian-lu', hash)).toBe(true)
    expect(await verifyPassword('Tu3-bian-lv', hash)).toBe(false)
    expect(await verifyPassword('Tu3-bian-lu', 'plain')).toBe(false)
  })
})
