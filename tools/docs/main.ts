#!/usr/bin/env node
/* `npm run gen`: writes docs/reference/ and central/grafana/dashboards/ from what the code declares. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedFiles } from './generated.ts'

const ROOT = join(import.meta.dirname, '../..')

for (const [path, text] of await generatedFiles()) {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true })
  writeFileSync(join(ROOT, path), text)
  process.stdout.write(`${path}\n`)
}
