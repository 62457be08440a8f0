import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import type { Logger } from '@orewatch/observability'
import { ownerOf } from './account.ts'
import { lockDirectory } from './lock.ts'
import { stopOrphans } from './orphan.ts'
import { SYSTEM_PARENTS } from './system-directory.ts'

/**
 * Deletes databases under /var that tests left behind when they were killed or forgot `removeEmbedded`: those of a
 * directory below `<tmp>/orewatch-…` that is gone as a whole and whose lock nobody holds. For tests only: the program
 * itself never deletes a database, because a directory that is gone may have been moved.
 */
export async function sweepTemporary(log: Logger): Promise<void> {
  for (const base of SYSTEM_PARENTS.flatMap(basesIn)) {
    const owner = readOwner(base)
    if (owner === undefined || !isAbandoned(owner)) continue
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

// The directory that the test made itself must be gone; what is below it a test may have moved on purpose.
function isAbandoned(owner: string): boolean {
  const temporary = realpathSync(tmpdir()) + sep
  const made = owner.startsWith(temporary) ? owner.slice(temporary.length).split(sep)[0] : undefined
  return made?.startsWith('orewatch-') === true && !existsSync(join(temporary, made))
}

function basesIn(parent: string): string[] {
  return readdirSync(parent)
    .filter((name) => /^orewatch-[0-9a-f]{12}$/.test(name))
    .map((name) => join(parent, name))
    .filter((base) => ownerOf(base)?.uid === 0)
}

function readOwner(base: string): string | undefined {
  try {
    return readFileSync(join(base, 'belongs-to'), 'utf8').trim()
  } catch {
    return undefined
  }
}
