#!/usr/bin/env node
/*
 * Remakes docs/images from a running demo: `npm start` in one terminal (let it run for some minutes, so that the trend
 * has something to show), then `node tools/docs/screenshots.ts --url http://127.0.0.1:8686` in another.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { takeScreenshots } from '../../central/web/test/screenshots.ts'

const ROOT = join(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8686' },
    'data-dir': { type: 'string', default: join(ROOT, '.orewatch/demo') },
    user: { type: 'string', default: 'zhiban' },
    point: { type: 'string', default: '9901211000010101010001' },
  },
})
const files = await takeScreenshots({
  baseUrl: values.url,
  user: values.user,
  password: readFileSync(join(values['data-dir'], 'logins', values.user), 'utf8').trim(),
  outDir: join(ROOT, 'docs/images'),
  pointCode: values.point,
})
for (const file of files) process.stdout.write(`${file}\n`)
