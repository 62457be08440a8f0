import { createHash } from 'node:crypto'

/** What makes an alarm one alarm, on whichever side it is raised. */
export interface AlarmIdentity {
  /** Point code, or the group of a combination. */
  readonly subject: string
  readonly ruleId: string
  readonly ruleVersion: number
  /** UTC ms at which the condition began. */
  readonly startMs: number
}

/**
 * The identity of an alarm, the same at the gateway and at central: the first 16 bytes of SHA-256, as 32 hex digits, over the
 * UTF-8 text `orewatch-alarm/1`, subject, rule, version and start (decimal ms), each on a line of its own with LF between.
 */
export function alarmId({ subject, ruleId, ruleVersion, startMs }: AlarmIdentity): string {
  const text = ['orewatch-alarm/1', subject, ruleId, ruleVersion, startMs].join('\n')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
