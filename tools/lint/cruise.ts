import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { sourceFiles } from './sources.ts'

interface CruiseReport {
  readonly summary: { readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }[] }
  readonly modules: readonly { readonly source: string }[]
}

/**
 * Checks the import rules of `.dependency-cruiser.cjs` over every source file of a tree.
 * The tool is silent about files that it cannot parse, so every source must turn up in its report.
 */
export function cruise(root: string): string[] {
  const files = sourceFiles(root)
  const program = join(import.meta.dirname, '../../node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const preload = join(import.meta.dirname, 'swc-syntax.ts')
  const config = join(import.meta.dirname, '../../.dependency-cruiser.cjs')
  const run = spawnSync(process.execPath, ['--import', preload, program, '--config', config, '--output-type', 'json', ...files], { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 ** 2 })
  let report: CruiseReport
  try {
    report = JSON.parse(run.stdout) as CruiseReport
  } catch {
    return [`dependency-cruiser gave no report: ${run.stderr.slice(0, 2000)}`]
  }
  const seen = new Set(report.modules.map((module) => module.source))
  const unseen = files.filter((file) => !seen.has(file)).map((file) => `${file}: dependency-cruiser did not see this file`)
  return [...unseen, ...report.summary.violations.map((v) => `${v.from} must not import ${v.to} (${v.rule.name})`)]
}
