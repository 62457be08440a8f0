import { parsePointCode } from '@orewatch/core'
import type { AlarmItem } from '../api/contract.ts'
import { formatValue, switchWord } from '../reading/judgement.ts'
import type { Language } from '../ui/preferences.tsx'

// A silence of a switch is counted in seconds, and one that is stuck in periods: neither is on or off.
const isOfPoint = (unit: string | undefined): boolean => unit !== undefined && unit !== 's'

/** A value of an alarm with its unit, in the decimals of the class of its point; a dash where there is none. */
export function alarmValue(alarm: Pick<AlarmItem, 'pointCode' | 'unit'>, value: number | null | undefined, language: Language): string {
  if (value === null || value === undefined) return '—'
  const type = alarm.pointCode === undefined ? undefined : parsePointCode(alarm.pointCode)?.sensorTypeCode
  const word = type === undefined || !isOfPoint(alarm.unit) ? undefined : switchWord(value, type)
  if (word) return word[language]
  const words = formatValue(value, type ?? '')
  return alarm.unit === undefined || alarm.unit === 'bool' ? words : `${words} ${alarm.unit}`
}

/** What an alarm is about: its point, or the subject of a rule over several points. */
export function subjectName(alarm: AlarmItem): string {
  return alarm.pointName ?? alarm.subject
}

/** One line for a list of one, such as a notification: rule, point and place, mine. */
export function alarmLine(alarm: AlarmItem, language: Language): string {
  return [alarm.rule[language], [subjectName(alarm), alarm.place ?? ''].filter(Boolean).join(' '), alarm.mineName ?? ''].filter(Boolean).join(' · ')
}

/** How long the condition has stood or stood, in ms, at a moment of central's clock. */
export function lastedMs(alarm: Pick<AlarmItem, 'startMs' | 'endMs' | 'atMs' | 'isActive'>, nowMs: number): number {
  return Math.max(0, (alarm.endMs ?? (alarm.isActive ? nowMs : alarm.atMs)) - alarm.startMs)
}
