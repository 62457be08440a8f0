import { ALARM_LEVELS, type AlarmCause, type AlarmItem, type AlarmLevel, type AlarmState, type Sentence } from '../api/contract.ts'

/** The warning levels in words, as the grading of warnings has them. */
export const LEVEL_NAMES: Readonly<Record<AlarmLevel, Sentence>> = {
  red: { zh: '红色', en: 'red' },
  orange: { zh: '橙色', en: 'orange' },
  yellow: { zh: '黄色', en: 'yellow' },
  blue: { zh: '蓝色', en: 'blue' },
}

/** The states of ISA-18.2 in words. */
export const STATE_NAMES: Readonly<Record<AlarmState, Sentence>> = {
  unacknowledged: { zh: '未签收', en: 'unacknowledged' },
  acknowledged: { zh: '已签收', en: 'acknowledged' },
  'returned-unacknowledged': { zh: '已恢复未签收', en: 'returned, unack.' },
  'latched-unacknowledged': { zh: '已恢复待复位，未签收', en: 'over, to be reset, unack.' },
  'latched-acknowledged': { zh: '已恢复待复位', en: 'over, to be reset' },
  normal: { zh: '已恢复', en: 'normal' },
  shelved: { zh: '搁置', en: 'shelved' },
  suppressed: { zh: '抑制', en: 'suppressed' },
  'out-of-service': { zh: '停用', en: 'out of service' },
  historical: { zh: '历史补报', en: 'historical' },
}

/** The causes in words. */
export const CAUSE_NAMES: Readonly<Record<AlarmCause, Sentence>> = {
  real: { zh: '真实异常', en: 'real abnormality' },
  calibration: { zh: '标校', en: 'calibration' },
  'sensor-fault': { zh: '传感器故障', en: 'sensor fault' },
  blasting: { zh: '爆破影响（炮烟）', en: 'blasting fumes' },
  maintenance: { zh: '检修', en: 'maintenance' },
  false: { zh: '误报', en: 'false alarm' },
  'power-cut': { zh: '停电', en: 'power cut' },
  network: { zh: '网络', en: 'network' },
}

/** A cause in words; what this portal does not know is shown as it came. */
export function causeName(cause: string, language: 'zh' | 'en'): string {
  const known: Readonly<Record<string, Sentence>> = CAUSE_NAMES
  return known[cause]?.[language] ?? cause
}

/** 0 for blue to 3 for red. */
export function rankOf(level: AlarmLevel): number {
  return ALARM_LEVELS.indexOf(level)
}

/** Levels with the most severe first, as lists and badges show them. */
export const LEVELS_DOWN: readonly AlarmLevel[] = ALARM_LEVELS.toReversed()

/** Still of concern: active or not signed for, and not told afterwards by a backlog. */
export function isOpen(alarm: AlarmItem): boolean {
  return (alarm.isActive || !alarm.isAcknowledged) && !alarm.isHistorical
}

/** Whether it calls for a signature; what is shelved, suppressed, out of service or historical calls nobody. */
export function isCalling(alarm: Pick<AlarmItem, 'state'>): boolean {
  return alarm.state === 'unacknowledged' || alarm.state === 'returned-unacknowledged' || alarm.state === 'latched-unacknowledged'
}

/** Whether it stands in the counts of central: open, and not made quiet. */
export function isCounted(alarm: Pick<AlarmItem, 'state'>): boolean {
  return isCalling(alarm) || alarm.state === 'acknowledged'
}

/** Alarms by level; levels without any are left out, the most severe comes first. */
export function countByLevel(alarms: readonly Pick<AlarmItem, 'level'>[]): readonly { readonly level: AlarmLevel; readonly count: number }[] {
  return LEVELS_DOWN.map((level) => ({ level, count: alarms.filter((alarm) => alarm.level === level).length })).filter(({ count }) => count > 0)
}

/** Who may do what; central decides again at each request. */
export const ALARM_ROLES = {
  read: ['system-administrator', 'duty-officer', 'read-only-leader', 'enterprise-safety'],
  acknowledge: ['duty-officer', 'enterprise-safety'],
  silence: ['duty-officer'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Whether one of these roles may read, acknowledge and explain, or silence alarms. */
export function mayDo(roles: readonly string[], right: keyof typeof ALARM_ROLES): boolean {
  const allowed: readonly string[] = ALARM_ROLES[right]
  return roles.some((role) => allowed.includes(role))
}
