import { globSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CodedError } from '@orewatch/core'

/** One error code of the product. */
export interface CodeEntry {
  readonly code: string
  readonly retry: string
  readonly message: string
  /** Folder of the errors.ts that declares it. */
  readonly folder: string
  /** How the source makes it, such as `modbusErrors.TIMEOUT`. */
  readonly maker: string
}

/** All codes of all errors.ts below a root, by folder and in the order of their files. */
export async function errorCodes(root: string): Promise<CodeEntry[]> {
  const files = globSync('{packages,edge,firmware-adapters,central,tools}/**/errors.ts', { cwd: root, exclude: ['**/node_modules/**', '**/templates/**'] }).toSorted()
  const entries: CodeEntry[] = []
  for (const file of files) {
    const unit = (await import(pathToFileURL(join(root, file)).href)) as Readonly<Record<string, unknown>>
    for (const [name, group] of Object.entries(unit)) {
      if (!name.endsWith('Errors') || typeof group !== 'object' || group === null) continue
      for (const [key, make] of Object.entries(group as Readonly<Record<string, () => unknown>>)) entries.push(entryOf(make(), `${name}.${key}`, file))
    }
  }
  return entries
}

function entryOf(made: unknown, maker: string, file: string): CodeEntry {
  // CONFIG_INVALID and its like are classes; whatever an errors.ts exports as …Errors makes coded errors.
  const { code, retry, message } = made as CodedError
  return { code, retry, message, maker, folder: file.slice(0, -'/errors.ts'.length) }
}
