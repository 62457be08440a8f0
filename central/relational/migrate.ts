import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import type { Pool, PoolClient } from 'pg'
import { relationalErrors } from './errors.ts'

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url))
// Any number, as long as it is always the same one in this database.
const LOCK = 7_306_001

/** Brings the database up to the schema of this program; several programs that start at once take turns. */
export async function applyMigrations(pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    // A migration may take longer than any query of the running program.
    await client.query('set statement_timeout = 0')
    await client.query('select pg_advisory_lock($1)', [LOCK])
    try {
      await refuseNewer(client)
      await migrate(drizzle(client), { migrationsFolder: MIGRATIONS })
    } finally {
      await client.query('select pg_advisory_unlock($1)', [LOCK])
    }
  } finally {
    // Not back into the pool: it carries the settings above.
    client.release(true)
  }
}

async function refuseNewer(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ known: string | null }>("select to_regclass('drizzle.__drizzle_migrations')::text as known")
  if ((rows[0]?.known ?? null) === null) return
  const newest = await client.query<{ at: string | null }>('select max(created_at)::text as at from drizzle.__drizzle_migrations')
  const ours = Math.max(...readMigrationFiles({ migrationsFolder: MIGRATIONS }).map((file) => file.folderMillis))
  const theirs = Number(newest.rows[0]?.at ?? 0)
  if (theirs > ours) throw relationalErrors.NEWER_SCHEMA({ database: new Date(theirs).toISOString(), program: new Date(ours).toISOString() })
}
