/* Makes the accounts of InfluxDB and the reader of PostgreSQL. Repeating it sets the passwords again and changes nothing else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSecret } from '@orewatch/config'
import { Client } from 'pg'
import { deployErrors } from './errors.ts'

const DATABASE = 'orewatch'
const READER_SQL = join(import.meta.dirname, '../../central/grafana/reader.sql')
const TIMEOUT_MS = 10_000

/**
 * Makes the administrator of an InfluxDB that has none yet, the database, `central` who owns it and `grafana` who reads it, with
 * the passwords of the directory. Throws DEPLOY_INFLUXDB_REFUSED.
 */
export async function makeInfluxAccounts(url: string, secrets: string): Promise<void> {
  const password = (name: string): string => readSecret(join(secrets, `influxdb-${name}-password`))
  const admin = `admin:${password('admin')}`
  // The only statement that InfluxDB takes without a login, and only while there is no administrator; later it is refused.
  await ask(url, `CREATE USER admin WITH PASSWORD ${quoted(password('admin'))} WITH ALL PRIVILEGES`).catch(() => undefined)
  await ask(url, `CREATE DATABASE ${DATABASE}`, admin)
  for (const [user, right] of [
    ['central', 'ALL'],
    ['grafana', 'READ'],
  ] as const) {
    await ask(url, `CREATE USER ${user} WITH PASSWORD ${quoted(password(user))}`, admin).catch(() => ask(url, `SET PASSWORD FOR ${user} = ${quoted(password(user))}`, admin))
    await ask(url, `GRANT ${right} ON ${DATABASE} TO ${user}`, admin)
  }
}

/** Makes the login `grafana` of PostgreSQL with the password of a file: it reads names and records, and nothing else. */
export async function makeReader(connectionString: string, passwordFile: string): Promise<void> {
  const client = new Client({ connectionString, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS })
  await client.connect()
  try {
    await client.query(readFileSync(READER_SQL, 'utf8'))
    const { rowCount } = await client.query("select from pg_roles where rolname = 'grafana'")
    if (rowCount === 0) await client.query('create role grafana login in role orewatch_reader')
    await client.query(`alter role grafana password ${client.escapeLiteral(readSecret(passwordFile))}`)
    // A dashboard that asks too much shall not hold up central's own queries.
    await client.query("alter role grafana set statement_timeout = '30s'")
    await client.query('alter role grafana set default_transaction_read_only = on')
  } finally {
    await client.end()
  }
}

async function ask(url: string, q: string, login?: string): Promise<void> {
  const headers: Record<string, string> = login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
  const response = await fetch(`${url}/query`, { method: 'POST', headers, body: new URLSearchParams({ q }), signal: AbortSignal.timeout(TIMEOUT_MS) })
  const answer = (await response.json()) as { error?: string; results?: { error?: string }[] }
  const failed = answer.error ?? answer.results?.find(({ error }) => error !== undefined)?.error
  if (failed !== undefined) throw deployErrors.INFLUXDB_REFUSED({ url, said: failed })
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
