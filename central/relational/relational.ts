import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Pool } from 'pg'
import type * as schema from './schema/index.ts'

/** Drizzle over the schema of central. */
export type RelationalDb = NodePgDatabase<typeof schema>

/** Where the relational database is: a server by URL, or one of our own in a directory. */
export type RelationalOptions = { readonly url: string; readonly poolSize?: number } | { readonly embedded: { readonly directory: string }; readonly poolSize?: number }

/** An open relational database with all migrations applied. */
export interface Relational {
  readonly pool: Pool
  readonly db: RelationalDb
  /** Whether queries were answered lately, and a sentence for a person. */
  health(): { readonly ok: boolean; readonly note: string }
  /** Closes the pool and stops the embedded server. Safe to call twice. */
  close(): Promise<void>
}
