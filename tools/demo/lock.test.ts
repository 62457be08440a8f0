import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockForDemo } from './lock.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-lock-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

test('a second demo on the same directory is refused with what to do, and the first goes on', async () => {
  const first = await lockForDemo(directory)
  await expect(lockForDemo(join(directory, '.'))).rejects.toMatchObject({ code: 'DEMO_RUNS_ALREADY', message: expect.stringContaining('--data-dir') })
  await first.release()
  const second = await lockForDemo(directory)
  await second.release()
})

test('demos on two directories do not know each other', async () => {
  const other = mkdtempSync(join(tmpdir(), 'orewatch-lock-'))
  const locks = [await lockForDemo(directory), await lockForDemo(other)]
  for (const lock of locks) await lock.release()
  rmSync(other, { recursive: true })
})

test('a demo that was killed -9 holds nothing', async () => {
  const script = `import { lockForDemo } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}; await lockForDemo(${JSON.stringify(directory)}); console.log('held'); setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => owner.stdout.once('data', resolve))
  await expect(lockForDemo(directory)).rejects.toMatchObject({ code: 'DEMO_RUNS_ALREADY' })
  const ended = new Promise((resolve) => owner.once('exit', resolve))
  owner.kill('SIGKILL')
  await ended
  await (await lockForDemo(directory)).release()
})
