import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashPassword, writeCredentialFile } from './credentials.ts'

const MAIN = join(import.meta.dirname, 'main.ts')
let directory: string
let file: string
const children: ChildProcess[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-broker-'))
  file = join(directory, 'broker.json')
  writeCredentialFile(file, { gateways: { '990101/g1': hashPassword('secret', 101) }, hosts: {} })
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

function run(...args: readonly string[]): ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']>; readonly stderr: NonNullable<ChildProcess['stderr']> } {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, OREWATCH_LOG: 'silent' } })
  children.push(child)
  return child
}

function firstLine(child: ReturnType<typeof run>): Promise<string> {
  return new Promise((resolve) => {
    let read = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      read += chunk
      if (read.includes('\n')) resolve(read.split('\n')[0] as string)
    })
  })
}

test('runs as a program of its own, says where it listens, and ends on SIGTERM', async () => {
  const child = run('run', '--port', '0', '--credentials', file)
  const { url } = JSON.parse(await firstLine(child)) as { url: string }
  const client = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, username: '990101/g1', password: 'secret' })
  expect(client.connected).toBe(true)
  await client.endAsync()
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('starts again on the same port after it was killed', async () => {
  const child = run('run', '--port', '0', '--credentials', file)
  const { port } = JSON.parse(await firstLine(child)) as { port: number }
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
  const again = run('run', '--port', String(port), '--credentials', file)
  expect(JSON.parse(await firstLine(again))).toMatchObject({ port })
})

test('says what is wrong with the credential file', async () => {
  const child = run('run', '--credentials', join(directory, 'missing.json'))
  expect(await text(child.stderr)).toContain('missing.json: cannot be read')
})

test('makes a hash of a password on standard input', async () => {
  const child = run('hash')
  child.stdin?.end('secret\n')
  expect(await text(child.stdout)).toMatch(/^\$7\$10000\$/)
})
