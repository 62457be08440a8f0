/*
 * A copy of the checkout in which tests may make and break things. Packages of others are links; those of the house are
 * the copy's own, so that what runs there is the copy and never the checkout.
 */
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative, sep } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')
const LEFT_OUT = new Set(['node_modules', '.git', '.orewatch', 'dist', 'coverage'])

/** A copy and how to remove it. */
export interface ScratchCopy {
  readonly root: string
  readonly remove: () => void
  /** The environment in which the copy's own programs and Node 24 come first. */
  readonly env: NodeJS.ProcessEnv
}

/** Copies the checkout, with `node_modules` as links, into a temporary folder. */
export function makeScratchCopy(): ScratchCopy {
  const root = mkdtempSync(join(tmpdir(), 'orewatch-scratch-'))
  // Sockets and pipes of programs that run in the checkout cannot be copied and are none of its files.
  cpSync(ROOT, root, {
    recursive: true,
    filter: (from) =>
      !relative(ROOT, from)
        .split(sep)
        .some((part) => LEFT_OUT.has(part)) && isFileOrFolder(from),
  })
  linkModules(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` }
  return { root, env, remove: () => rmSync(root, { recursive: true, force: true }) }
}

function isFileOrFolder(path: string): boolean {
  const kind = lstatSync(path)
  return kind.isFile() || kind.isDirectory()
}

function linkModules(from: string, to: string): void {
  mkdirSync(to)
  for (const name of readdirSync(from)) {
    if (name === '.cache' || name === '.vite' || name === '.vite-temp') continue
    // Both hold relative links: copied as they are, they lead into the copy.
    if (name === '.bin' || name === '@orewatch') copyLinks(join(from, name), join(to, name))
    else symlinkSync(join(from, name), join(to, name))
  }
}

function copyLinks(from: string, to: string): void {
  mkdirSync(to)
  for (const name of readdirSync(from)) {
    const path = join(from, name)
    if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), join(to, basename(name)))
  }
}
