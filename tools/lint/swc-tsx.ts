/*
 * Preloaded into dependency-cruiser: its swc parser reads .tsx as plain TypeScript and stops at the first element
 * (dependency-cruiser 17, extract/swc/parse.mjs: "TODO: {tj}sx ?"), so the option is given here by file name.
 */
import { createRequire } from 'node:module'

interface Swc {
  parseFileSync: (file: string, options: Record<string, unknown>) => unknown
}

const swc = createRequire(import.meta.url)('@swc/core') as Swc
const parseFileSync = swc.parseFileSync.bind(swc)
Object.defineProperty(swc, 'parseFileSync', { value: (file: string, options: Record<string, unknown>) => parseFileSync(file, { ...options, tsx: file.endsWith('.tsx') }) })
