/*
 * A PostgreSQL of our own as a child: made with initdb, started, watched, started again when it dies, stopped.
 * It listens on a Unix socket only. Decision and reasons: docs/decisions/0005-relational.md.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@orewatch/observability'
import { Client, type ClientConfig } from 'pg'
import { relationalErrors } from '../errors.ts'
import { identityOf, ownAccount } from './account.ts'
import { type Binaries, findNative, POSTGRES_ENVIRONMENT, usableBinaries } from './binaries.ts'
import { type DirectoryLock, lockDirectory } from './lock.ts'
import { stopOrphans } from './orphan.ts'
import { type Place, placeOf } from './place.ts'

const USER = 'orewatch'
const DATABASE = 'orewatch'
// The port is only part of the socket's file name.
const PORT = 5432
// Recovery after a power cut replays the log since the last checkpoint.
const START_TIMEOUT_MS = 180_000
const INITDB_TIMEOUT_MS = 120_000
const MAX_RESTART_DELAY_MS = 30_000

/** A running embedded PostgreSQL. */
export interface EmbeddedServer {
  /** How to connect. */
  readonly connection: ClientConfig
  readonly place: Place
  /** Set while the server is down, with what is being done about it. */
  readonly failure: string | undefined
  /** Stops it and waits. Safe to call twice. */
  stop(): Promise<void>
}

/** Starts the PostgreSQL of a directory, making it at the first start. */
export async function startEmbedded(directory: string, log: Logger, native = findNative()): Promise<EmbeddedServer> {
  const place = placeOf(directory)
  const lock = await lockDirectory(place.base)
  try {
    const binaries = usableBinaries(native, place.account)
    if (!existsSync(join(place.dataDirectory, 'PG_VERSION'))) await initialise(place, binaries, log)
    checkVersion(place, binaries)
    const server = new Server(place, binaries, lock, log)
    await server.start()
    return server
  } catch (err) {
    await lock.release()
    throw err
  }
}

class Server implements EmbeddedServer {
  readonly connection: ClientConfig
  readonly place: Place
  failure: string | undefined
  readonly #binaries: Binaries
  readonly #lock: DirectoryLock
  readonly #log: Logger
  readonly #stopping = new AbortController()
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #restart: Promise<void> = Promise.resolve()
  #lastWords: string[] = []

  constructor(place: Place, binaries: Binaries, lock: DirectoryLock, log: Logger) {
    this.place = place
    this.#binaries = binaries
    this.#lock = lock
    this.#log = log
    const password = readFileSync(place.passwordFile, 'utf8').trim()
    this.connection = { host: place.socketDirectory, port: PORT, user: USER, password, database: DATABASE }
  }

  async start(): Promise<void> {
    await this.#launch()
    try {
      await ensureDatabase(this.connection)
    } catch (err) {
      await this.#halt()
      throw err
    }
    this.#log.info({ directory: this.place.dataDirectory, version: this.#binaries.version, pid: this.#child?.pid }, 'embedded PostgreSQL is running')
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    await this.#restart.catch(() => undefined)
    await this.#halt()
    await this.#lock.release()
  }

