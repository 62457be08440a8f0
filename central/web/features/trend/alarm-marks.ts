/*
 * Alarms on a trend. Pure: which episodes stand where, which of them is under the pointer, and the limits as lines.
 */
import type { TimeRange } from '../../api/client.ts'
import type { AlarmItem, AlarmLevel } from '../../api/contract.ts'
import { rankOf } from '../../alarms/levels.ts'

/** An episode within the shown range. */
export interface AlarmMark {
  readonly alarm: AlarmItem
  readonly fromMs: number
  /** The end of the episode, or now while it goes on; never beyond the range. */
  readonly toMs: number
}

/** A limit that an episode has crossed. */
export interface LimitLine {
  readonly level: AlarmLevel
  readonly limit: number
}

/** The episodes that overlap the range, the less severe first so that the more severe is drawn over them. */
export function marksOf(alarms: readonly AlarmItem[], range: TimeRange, nowMs: number): readonly AlarmMark[] {
  return alarms
    .map((alarm) => ({ alarm, fromMs: Math.max(alarm.startMs, range.fromMs), toMs: Math.min(alarm.endMs ?? (alarm.isActive ? nowMs : alarm.atMs), range.toMs) }))
    .filter(({ fromMs, toMs }) => fromMs <= toMs)
    .toSorted((a, b) => rankOf(a.alarm.level) - rankOf(b.alarm.level) || a.fromMs - b.fromMs)
}

/** The limits of the episodes, each level and value once. */
export function limitsOf(marks: readonly AlarmMark[]): readonly LimitLine[] {
  const lines = new Map<string, LimitLine>()
  for (const { alarm } of marks) if (alarm.limit !== null) lines.set(`${alarm.level} ${alarm.limit}`, { level: alarm.level, limit: alarm.limit })
  return [...lines.values()]
}

/** The most severe episode at a moment; a short one is found within `nearMs` of it. */
export function markAt(marks: readonly AlarmMark[], timeMs: number, nearMs: number): AlarmMark | undefined {
  return marks.findLast(({ fromMs, toMs }) => fromMs - nearMs <= timeMs && timeMs <= toMs + nearMs)
}
