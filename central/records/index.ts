export type {
  CompletenessEvent, CompletenessEvents, CompletenessKind, DeclaredGap, PositionedRecord, RangeStore, RecordBatch, RecordQuery, RecordStore,
  SecurityEvent, SecurityEventKind, SecurityEvents, StoredRecord,
} from './records.ts'
