import type { Level } from './levels.ts'

/** What can happen to an alarm while its point is evaluated. */
export type TransitionKind = 'raise' | 'escalate' | 'deescalate' | 'clear' | 'value-unknown' | 'value-known'

/** One change of one alarm, in event time. */
export interface Transition {
  readonly kind: TransitionKind
  /** See alarmId. */
  readonly alarmId: string
  readonly ruleId: string
  readonly ruleVersion: number
  /** Point code, or the group of a combination. */
  readonly subject: string
  /** UTC ms of the event that caused it; never the time at which it was evaluated. */
  readonly atMs: number
  /** UTC ms at which the condition began. */
  readonly startMs: number
  /** Level after the change; that before it when the alarm cleared. */
  readonly level: Level
  /** Level before the change, absent when it was raised. */
  readonly previousLevel?: Level
  /** What the rule compared with its limit, in the rule's unit (see README); the last one known. */
  readonly value: number
  /** Limit of `level`. */
  readonly limit: number
  /** Furthest value beyond the limit since the condition began. */
  readonly peak: number
  readonly durationMs: number
  /** Integral of what lies beyond the rule's lowest limit, in value × seconds; time without data is not counted. */
  readonly area: number
  /** Q of the sample that made the value unknown. */
  readonly quality?: number
}
