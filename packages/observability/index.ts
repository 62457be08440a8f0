export { Health, type PartHealth } from './health.ts'
export { type Logger, type LoggerOptions, openLogger, silentLogger } from './logger.ts'
export { Metrics } from './metrics.ts'
export { type ProbeServer, serveProbes } from './server.ts'
