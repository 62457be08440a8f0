export { type CentralSettings, loadCentralSettings, type TlsTexts } from './load.ts'
export { CentralConfig, StoreConfig } from './schema.ts'
