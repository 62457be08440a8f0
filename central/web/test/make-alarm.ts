import type { AlarmItem } from '../api/contract.ts'

/** An alarm for tests: yellow, active, not signed for, revision 1, of no mine. */
export function makeAlarm(id: string, more: Partial<AlarmItem> = {}): AlarmItem {
  return {
    id,
    rule: { id: 'co-high', version: 1, zh: '一氧化碳超限', en: 'CO above limit' },
    subject: id,
    level: 'yellow',
    state: 'unacknowledged',
    startMs: 0,
    atMs: 0,
    value: 30,
    limit: 24,
    peak: 31,
    area: 0,
    isActive: true,
    isAcknowledged: false,
    isValueUnknown: false,
    isHistorical: false,
    revision: 1,
    ...more,
  }
}
