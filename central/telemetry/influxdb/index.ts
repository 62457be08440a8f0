export { capabilities } from './capabilities.ts'
export { InfluxConfig } from './config.ts'
export { influxErrors } from './errors.ts'
export { type InfluxStoreOptions, openInfluxStore } from './store.ts'
