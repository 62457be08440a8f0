import { defineConfig } from 'drizzle-kit'

/** For `npx drizzle-kit generate --config central/relational/drizzle.config.ts`, run in the root of the repository. */
export default defineConfig({ dialect: 'postgresql', schema: './central/relational/schema/index.ts', out: './central/relational/migrations', casing: 'snake_case' })
