import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { translateFailure } from './failure.ts'

// Serialisation failure and deadlock: the other one won, the same work may be done again at once.
const RETRYABLE: ReadonlySet<unknown> = new Set(['40001', '40P01'])

/** Runs work in one transaction on one connection; commits when it resolves, rolls back when it rejects. Rejects with coded errors. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work)
    } catch (err) {
      if (attempt >= 4 || !RETRYABLE.has((err as { code?: unknown }).code)) throw translateFailure(err)
      await sleep(10 * attempt)
    }
  }
}

async function once<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let isBroken = true
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    isBroken = false
    return result
  } catch (err) {
    // A connection that cannot even roll back is thrown away; the server rolls back when it ends.
    isBroken = await client.query('rollback').then(
      () => false,
      () => true,
    )
    throw err
  } finally {
    client.release(isBroken)
  }
}
