import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './children.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Builds the portal when it is not built or its sources are newer. */
export async function ensurePortal(report: (line: string) => void): Promise<void> {
  const built = join(ROOT, 'central/web/dist/index.html')
  if (existsSync(built) && statSync(built).mtimeMs >= newest(join(ROOT, 'central/web'))) return
  report('building the portal')
  await runCommand(join(ROOT, 'node_modules/.bin/vite'), ['build', 'central/web', '--logLevel', 'error'], ROOT)
}

function newest(folder: string): number {
  let latest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || /\/(dist|node_modules)(\/|$)/.test(`${entry.parentPath}/`)) continue
    latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs)
  }
  return latest
}
