import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,edge,central,firmware-adapters,tools,tests,bench}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One second is too short on a machine that does something else; under testTimeout, so that a poll says what it waited for.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
})
