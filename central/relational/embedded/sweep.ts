import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import type { Logger } from '@orewatch/observability'
import { ownerOf } from './account.ts'
import { lockDirectory } from './lock.ts'
import { stopOrphans } from './orphan.ts'
import { SYSTEM_PARENTS } from './system-directory.ts'

/**
 * Deletes databases under /var that belonged to a temporary directory which is gone: tests that were killed and demos
 * that somebody removed with rm. Only what lay under the temporary directory, belongs to no living program and is ours.
 */
export async function sweepTemporary(log: Logger): Promise<void> {
  const temporary = realpathSync(tmpdir()) + sep
  for (const base of SYSTEM_PARENTS.flatMap(basesIn)) {
    const owner = readOwner(base)
    if (owner === undefined || !owner.startsWith(temporary) || existsSync(owner)) continue
    const account = ownerOf(join(base, 'data'))
    const lock = await lockDirectory(base).catch(() => undefined)
    if (lock === undefined) continue
    try {
      if (account !== undefined && account.uid !== 0) {
        await stopOrphans({ base, account, isApart: true, dataDirectory: join(base, 'data'), passwordFile: join(base, 'password'), socketDirectory: join(base, 'run') }, log)
      }
      rmSync(base, { recursive: true, force: true })
      log.info({ base, belongedTo: owner }, 'deleted the embedded database of a temporary directory that is gone')
    } catch (err) {
      log.warn({ err, base }, 'an abandoned embedded database could not be deleted')
    } finally {
      await lock.release()
    }
  }
}

function basesIn(parent: string): string[] {
  return readdirSync(parent).filter((name) => /^orewatch-[0-9a-f]{12}$/.test(name)).map((name) => join(parent, name)).filter((base) => ownerOf(base)?.uid === 0)
}

function readOwner(base: string): string | undefined {
  try {
    return readFileSync(join(base, 'belongs-to'), 'utf8').trim()
  } catch {
    return undefined
  }
}
