// The generator on a copy of the checkout: what it makes passes types, lint, import rules and its own tests at once.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeUnit, parseOrder } from './make-unit.ts'
import { makeScratchCopy, type ScratchCopy } from './test/scratch-copy.ts'

const UNITS = ['edge/drivers/dlt645', 'firmware-adapters/power-terminal', 'firmware-adapters/pump-plc']
let scratch: ScratchCopy

beforeAll(() => {
  scratch = makeScratchCopy()
})

afterAll(() => scratch.remove())

/** Runs a command of the copy; its output when it fails, otherwise nothing. */
function complaintsOf(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: scratch.root, env: scratch.env, encoding: 'utf8', timeout: 120_000 })
  return status === 0 ? '' : `${command} ended with ${status}\n${stdout}\n${stderr}`
}

describe('what npm run new makes', () => {
  test.each([[['driver', 'dlt645']], [['adapter', 'power-terminal']], [['adapter', 'pump-plc', '--protocol', 'opcua']]])('%j is made and named in full', (argv) => {
    expect(complaintsOf('node', ['tools/new/main.ts', ...argv])).toBe('')
  })

  test('has a README, a manifest and tests, and no word left to fill in', () => {
    for (const unit of UNITS) {
      expect(JSON.parse(readFileSync(join(scratch.root, unit, 'manifest.json'), 'utf8'))).toMatchObject({ id: unit.split('/').at(-1) })
      expect(readFileSync(join(scratch.root, unit, 'README.md'), 'utf8')).not.toContain('{{')
    }
  })

  test('passes the type check', { timeout: 120_000 }, () => expect(complaintsOf('tsc', ['--noEmit', '-p', 'tsconfig.json'])).toBe(''))
  test('passes the linter', { timeout: 120_000 }, () => expect(complaintsOf('oxlint', ['--type-aware', '--deny-warnings', ...UNITS, 'edge/drivers/registry.ts'])).toBe(''))
  test('is formatted', () => expect(complaintsOf('biome', ['format', '--vcs-enabled=false', ...UNITS])).toBe(''))

  test('passes its own tests and those of the registry', { timeout: 120_000 }, () => {
    expect(complaintsOf('vitest', ['run', ...UNITS, 'edge/drivers/registry.test.ts'])).toBe('')
  })

  test('is listed with a simulator by orewatch-sim', () => {
    const { stdout } = spawnSync('orewatch-sim', ['list'], { cwd: scratch.root, env: scratch.env, encoding: 'utf8' })
    expect(stdout).toMatch(/^power-terminal +modbus +simulator/m)
    expect(stdout).toMatch(/^pump-plc +opcua +simulator/m)
  })

  test('is not made twice', () => {
    const before = readFileSync(join(scratch.root, 'edge/drivers/registry.ts'), 'utf8')
    expect(() => makeUnit(parseOrder(['driver', 'dlt645']), scratch.root)).toThrow(expect.objectContaining({ code: 'NEW_EXISTS' }))
    expect(() => makeUnit(parseOrder(['adapter', 'simulation']), scratch.root)).toThrow(expect.objectContaining({ code: 'NEW_EXISTS' }))
    expect(readFileSync(join(scratch.root, 'edge/drivers/registry.ts'), 'utf8')).toBe(before)
  })
})

test.each([
  [[], 'NEW_BAD_USAGE'],
  [['module', 'x'], 'NEW_BAD_USAGE'],
  [['driver'], 'NEW_BAD_USAGE'],
  [['adapter', 'a', 'b'], 'NEW_BAD_USAGE'],
  [['adapter', 'power', '--protocol', 'dnp3'], 'NEW_BAD_USAGE'],
  [['adapter', 'power', '--bogus'], 'NEW_BAD_USAGE'],
  [['adapter', 'Power'], 'NEW_BAD_NAME'],
  [['adapter', '../power'], 'NEW_BAD_NAME'],
  [['adapter', 'power--meter'], 'NEW_BAD_NAME'],
  [['driver', 'dl-t'], 'NEW_BAD_NAME'],
  [['driver', '645'], 'NEW_BAD_NAME'],
])('%j is refused with %s', (argv, code) => {
  expect(() => parseOrder(argv)).toThrow(expect.objectContaining({ code }))
})

test('a registry without its anchor is left alone, and no folder is made', () => {
  expect(() => makeUnit({ kind: 'driver', name: 'modbus2', protocol: 'modbus' }, join(import.meta.dirname, 'test'))).toThrow()
  expect(existsSync(join(import.meta.dirname, 'test/edge'))).toBe(false)
})
