import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@orewatch/observability'
import { removeEmbedded } from './embedded/remove.ts'
import { sweepTemporary } from './embedded/sweep.ts'
import { openRelational } from './open.ts'
import type { Relational } from './relational.ts'

/** A migrated PostgreSQL of a test file; `close` stops it and deletes all of it. Takes about two seconds. */
export async function openTestRelational(): Promise<Relational> {
  if (process.getuid?.() === 0) await sweepTemporary(silentLogger())
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-test-pg-'))
  const relational = await openRelational({ embedded: { directory } }, silentLogger())
  return {
    pool: relational.pool,
    db: relational.db,
    health: () => relational.health(),
    close: async () => {
      await relational.close()
      removeEmbedded(directory)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
