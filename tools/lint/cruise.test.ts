import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { cruise } from './cruise.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A tree of files with these contents, known to git as a checkout is. */
function treeOf(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'orewatch-cruise-'))
  folders.push(root)
  for (const [path, text] of Object.entries({ 'tsconfig.json': '{"compilerOptions":{"allowImportingTsExtensions":true,"noEmit":true}}', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  execFileSync('git', ['init', '-q'], { cwd: root })
  return root
}

const leaf = 'export const x = 1\n'
const importing = (path: string): string => `import { x } from '${path}'\nexport const y = x\n`

/** The tree breaks exactly the named rule. */
function check(rule: string, from: string, to: string, specifier: string): void {
  const problems = cruise(treeOf({ [to]: leaf, [from]: importing(specifier) }))
  expect(problems).toEqual([`${from} must not import ${to} (${rule})`])
}

test('a clean tree has no problem', () => {
  expect(cruise(treeOf({ 'packages/core/a.ts': leaf, 'edge/b.ts': importing('../packages/core/a.ts') }))).toEqual([])
})
test('core imports nothing of ours', () => check('core-is-a-leaf', 'packages/core/a.ts', 'packages/protocol/b.ts', '../protocol/b.ts'))
test('shared code never imports a program', () => check('packages-know-no-app', 'packages/protocol/a.ts', 'edge/b.ts', '../../edge/b.ts'))
test('edge never imports central', () => check('edge-and-central-are-strangers', 'edge/a.ts', 'central/b.ts', '../central/b.ts'))
test('central never imports edge', () => check('edge-and-central-are-strangers', 'central/a.ts', 'edge/b.ts', '../edge/b.ts'))
test('a device family knows no program', () => check('adapters-know-no-app', 'firmware-adapters/gas/a.ts', 'edge/b.ts', '../../edge/b.ts'))
test('a driver never imports another', () => check('units-are-strangers', 'edge/drivers/modbus/a.ts', 'edge/drivers/opcua/config.ts', '../opcua/config.ts'))
test('a unit is opened by its door only', () => check('one-door', 'edge/gateway.ts', 'edge/drivers/modbus/queue.ts', './drivers/modbus/queue.ts'))
test('only the Modbus driver holds the Modbus library', () => {
  const root = treeOf({
    'node_modules/modbus-serial/package.json': '{"name":"modbus-serial","version":"8.0.25","main":"index.js"}',
    'node_modules/modbus-serial/index.js': 'exports.x = 1\n',
    '.gitignore': 'node_modules\n',
    'package.json': '{"dependencies":{"modbus-serial":"8.0.25"}}',
    'edge/gateway.ts': importing('modbus-serial'),
  })
  expect(cruise(root)).toEqual(['edge/gateway.ts must not import node_modules/modbus-serial/index.js (only-the-modbus-driver-speaks-modbus)'])
})
test('the kernel knows no engine', () => check('the-kernel-knows-no-engine', 'central/kernel/a.ts', 'central/ingest/b.ts', '../ingest/b.ts'))
test('web code never imports server code', () => check('web-stays-in-the-browser', 'central/web/app/a.ts', 'central/api/b.ts', '../../api/b.ts'))
test('server code never imports a page', () => check('server-ignores-web', 'central/api/a.ts', 'central/web/app/b.ts', '../web/app/b.ts'))
test('features do not know each other', () => check('features-are-strangers', 'central/web/features/a/a.ts', 'central/web/features/b/b.ts', '../b/b.ts'))
test('fakes never ship', () => check('testkit-is-for-tests', 'edge/a.ts', 'packages/testkit/b.ts', '../packages/testkit/b.ts'))
test('imports of a page with markup are seen', () => {
  const page = "import { x } from '../../api/b.ts'\nexport const Page = () => <section title={`a`}>{x}</section>\n"
  expect(cruise(treeOf({ 'central/api/b.ts': leaf, 'central/web/app/page.tsx': page }))).toEqual(['central/web/app/page.tsx must not import central/api/b.ts (web-stays-in-the-browser)'])
})
test('imports beside a using declaration are seen', () => {
  const text = "import { x } from '../central/b.ts'\nexport async function f() {\n  await using y = x\n  return y\n}\n"
  expect(cruise(treeOf({ 'central/b.ts': leaf, 'edge/a.ts': text }))).toEqual(['edge/a.ts must not import central/b.ts (edge-and-central-are-strangers)'])
})
test('a codec does arithmetic, not I/O', () => {
  const problems = cruise(treeOf({ 'edge/uplink/codec.ts': "import { readFileSync } from 'node:fs'\nexport const y = readFileSync\n" }))
  expect(problems).toEqual(['edge/uplink/codec.ts must not import fs (pure-files)'])
})
test('the evaluator of alarms hashes and does no I/O', () => {
  const of = (module: string): string[] => cruise(treeOf({ 'packages/alarm-rules/a.ts': `import * as m from 'node:${module}'\nexport const y = m\n` }))
  expect(of('fs')).toEqual(['packages/alarm-rules/a.ts must not import fs (alarm-rules-do-no-io)'])
  expect(of('crypto')).toEqual([])
})
test('two files that need each other are found', () => {
  const problems = cruise(treeOf({ 'edge/a.ts': "import { y } from './b.ts'\nexport const x = y\n", 'edge/b.ts': "import { x } from './a.ts'\nexport const y = x\n" }))
  expect(problems.every((p) => p.endsWith('(no-circular)'))).toBe(true)
  expect(problems.length).toBeGreaterThan(0)
})
test('an import that nothing answers to is found', () => {
  expect(cruise(treeOf({ 'edge/a.ts': importing('./gone.ts') }))).toEqual(['edge/a.ts must not import ./gone.ts (no-unresolved)'])
})
test('a file that the tool cannot see is a problem, not a pass', () => {
  expect(cruise(treeOf({ 'edge/a.ts': 'export const = = 1\n' }))).not.toEqual([])
})
