import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const WEB_DIRECTORY = fileURLToPath(new URL('..', import.meta.url))

/** Builds the portal in a process of its own: vitest sets NODE_ENV to test, and that would build a React without its production parts. */
export function buildPortal(outDirectory: string): void {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js')
  const args = [vite, 'build', WEB_DIRECTORY, '--outDir', outDirectory, '--emptyOutDir', '--logLevel', 'error']
  const built = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' }, timeout: 100_000 })
  expect(built.stderr).toBe('')
  expect(built.status).toBe(0)
}
