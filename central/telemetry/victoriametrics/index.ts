export { capabilities, hastyCapabilities } from './capabilities.ts'
export { VictoriaConfig } from './config.ts'
export { victoriaErrors } from './errors.ts'
export { openVictoriaStore, type VictoriaStoreOptions } from './store.ts'
