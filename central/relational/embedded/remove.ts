import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { relationalErrors } from '../errors.ts'
import { processesIn } from './orphan.ts'
import { placeOf } from './place.ts'

/** Deletes the embedded database of a directory for ever. It must not be running. */
export function removeEmbedded(directory: string): void {
  const place = placeOf(directory)
  const pids = processesIn(place)
  if (pids.length > 0) throw relationalErrors.IN_USE({ directory, pids })
  rmSync(place.socketDirectory, { recursive: true, force: true })
  if (place.isApart) {
    rmSync(place.base, { recursive: true, force: true })
    rmSync(join(directory, 'instance.json'), { force: true })
    return
  }
  for (const path of [place.dataDirectory, `${place.dataDirectory}.new`, place.passwordFile]) rmSync(path, { recursive: true, force: true })
}
