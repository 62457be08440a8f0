export type { Relational, RelationalDb, RelationalOptions } from './relational.ts'
