export { dashboardFiles, dashboards } from './files.ts'
export { type DatasourceRef, REGISTER, squeeze, type Target, TELEMETRY } from './queries.ts'
export { KNOWN_UNITS } from './units.ts'
