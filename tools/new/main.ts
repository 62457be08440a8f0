#!/usr/bin/env node
/* `npm run new -- driver|adapter <name>`: a skeleton that passes the checks at once. */
import { join } from 'node:path'
import { CodedError } from '@orewatch/core'
import { makeUnit, parseOrder, USAGE } from './make-unit.ts'

try {
  const order = parseOrder(process.argv.slice(2))
  const { files, next } = makeUnit(order, join(import.meta.dirname, '../..'))
  process.stdout.write(`${files.map((file) => `  ${file}`).join('\n')}\n\n${next.join('\n')}\n`)
} catch (err) {
  if (!(err instanceof CodedError)) throw err
  process.stderr.write(`${err.message}\n${err.code === 'NEW_BAD_USAGE' ? USAGE : ''}`)
  process.exitCode = 2
}
