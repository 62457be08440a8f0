import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { outboxErrors } from './errors.ts'

/** Names of the lock's files in the outbox directory. */
export const LOCK_FILES = ['lock.db', 'lock.db-journal', 'owner'] as const

/** Holds the directory for this process until `release`. */
export interface DirectoryLock {
  release(): void
}

/**
 * Takes the directory or throws OUTBOX_LOCKED. Node has no file locks, so SQLite's is used: it is a lock of the kernel,
 * gone with the process however it dies, and unlike a process id in a file it cannot be stale or belong to another
 * container.
 */
export function lockDirectory(directory: string): DirectoryLock {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 })
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (err) {
    database?.close()
    if (isBusy(err)) throw outboxErrors.LOCKED({ directory, owner: readOwner(directory) }, err)
    throw outboxErrors.READ_ONLY({ directory, why: 'lock.db cannot be opened for writing' }, err)
  }
  writeOwner(directory)
  return { release: () => database.close() }
}

function isBusy(err: unknown): boolean {
  // SQLITE_BUSY and SQLITE_LOCKED, https://sqlite.org/rescode.html
  return err instanceof Error && 'errcode' in err && typeof err.errcode === 'number' && [5, 6].includes(err.errcode & 0xff)
}

function readOwner(directory: string): string {
  try {
    return `process ${readFileSync(join(directory, 'owner'), 'utf8').trim()}`
  } catch {
    return 'unknown'
  }
}

function writeOwner(directory: string): void {
  try {
    writeFileSync(join(directory, 'owner'), `${process.pid}\n`)
  } catch {
    // Only words for a human; a full disk must not keep the outbox shut.
  }
}
