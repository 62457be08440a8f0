#!/usr/bin/env node
/* Runs the tests and ends with one line: N passed, N failed, N skipped. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly numFailedTestSuites: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

const isCi = process.env['CI'] === 'true'
if (isCi) {
  const services = spawnSync('bash', [join(import.meta.dirname, '../services/install.sh')], { stdio: 'inherit' })
  if (services.status !== 0) finish(0, 1, 0, 'the services cannot be installed')
}
const folder = mkdtempSync(join(tmpdir(), 'orewatch-test-'))
const output = join(folder, 'report.json')
const run = spawnSync('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile=${output}`, ...process.argv.slice(2)], { stdio: 'inherit' })
let report: Report
try {
  report = JSON.parse(readFileSync(output, 'utf8')) as Report
} catch {
  finish(0, 1, 0, `the test runner ended with ${run.status ?? run.signal} and left no report`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const skipped = report.testResults.flatMap((file) => file.assertionResults.filter((a) => a.status !== 'passed' && a.status !== 'failed').map((a) => a.fullName))
for (const name of skipped) console.log(`skipped: ${name}`)
if (skipped.length > 0) console.log('Some suites need services of Debian; install them with: npm run services')
// A file that does not even load has no failed test in it, and a runner that dies after its tests is no success.
const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.every((a) => a.status !== 'failed'))
for (const file of unloaded) console.log(`failed to load: ${file.name}\n${file.message}`)
const failed = report.numFailedTests + unloaded.length + (run.status !== 0 && report.numFailedTests + unloaded.length === 0 ? 1 : 0)
finish(report.numPassedTests, failed + (isCi ? skipped.length : 0), isCi ? 0 : skipped.length, failed === 0 && isCi && skipped.length > 0 ? 'in CI nothing may be skipped' : undefined)

function finish(passed: number, failures: number, skips: number, note?: string): never {
  if (note !== undefined) console.log(note)
  console.log(`${passed} passed, ${failures} failed, ${skips} skipped`)
  process.exit(failures === 0 && passed > 0 ? 0 : 1)
}
