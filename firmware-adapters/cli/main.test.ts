// The command as a user starts it: a process of its own.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { RawClient } from '../simulation/raw-client.ts'

const main = join(import.meta.dirname, 'main.ts')
type Child = ChildProcessByStdio<null, Readable, Readable>
const children: Child[] = []

function start(...args: string[]): Child {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  return child
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function outcomeOf(child: Child): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, out, err }
}

test('is an executable script of node', () => {
  expect(readFileSync(main, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node')
  expect(() => accessSync(main, constants.X_OK)).not.toThrow()
})

test('lists the families', async () => {
  const { code, out } = await outcomeOf(start('list'))
  expect(code).toBe(0)
  expect(out).toContain('gas-substation/scaled')
  expect(out).toContain('ventilation-drainage-hoist')
})

test('a mistake is one line that says what would be right', async () => {
  const { code, err } = await outcomeOf(start('run', 'gas-substatoin'))
  expect(code).toBe(2)
  expect(err.trim()).toBe('orewatch-sim: No such family of devices. (found=gas-substatoin, rightWouldBe=gas-substation)')
})

test('runs a simulator with a fault until it is interrupted', async () => {
  const child = start('run', 'gas-substation', '--fault', 'exception:6@1*1')
  const lines = createInterface(child.stdout)
  const [first] = (await once(lines, 'line')) as [string]
  const client = await RawClient.connect(Number(/127\.0\.0\.1:(\d+)/.exec(first)?.[1]))
  client.send('000100000006 01 03 0000 0001')
  expect((await client.receive(9)).slice(14)).toBe('8306')
  client.close()
  const ended = once(child, 'close')
  child.kill('SIGINT')
  expect((await ended)[0]).toBe(0)
})

test('tells health and counters where it is asked to', async () => {
  const child = start('run', 'gas-substation', '--probes', '0')
  let text = ''
  for await (const chunk of child.stdout) {
    text += String(chunk)
    if (text.includes('Ctrl-C')) break
  }
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? expect.unreachable(text)
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ ready: true })
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('sim_requests_total 0')
})

test.each(['tailings-instruments', 'rain-level', 'gnss'])('runs %s with a fault of Modbus, and refuses a fault of an instrument that it does not have', async (family) => {
  const child = start('run', family, '--fault', 'exception:6@1*1')
  const [first] = (await once(createInterface(child.stdout), 'line')) as [string]
  const client = await RawClient.connect(Number(/127\.0\.0\.1:(\d+)/.exec(first)?.[1]))
  client.send('000100000006 01 03 0000 0001')
  expect((await client.receive(9)).slice(14)).toBe('8306')
  client.close()
  const { code, err } = await outcomeOf(start('run', family, '--fault', 'melted:1'))
  expect(code).toBe(2)
  expect(err).toContain('<kind>:<slot> with kind one of')
})

test('begins the fault of an instrument that it is told', async () => {
  const child = start('run', 'gnss', '--fault', 'float-solution:2')
  const [first] = (await once(createInterface(child.stdout), 'line')) as [string]
  const client = await RawClient.connect(Number(/127\.0\.0\.1:(\d+)/.exec(first)?.[1]))
  // Solution type of the second point: 2 is a float solution.
  client.send('000100000006 01 03 0016 0001')
  expect((await client.receive(11)).slice(18)).toBe('0002')
  client.close()
})
