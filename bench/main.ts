#!/usr/bin/env node
import { existsSync, readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { Bench } from './bench.ts'

const folder = import.meta.dirname
const names = readdirSync(folder)
  .filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts') && !['main.ts', 'bench.ts'].includes(f))
  .map((f) => f.slice(0, -3))

const { positionals, tokens } = parseArgs({ allowPositionals: true, strict: false, tokens: true, args: process.argv.slice(2) })
const flags: Record<string, string> = {}
for (const [i, token] of tokens.entries()) {
  if (token.kind !== 'option') continue
  const next = tokens[i + 1]
  flags[token.name] = token.value ?? (next?.kind === 'positional' && token.name !== 'json' && token.name !== 'quick' ? next.value : 'true')
}
const name = positionals[0]
if (name === undefined || !existsSync(`${folder}/${name}.ts`) || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- <name> [--json] [--quick]\nbenchmarks: ${names.join(', ')}\n`)
  process.exit(2)
}
const report = (line: string): void => {
  process.stderr.write(`${name}: ${line}\n`)
}
const { run } = (await import(`./${name}.ts`)) as { run: Bench }
const result = await run({ report, quick: 'quick' in flags, flags })
const machine = { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version }
process.stdout.write(`${'json' in flags ? JSON.stringify({ bench: name, ...result, machine }) : JSON.stringify({ bench: name, ...result, machine }, null, 2)}\n`)
process.exit(result.ok ? 0 : 1)
