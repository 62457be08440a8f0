import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,edge,central,firmware-adapters,tools,tests,bench}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
