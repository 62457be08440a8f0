/* docs/testing/faults.md names the test of every fault; a row whose test is not there is a promise without proof. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PLAN = readFileSync(join(ROOT, 'docs/testing/faults.md'), 'utf8')

const rows = PLAN.split('\n').filter((line) => line.startsWith('|') && !/^\|[-|]+\|$/.test(line) && !/^\|[^|]*(Fault|Case|Peer)[^|]*\|.*Test \|$/.test(line))
const named = rows.map((row) => ({ row, ...(/`(?<file>[^`]+\.ts)` › (?<title>.+) \|$/.exec(row)?.groups as { file: string; title: string } | undefined) }))

// A title with an apostrophe stands in double quotes or with a backslash in the source.
const plain = (text: string): string => text.replaceAll("\\'", "'")

test('every row names a test', () => {
  expect(named.filter(({ file }) => file === undefined).map(({ row }) => row)).toEqual([])
  expect(named.length).toBeGreaterThan(80)
})

test.each(named)('$file has: $title', ({ file = '', title = '' }) => {
  const path = join(ROOT, file)
  expect(existsSync(path), `${file} is not there`).toBe(true)
  const source = plain(readFileSync(path, 'utf8')).replaceAll(/\(\s+/g, '(')
  // Titles of suites may go on with a hint of what is missing.
  const isThere = ["'", '"', '`'].some((quote) => source.includes(`(${quote}${title}${quote}`) || source.includes(`(${quote}${title} (`))
  expect(isThere, `${file} has no test ${title}`).toBe(true)
})
