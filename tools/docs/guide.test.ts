// Does what docs/guides/add-a-device-family.md says, as a reader would, on a copy of the checkout.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeScratchCopy, type ScratchCopy } from '../new/test/scratch-copy.ts'
import { scriptOf, stepsOf, unseen } from './guide-script.ts'

const GUIDE = join(import.meta.dirname, '../../docs/guides/add-a-device-family.md')
// The port that the guide names may be taken on this machine.
const PORT_IN_GUIDE = '15502'
let scratch: ScratchCopy

beforeAll(() => {
  scratch = makeScratchCopy()
})

afterAll(() => scratch.remove())

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return String(typeof address === 'object' && address !== null ? address.port : 0)
}

/** Runs a script in the copy. */
async function run(script: string): Promise<{ code: number | null; output: string }> {
  const shell = spawn('bash', ['-c', script], { cwd: scratch.root, env: scratch.env })
  let output = ''
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += stripVTControlCharacters(text)
    })
  }
  const [code] = (await once(shell, 'exit')) as [number | null]
  return { code, output }
}

test('every command of the guide works and prints what the guide shows', { timeout: 180_000 }, async () => {
  const guide = readFileSync(GUIDE, 'utf8').replaceAll(PORT_IN_GUIDE, await freePort())
  const steps = stepsOf(guide)
  expect(steps.length).toBeGreaterThan(7)
  const { code, output } = await run(scriptOf(steps))
  expect(code, output).toBe(0)
  expect(unseen(steps, output), output).toEqual([])
})

test('a line that is not printed is told with the place of its block', () => {
  const steps = stepsOf('# Guide\n\n```sh run\necho a b\n```\n\n```text seen\na …\nc\n```\n')
  expect(unseen(steps, '=== step 0\na b\n')).toEqual(['block at line 3 did not print: c'])
})
