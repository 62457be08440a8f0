export type {
  Quarantine, QuarantinedSample, QuarantineGroup, QuarantineLimits, QuarantineQuery, QuarantineResult, QuarantineRow,
} from './quarantine.ts'
