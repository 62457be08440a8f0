import type { Logger } from '@orewatch/observability'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool, type PoolConfig } from 'pg'
import { type EmbeddedServer, startEmbedded } from './embedded/server.ts'
import { relationalErrors } from './errors.ts'
import { applyMigrations } from './migrate.ts'
import type { Relational, RelationalOptions } from './relational.ts'
import * as schema from './schema/index.ts'

const PING_MS = 5_000
const QUERY_TIMEOUT_MS = 30_000

/** Opens the relational database and migrates it. Rejects with a RELATIONAL_* error that says what would be right. */
export async function openRelational(options: RelationalOptions, log: Logger): Promise<Relational> {
  const server = 'embedded' in options ? await startEmbedded(options.embedded.directory, log) : undefined
  const target: PoolConfig = 'url' in options ? { connectionString: options.url } : (server?.connection ?? {})
  const pool = new Pool({
    ...target,
    max: options.poolSize ?? 12,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'orewatch',
    statement_timeout: QUERY_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS + 5_000,
    idle_in_transaction_session_timeout: QUERY_TIMEOUT_MS,
  })
  // Connections that break while idle; the next query opens a new one.
  pool.on('error', (err) => log.warn({ err }, 'a database connection broke'))
  try {
    await checkServer(pool, log)
    await applyMigrations(pool)
  } catch (err) {
    await pool.end()
    await server?.stop()
    throw err
  }
  return new OpenRelational(pool, server)
}

class OpenRelational implements Relational {
  readonly pool: Pool
  readonly db
  readonly #server: EmbeddedServer | undefined
  readonly #timer: NodeJS.Timeout
  #failure: string | undefined
  #closing: Promise<void> | undefined

  constructor(pool: Pool, server: EmbeddedServer | undefined) {
    this.pool = pool
    this.db = drizzle(pool, { schema, casing: 'snake_case' })
    this.#server = server
    this.#timer = setInterval(() => void this.#ping(), PING_MS).unref()
  }

  health(): { readonly ok: boolean; readonly note: string } {
    const failure = this.#server?.failure ?? this.#failure
    return { ok: failure === undefined, note: failure ?? `PostgreSQL answers (${this.pool.totalCount} connections, ${this.pool.waitingCount} waiting)` }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer)
    await this.pool.end()
    await this.#server?.stop()
  }

  async #ping(): Promise<void> {
    try {
      await this.pool.query('select 1')
      this.#failure = undefined
    } catch (err) {
      this.#failure = `PostgreSQL does not answer: ${(err as Error).message}`
    }
  }
}

async function checkServer(pool: Pool, log: Logger): Promise<void> {
  const settings = await readSettings(pool)
  if (settings.version < 140_000) throw relationalErrors.TOO_OLD({ version: settings.version })
  if (settings.encoding !== 'UTF8') throw relationalErrors.WRONG_ENCODING({ encoding: settings.encoding })
  if (settings.fsync !== 'on' || settings.commit === 'off') {
    log.error({ fsync: settings.fsync, synchronousCommit: settings.commit }, 'this PostgreSQL may forget what it has confirmed; turn fsync and synchronous_commit on')
  }
}

async function readSettings(pool: Pool): Promise<{ version: number; encoding: string; fsync: string; commit: string }> {
  const query = `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
    current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`
  try {
    const { rows } = await pool.query<{ version: number; encoding: string; fsync: string; commit: string }>(query)
    return rows[0] as { version: number; encoding: string; fsync: string; commit: string }
  } catch (cause) {
    throw relationalErrors.CONNECT_FAILED({ said: (cause as Error).message }, cause)
  }
}
