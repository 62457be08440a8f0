/*
 * Where an embedded cluster lies. For an ordinary user: in the directory given. For root: PostgreSQL refuses uid 0 and an
 * unprivileged account often cannot reach the directory (a clone under /root), so the cluster lies under /var/lib, and the
 * file `instance.json` in the directory given says where.
 */
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { relationalErrors } from '../errors.ts'
import { type Account, ownAccount, ownerOf, unprivilegedAccount } from './account.ts'
import { makeSystemDirectory } from './system-directory.ts'

/** The place of a cluster. */
export interface Place {
  /** Holds all of it. */
  readonly base: string
  readonly dataDirectory: string
  readonly passwordFile: string
  /** Short enough for a Unix socket. */
  readonly socketDirectory: string
  readonly account: Account
  /** Whether `base` lies outside the directory that was given. */
  readonly isApart: boolean
}

interface Instance {
  readonly id: string
  readonly base: string
}

// sun_path holds 108 bytes with its end; PostgreSQL adds `/.s.PGSQL.5432.lock`.
const MAX_SOCKET_DIRECTORY = 85

/** Finds or makes the place that belongs to a directory. */
export function placeOf(directory: string): Place {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const real = realpathSync(directory)
  const own = ownAccount()
  const owner = ownerOf(join(real, 'data'))
  if (owner !== undefined || own.uid !== 0) {
    // Begun by an ordinary user; root may go on with it under that user's account.
    const account = owner ?? own
    if (account.uid === 0 || (own.uid !== 0 && own.uid !== account.uid)) throw relationalErrors.WRONG_OWNER({ directory: real, owner: account.uid, weAre: own.uid })
    refuseForeignInstance(real, own.uid)
    return place(real, account, false)
  }
  const base = baseForRoot(real)
  return place(base, ownerOf(join(base, 'data')) ?? unprivilegedAccount(), true)
}

function place(base: string, account: Account, isApart: boolean): Place {
  return {
    base,
    account,
    isApart,
    dataDirectory: join(base, 'data'),
    passwordFile: join(base, 'password'),
    socketDirectory: socketDirectoryOf(base, account),
  }
}

function refuseForeignInstance(directory: string, uid: number): void {
  const instance = readInstance(directory)
  if (instance !== undefined && uid !== 0) throw relationalErrors.WRONG_OWNER({ directory: instance.base, owner: 0, weAre: uid })
}

function baseForRoot(directory: string): string {
  const known = readInstance(directory)
  if (known !== undefined && existsSync(known.base)) {
    claim(known, directory)
    return known.base
  }
  const id = randomBytes(6).toString('hex')
  const base = makeSystemDirectory((parent) => {
    const path = join(parent, `orewatch-${id}`)
    mkdirSync(path, { mode: 0o755 })
    chmodSync(path, 0o755)
    return path
  })
  const instance = { id, base }
  claim(instance, directory)
  writeFileSync(join(directory, 'instance.json'), `${JSON.stringify(instance)}\n`, { mode: 0o644 })
  return base
}

// A directory that was moved keeps its cluster; one that was copied must not share it.
function claim(instance: Instance, directory: string): void {
  const file = join(instance.base, 'belongs-to')
  const before = existsSync(file) ? readFileSync(file, 'utf8').trim() : directory
  if (before !== directory && readInstance(before)?.id === instance.id) throw relationalErrors.COPIED({ directories: [before, directory], instance: instance.base })
  writeFileSync(file, `${directory}\n`, { mode: 0o644 })
}

function readInstance(directory: string): Instance | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'instance.json'), 'utf8')) as Instance
  } catch {
    return undefined
  }
}

function socketDirectoryOf(base: string, account: Account): string {
  const inside = join(base, 'run')
  const path = Buffer.byteLength(inside) <= MAX_SOCKET_DIRECTORY ? inside : shortDirectory(base)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const stat = lstatSync(path)
  // Somebody else could have made a directory of that name in /tmp before us.
  if (!stat.isDirectory() || (stat.uid !== account.uid && stat.uid !== ownAccount().uid)) throw relationalErrors.WRONG_OWNER({ directory: path, owner: stat.uid, weAre: account.uid })
  chmodSync(path, 0o700)
  if (ownAccount().uid === 0) chownSync(path, account.uid, account.gid)
  return path
}

function shortDirectory(base: string): string {
  return join(tmpdir(), `orewatch-${hashOf(base)}`)
}

/** A short stable name of a path. */
export function hashOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}
