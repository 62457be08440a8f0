import { Pool } from 'pg'
import { silentLogger } from '@orewatch/observability'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanText, inTransaction, openRelational, type Relational, toJsonbText } from './index.ts'
import { openTestRelational } from './testing.ts'

const log = silentLogger()
let relational: Relational

beforeAll(async () => {
  relational = await openTestRelational()
})
afterAll(() => relational.close())

// The embedded server serves here as a server by URL.
function urlOf(database: string): string {
  const { user, password, host } = relational.pool.options as { user: string; password: string; host: string }
  return `postgresql://${user}:${encodeURIComponent(password)}@/${database}?host=${encodeURIComponent(host)}`
}

async function newDatabase(name: string, options = ''): Promise<string> {
  await relational.pool.query(`create database ${name} ${options}`)
  return urlOf(name)
}

describe('a server by URL', () => {
  test('is migrated once when several programs start at the same time', async () => {
    const url = await newDatabase('many')
    const all = await Promise.all([1, 2, 3].map(() => openRelational({ url, poolSize: 2 }, log)))
    const [first] = all
    const { rows } = await first!.pool.query('select count(*)::int as count, count(distinct hash)::int as different from drizzle.__drizzle_migrations')
    expect(rows[0].count).toBeGreaterThan(2)
    expect(rows[0].different).toBe(rows[0].count)
    expect(first!.health()).toMatchObject({ ok: true })
    await Promise.all(all.map((one) => one.close()))
  })

  test('that a newer program has migrated is refused', async () => {
    const url = await newDatabase('newer')
    await (await openRelational({ url }, log)).close()
    const pool = new Pool({ connectionString: url })
    await pool.query("insert into drizzle.__drizzle_migrations (hash, created_at) values ('future', 9999999999999)")
    await pool.end()
    await expect(openRelational({ url }, log)).rejects.toMatchObject({ code: 'RELATIONAL_NEWER_SCHEMA' })
  })

  test('that cannot hold Chinese text is refused', async () => {
    const url = await newDatabase('ascii', "encoding 'SQL_ASCII' locale 'C' template template0")
    await expect(openRelational({ url }, log)).rejects.toMatchObject({ code: 'RELATIONAL_WRONG_ENCODING' })
  })

  test('that does not answer is told with the reason, and without the password', async () => {
    const failure = openRelational({ url: 'postgresql://me:hunter22@127.0.0.1:9/x' }, log)
    await expect(failure).rejects.toMatchObject({ code: 'RELATIONAL_CONNECT_FAILED', retry: 'soon' })
    await expect(failure).rejects.toThrow('ECONNREFUSED')
    await expect(failure).rejects.not.toThrow('hunter22')
  })
})

describe('a transaction', () => {
  test('that meets a deadlock is done again and both end well', async () => {
    const { pool } = relational
    await pool.query('create table counter (id int primary key, value int); insert into counter values (1, 0), (2, 0)')
    let arrived = 0
    const bothHere = Promise.withResolvers<void>()
    const bump = (order: number[]) =>
      inTransaction(pool, async (client) => {
        await client.query('update counter set value = value + 1 where id = $1', [order[0]])
        if (++arrived === 2) bothHere.resolve()
        await bothHere.promise
        await client.query('update counter set value = value + 1 where id = $1', [order[1]])
      })
    await Promise.all([bump([1, 2]), bump([2, 1])])
    expect((await pool.query('select value from counter')).rows).toEqual([{ value: 2 }, { value: 2 }])
  })

  test('that fails leaves nothing and gives its connection back', async () => {
    const { pool } = relational
    await pool.query('create table nothing (id int)')
    await expect(
      inTransaction(pool, async (client) => {
        await client.query('insert into nothing values (1)')
        throw new TypeError('on purpose')
      }),
    ).rejects.toThrow('on purpose')
    expect((await pool.query('select * from nothing')).rows).toEqual([])
    expect(pool.idleCount).toBe(pool.totalCount)
  })
})

function check(value: unknown, expected: unknown) {
  expect(JSON.parse(toJsonbText(value))).toEqual(expected)
}

test('ordinary JSON passes unchanged', () => check({ a: [1, '矿', null, true] }, { a: [1, '矿', null, true] }))
test('NUL becomes a replacement character, in keys too', () => check({ 'a\0': 'b\0' }, { 'a\uFFFD': 'b\uFFFD' }))
test('a backslash before u0000 is no NUL', () => check('\\u0000', '\\u0000'))
test('a lone surrogate becomes a replacement character, a pair stays', () => check(['\ud800', '😀'], ['\uFFFD', '😀']))
test('text is cleaned of both', () => expect(cleanText('a\0\udc00b')).toBe('a\uFFFD\uFFFDb'))
