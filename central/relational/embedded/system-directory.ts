import { join } from 'node:path'
import { relationalErrors } from '../errors.ts'

/** Where root keeps what an unprivileged account must reach, best first. */
export const SYSTEM_PARENTS = ['/var/lib', '/var/tmp'] as const

/** Makes a directory under the first parent that allows it, and answers a path below it. */
export function makeSystemDirectory(make: (parent: string) => string, below = ''): string {
  const refusals: string[] = []
  for (const parent of SYSTEM_PARENTS) {
    try {
      return join(make(parent), below)
    } catch (err) {
      refusals.push(`${parent}: ${(err as NodeJS.ErrnoException).code ?? String(err)}`)
    }
  }
  throw relationalErrors.NO_PLACE({ refusals })
}
