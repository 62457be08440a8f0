export type {
  AnnouncedPoint,
  CountyOverview,
  DataScope,
  DeviceRow,
  Gateway,
  ImportReport,
  Mine,
  MineOverview,
  Page,
  PointAdoption,
  PointQuery,
  PointRow,
  RefusalCode,
  RegisteredPoint,
  Registry,
  Resolution,
} from './registry.ts'
export { registryErrors } from './errors.ts'
export { openRegistry } from './open.ts'
