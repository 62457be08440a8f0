import { readFileSync } from 'node:fs'
import { errorCode } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { placeOf } from '../../relational/embedded/place.ts'
import { openRelational, type Relational } from '../../relational/index.ts'
import type { CentralSettings } from '../../settings/index.ts'
import { openRelationalOf } from '../all-in-one.ts'

/** Opens the database for a command: its own, or, when a running central holds the embedded one, that one through its socket. */
export async function openBeside(settings: CentralSettings): Promise<Relational> {
  const log = silentLogger()
  try {
    return await openRelationalOf(settings, log)
  } catch (err) {
    if (errorCode(err) !== 'RELATIONAL_IN_USE' || 'urlFile' in settings.relational) throw err
    const { socketDirectory, passwordFile } = placeOf(settings.relational.directory)
    const password = encodeURIComponent(readFileSync(passwordFile, 'utf8').trim())
    return await openRelational({ url: `postgresql://orewatch:${password}@/orewatch?host=${encodeURIComponent(socketDirectory)}`, poolSize: 2 }, log)
  }
}
