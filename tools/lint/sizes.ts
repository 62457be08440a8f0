import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceFiles } from './sources.ts'

const FILE_LINES = 500
const TEST_LINES = 700

/** Files over the size budget: 500 lines, 700 for tests; tables and generated files are named for what they are. */
export function oversized(root: string): string[] {
  return sourceFiles(root).flatMap((file) => {
    if (/\.gen\.tsx?$/.test(file)) return []
    const lines = readFileSync(join(root, file), 'utf8').split('\n').length
    const limit = /\.test\.tsx?$/.test(file) ? TEST_LINES : FILE_LINES
    return lines > limit ? [`${file}: ${lines} lines, the budget is ${limit}: split it by what it does`] : []
  })
}
