#!/usr/bin/env node
/* All static checks: oxlint with types, biome's format, the import rules, the size budget. Exits 1 when one complains. */
import { spawnSync } from 'node:child_process'
import { cruise } from './cruise.ts'
import { oversized } from './sizes.ts'

const steps: readonly [string, () => boolean][] = [
  ['oxlint', () => run('oxlint', ['--type-aware', '--deny-warnings'])],
  ['format', () => run('biome', ['format', '.'])],
  ['imports', () => say(cruise(process.cwd()))],
  ['sizes', () => say(oversized(process.cwd()))],
]
let isClean = true
for (const [name, step] of steps) {
  const isOk = step()
  console.log(`${isOk ? 'ok' : 'FAILED'}: ${name}`)
  isClean &&= isOk
}
process.exit(isClean ? 0 : 1)

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0
}

function say(problems: readonly string[]): boolean {
  for (const problem of problems) console.log(problem)
  return problems.length === 0
}
