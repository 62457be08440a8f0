// What the prose points at is there: files, headings, commands.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = globSync('**/*.md', { cwd: ROOT, exclude: ['**/node_modules/**', '**/dist/**', '.orewatch/**', 'tools/new/templates/**'] }).toSorted()
const READMES = ['README.md', 'README.zh-CN.md']
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** The text without its code, in which brackets are no links. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
}

/** The anchors of a page as GitHub makes them of its headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  )
}

/** What is wrong with a link of a page, or nothing. */
function faultOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = decodeURI(link).split('#')
  const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path))
  if (target.startsWith('..')) return `${page}: ${link} leads out of the repository`
  if (!existsSync(join(ROOT, target))) return `${page}: ${link} leads nowhere`
  if (anchor !== undefined && target.endsWith('.md') && !anchorsOf(read(target)).includes(anchor)) return `${page}: ${link} has no such heading`
  return undefined
}

test('every relative link in every Markdown file leads somewhere', () => {
  expect(PAGES.length).toBeGreaterThan(15)
  const faults = PAGES.flatMap((page) =>
    [...prose(read(page)).matchAll(/\]\((?<link>[^)\s]+)\)/g)].flatMap((match) => {
      const link = match.groups?.['link'] ?? ''
      return /^[a-z]+:/.test(link) ? [] : (faultOf(page, link) ?? [])
    }),
  )
  expect(faults).toEqual([])
})

test.each(READMES)('every folder and file that %s names in its tables exists', (page) => {
  const rows = read(page)
    .split('\n')
    .filter((line) => /^\| `[^`]+\/` \|/.test(line))
  expect(rows.length).toBeGreaterThan(6)
  const missing = rows.flatMap((row) => {
    const [, folder = '', rest = ''] = /^\| `([^`]+)\/` \|(.*)$/.exec(row) ?? []
    const named = [...rest.matchAll(/`(?<name>[a-z-]+)\/?`/g)].map((match) => match.groups?.['name'] ?? '')
    const below = named.filter((name) => !['duckdb', 'influxdb', 'victoriametrics', 'modbus', 'opcua'].includes(name))
    return [folder, ...[...rest.matchAll(/`(?<path>[a-z/-]+)\/`/g)].map((match) => join(folder, match.groups?.['path'] ?? '')), ...below.map((name) => join(folder, name))].filter(
      (path) => !existsSync(join(ROOT, path)),
    )
  })
  expect(missing).toEqual([])
})

test.each([...READMES, 'CONTRIBUTING.md'])('every npm script and program that %s names exists', (page) => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts)
  const bins = ['central', 'edge', 'firmware-adapters'].flatMap((folder) => Object.keys((JSON.parse(read(`${folder}/package.json`)) as { bin?: Record<string, string> }).bin ?? {}))
  const wanted = [...read(page).matchAll(/npm (?:run (?<run>[a-z]+)|(?<bare>start|test)\b)/g)].map((match) => match.groups?.['run'] ?? match.groups?.['bare'] ?? '')
  const programs = [...read(page).matchAll(/npx (?<program>[a-z-]+)/g)].map((match) => match.groups?.['program'] ?? '')
  expect(wanted.length).toBeGreaterThan(1)
  expect([...wanted.filter((name) => !scripts.includes(name)), ...programs.filter((name) => !bins.includes(name))]).toEqual([])
})

test('the scripts are few, and each runs a file that is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  expect(Object.keys(scripts).length).toBeLessThanOrEqual(15)
  const files = Object.values(scripts).flatMap((command) => [...command.matchAll(/(?:node|bash) (?<file>\S+\.(?:ts|sh))/g)].map((match) => match.groups?.['file'] ?? ''))
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
})

test('both READMEs name the same commands', () => {
  const commands = (page: string): string[] => [...read(page).matchAll(/^\| `(?<command>np[mx] [^`]+)` \|/gm)].map((match) => match.groups?.['command']?.replaceAll(/<[^>]+>/g, '<…>') ?? '')
  expect(commands('README.zh-CN.md')).toEqual(commands('README.md'))
})
