/*
 * Preloaded into dependency-cruiser 17, whose swc front end does not know two things that this house uses:
 * it reads .tsx as plain TypeScript (extract/swc/parse.mjs: "TODO: {tj}sx ?"), and its visitor stops at `using`.
 */
import { createRequire } from 'node:module'

interface Swc {
  parseFileSync: (file: string, options: Record<string, unknown>) => unknown
}

const swc = createRequire(import.meta.url)('@swc/core') as Swc
const parseFileSync = swc.parseFileSync.bind(swc)
Object.defineProperty(swc, 'parseFileSync', {
  value: (file: string, options: Record<string, unknown>) => withoutUsing(parseFileSync(file, { ...options, tsx: file.endsWith('.tsx') })),
})

// For imports `await using x = …` says the same as `const x = …`.
function withoutUsing(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutUsing)
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withoutUsing(value)]))
  if (copy['type'] !== 'UsingDeclaration') return copy
  return { type: 'VariableDeclaration', span: copy['span'], kind: 'const', declare: false, declarations: copy['decls'] }
}
