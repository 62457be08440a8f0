#!/usr/bin/env node
/* `npm run gen`: writes docs/reference/ from what the code declares. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { referencePages } from './pages.ts'

const ROOT = join(import.meta.dirname, '../..')

for (const [path, text] of await referencePages()) {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true })
  writeFileSync(join(ROOT, path), text)
  process.stdout.write(`${path}\n`)
}
