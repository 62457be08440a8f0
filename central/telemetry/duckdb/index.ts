export { capabilities } from './capabilities.ts'
export { DuckDbConfig } from './config.ts'
export { duckdbErrors } from './errors.ts'
export { type DuckDbStoreOptions, openDuckDbStore } from './store.ts'
