export type {
  CompletenessEvent,
  CompletenessEvents,
  CompletenessKind,
  DeclaredGap,
  PositionedRecord,
  RangeStore,
  RecordBatch,
  RecordQuery,
  RecordStore,
  SecurityEvent,
  SecurityEventKind,
  SecurityEvents,
  StoredRecord,
} from './records.ts'
export { recordErrors } from './errors.ts'
export { openCompletenessEvents, openRecordStore, openSecurityEvents } from './open.ts'
export { openRangeStore } from './ranges.ts'
