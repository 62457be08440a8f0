#!/usr/bin/env node
/*
 * Completes package-lock.json after `npm install`: a registry mirror may lack platform packages that nobody here installs
 * (darwin, win32, musl …); npm then leaves them out of the lock file, and `npm ci` refuses a lock file without them.
 * They are entered with their platform, so that npm passes over them here and fetches them where they are needed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Entry {
  readonly version?: string
  readonly optional?: boolean
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const file = join(import.meta.dirname, '../../package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }

let added = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${path}/node_modules/${name}`
    const top = `node_modules/${name}`
    if (path === '' || lock.packages[nested] !== undefined || lock.packages[top] !== undefined) continue
    const platform = platformOf(name)
    // Only exact versions of packages that are named after a platform: anything else is a mistake to look at.
    if (platform === undefined || !/^\d/.test(range)) {
      process.stderr.write(`${name}@${range} of ${path} is not in the lock file and names no platform; look at it by hand\n`)
      process.exitCode = 1
      continue
    }
    lock.packages[top] = { version: range, optional: true, ...(entry.dev === true && { dev: true }), ...platform }
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`)
process.stdout.write(`${added} platform packages entered\n`)

function platformOf(name: string): { os?: string[]; cpu?: string[]; libc?: string[] } | undefined {
  const words = name.slice(name.indexOf('/') + 1).split('-')
  const os = words.find((word) => ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32', 'aix'].includes(word))
  const cpu = words.find((word) => ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64', 'universal', 'wasm32'].includes(word))
  if (os === undefined && cpu !== 'wasm32') return undefined
  const libc = words.includes('musl') || words.includes('musleabihf') ? ['musl'] : words.includes('gnu') || words.includes('gnueabihf') ? ['glibc'] : undefined
  return { ...(os !== undefined && { os: [os] }), ...(cpu !== undefined && cpu !== 'universal' && { cpu: [cpu] }), ...(libc && { libc }) }
}
