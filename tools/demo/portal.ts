import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './children.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Builds the portal when it is not built or its sources are newer. Safe to do twice at once: it appears whole or not at all. */
export async function ensurePortal(report: (line: string) => void): Promise<void> {
  const web = join(ROOT, 'central/web')
  const dist = join(web, 'dist')
  const built = join(dist, 'index.html')
  if (existsSync(built) && statSync(built).mtimeMs >= newest(web)) return
  report('building the portal')
  const cache = join(ROOT, 'node_modules/.cache/orewatch')
  mkdirSync(cache, { recursive: true })
  const scratch = mkdtempSync(join(cache, 'portal-'))
  try {
    await runCommand(join(ROOT, 'node_modules/.bin/vite'), ['build', web, '--outDir', join(scratch, 'fresh'), '--emptyOutDir', '--logLevel', 'error'], ROOT)
    if (existsSync(dist)) renameSync(dist, join(scratch, 'old'))
    renameSync(join(scratch, 'fresh'), dist)
  } catch (err) {
    // Another start was faster with the same sources.
    if (!existsSync(built) || statSync(built).mtimeMs < newest(web)) throw err
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function newest(folder: string): number {
  let latest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || /\/(dist|node_modules)(\/|$)/.test(`${entry.parentPath}/`)) continue
    latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs)
  }
  return latest
}
