import { readFileSync, statSync } from 'node:fs'
import { ConfigError } from '@orewatch/core'

/** Reads a secret from its file, without the line end. Refuses files that everybody may read. */
export function readSecret(file: string): string {
  try {
    if ((statSync(file).mode & 0o004) !== 0) {
      throw new ConfigError([`${file}: everybody on this machine may read this secret; chmod 600 it`])
    }
    return readFileSync(file, 'utf8').trim()
  } catch (err) {
    if (err instanceof ConfigError) throw err
    throw new ConfigError([`${file}: the secret cannot be read (${(err as NodeJS.ErrnoException).code ?? 'unknown error'})`])
  }
}