  async #launch(): Promise<void> {
    await stopOrphans(this.place, this.#log)
    this.#lastWords = []
    // Detached: a Ctrl-C in the terminal goes to the whole foreground group, and the server must outlive our last writes.
    const child = spawn(this.#binaries.postgres, serverArguments(this.place), {
      ...identityOf(this.place.account),
      cwd: this.place.base,
      env: POSTGRES_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child = child
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.once('error', (err) => {
        this.#lastWords.push(err.message)
        resolve()
      })
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    await this.#untilReady(child)
    this.failure = undefined
    void this.#exited.then(() => this.#whenExited(child))
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS
    let cause: unknown
    while (isRunning(child) && performance.now() < deadline && !this.#stopping.signal.aborted) {
      cause = await tryConnect({ ...this.connection, database: 'postgres' })
      if (cause === undefined) return
      await sleep(25)
    }
    await this.#halt()
    throw relationalErrors.START_FAILED({ directory: this.place.dataDirectory, said: this.#lastWords.join('\n') }, cause)
  }

  #whenExited(child: ChildProcess): void {
    if (this.#stopping.signal.aborted || child !== this.#child) return
    this.failure = 'the embedded PostgreSQL died and is being started again'
    this.#log.error({ exitCode: child.exitCode, signal: child.signalCode, said: this.#lastWords.join('\n') }, 'embedded PostgreSQL died')
    this.#restart = this.#startAgain()
  }

  async #startAgain(): Promise<void> {
    for (let delayMs = 200; !this.#stopping.signal.aborted; delayMs = Math.min(delayMs * 2, MAX_RESTART_DELAY_MS)) {
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      if (this.#stopping.signal.aborted) return
      try {
        await this.#launch()
        this.#log.info({ pid: this.#child?.pid }, 'embedded PostgreSQL is running again')
        return
      } catch (err) {
        this.failure = `the embedded PostgreSQL does not start: ${(err as Error).message}`
        this.#log.error({ err }, 'embedded PostgreSQL does not start again')
      }
    }
  }

  async #halt(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    if (isRunning(child)) {
      child.kill('SIGINT')
      const hasEnded = await Promise.race([this.#exited.then(() => true), sleep(30_000, false, { ref: false })])
      if (!hasEnded) await stopOrphans(this.place, this.#log)
    }
    this.#child = undefined
  }

  #hear(text: string): void {
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue
      this.#lastWords = [...this.#lastWords.slice(-19), line.slice(0, 500)]
      // Our own questions whether it is ready yet are no trouble.
      const isTrouble = / (PANIC|FATAL|ERROR|WARNING): {2}/.test(line) && !line.includes('the database system is ')
      const level = isTrouble ? 'warn' : 'debug'
      this.#log[level]({ line: line.slice(0, 2_000) }, 'PostgreSQL says')
    }
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function serverArguments(place: Place): string[] {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: place.socketDirectory,
    unix_socket_permissions: '0700',
    port: PORT,
    max_connections: 40,
    shared_buffers: '64MB',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_min_messages: 'warning',
    log_min_error_statement: 'panic',
    timezone: 'UTC',
  }
  return ['-D', place.dataDirectory, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

async function initialise(place: Place, binaries: Binaries, log: Logger): Promise<void> {
  log.info({ directory: place.dataDirectory, uid: place.account.uid }, 'making a new embedded database')
  // Made aside and renamed: an initdb that was killed leaves nothing that looks like a cluster.
  const aside = `${place.dataDirectory}.new`
  rmSync(aside, { recursive: true, force: true })
  mkdirSync(aside, { mode: 0o700 })
  // The one password file there ever is: initdb reads it, later starts read it.
  rmSync(place.passwordFile, { force: true })
  writeFileSync(place.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' })
  chmodSync(place.passwordFile, 0o600)
  if (ownAccount().uid === 0) for (const path of [aside, place.passwordFile]) chownSync(path, place.account.uid, place.account.gid)
  await runInitdb(place, binaries, aside)
  writeFileSync(join(aside, 'pg_hba.conf'), 'local all all scram-sha-256\n')
  rmSync(place.dataDirectory, { recursive: true, force: true })
  renameSync(aside, place.dataDirectory)
}

async function runInitdb(place: Place, binaries: Binaries, target: string): Promise<void> {
  const options = [`--pgdata=${target}`, `--username=${USER}`, `--pwfile=${place.passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--data-checksums']
  const child = spawn(binaries.initdb, options, { ...identityOf(place.account), cwd: place.base, env: POSTGRES_ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'], timeout: INITDB_TIMEOUT_MS })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000)
    })
  }
  const code = await new Promise<number | string | null>((resolve) => {
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal))
    child.once('error', (err: NodeJS.ErrnoException) => resolve(err.code ?? err.message))
  })
  if (code !== 0) {
    rmSync(target, { recursive: true, force: true })
    throw relationalErrors.START_FAILED({ program: 'initdb', code, said: said.trim() })
  }
}

function checkVersion(place: Place, binaries: Binaries): void {
  const made = readFileSync(join(place.dataDirectory, 'PG_VERSION'), 'utf8').trim()
  const have = binaries.version.split('.')[0]
  if (made !== have) throw relationalErrors.WRONG_VERSION({ directory: place.dataDirectory, made, have })
}

// Undefined when it answers, otherwise why not.
async function tryConnect(config: ClientConfig): Promise<unknown> {
  const client = new Client({ ...config, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return undefined
  } catch (err) {
    return err ?? new TypeError('no reason given')
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function ensureDatabase(connection: ClientConfig): Promise<void> {
  const client = new Client({ ...connection, database: 'postgres', connectionTimeoutMillis: 10_000, query_timeout: 60_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}
