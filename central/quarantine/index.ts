export type {
  Quarantine,
  QuarantinedSample,
  QuarantineGroup,
  QuarantineLimits,
  QuarantineQuery,
  QuarantineResult,
  QuarantineRow,
} from './quarantine.ts'
export { quarantineErrors } from './errors.ts'
export { openQuarantine } from './open.ts'
