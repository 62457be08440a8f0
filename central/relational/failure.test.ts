import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Relational, tables, translated, withCodedErrors } from './index.ts'
import { openTestRelational } from './testing.ts'

let relational: Relational

beforeAll(async () => {
  relational = await openTestRelational()
})
afterAll(() => relational.close())

describe('a failure', () => {
  test('that the same work would meet again says never', async () => {
    await expect(translated(() => relational.pool.query('select 1 / 0'))).rejects.toMatchObject({ code: 'RELATIONAL_REFUSED', retry: 'never', details: { code: '22012', said: 'division by zero' } })
  })
  test('of the connection says soon', async () => {
    await expect(translated(() => relational.pool.query('select pg_terminate_backend(pg_backend_pid())'))).rejects.toMatchObject({ code: 'RELATIONAL_UNAVAILABLE', retry: 'soon' })
  })
  test('of Drizzle does not repeat parameters, which may be secret', async () => {
    const insert = translated(() => relational.db.insert(tables.device).values({ gatewayId: 424_242, name: 'secret-name' }))
    await expect(insert).rejects.toMatchObject({ code: 'RELATIONAL_REFUSED', details: { constraint: expect.stringContaining('gateway') } })
    await expect(insert).rejects.not.toThrow('secret-name')
  })
  test('of our own stays as it is', async () => {
    const methods = withCodedErrors({ fails: () => Promise.reject(new TypeError('BUG: ours')), works: (value: number) => Promise.resolve(value + 1) })
    await expect(methods.fails()).rejects.toThrow('BUG: ours')
    expect(await methods.works(1)).toBe(2)
  })
})
