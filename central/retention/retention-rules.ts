/* How long samples are kept, by the class of their point; pure. L.10 of the domain model: raw monitoring data 2 years at hand and 5 years more. */
import type { RemovalOrder } from '../telemetry/store.ts'

/** What the law asks at least of monitoring data, days: two years, one of them a leap year (AQ 2031, table C). */
export const LEGAL_MINIMUM_DAYS = 731
/** What is kept when nothing is said, days: seven years with two leap days. */
export const DEFAULT_DAYS = 2_557

/** The setting `retention`. */
export interface RetentionSetting {
  readonly days: number
  /** Later ones win; a class is named by its code of T-20 or by the first two digits, its group. */
  readonly classes: readonly { readonly sensorTypes: readonly string[]; readonly days: number }[]
  readonly shorterThanLawBecause?: string
}

/** What the rules ask of a point. */
export interface RetainedPoint {
  readonly id: number
  readonly sensorType: string
}

const DAY_MS = 86_400_000

/** How many days samples of a class are kept. */
export function daysOf(setting: RetentionSetting, sensorType: string): number {
  const rule = setting.classes.findLast(({ sensorTypes }) => sensorTypes.some((prefix) => sensorType.startsWith(prefix)))
  return rule?.days ?? setting.days
}

/** Which periods are shorter than the law asks; empty where a reason is given. */
export function tooShort(setting: RetentionSetting): number[] {
  if (setting.shorterThanLawBecause !== undefined) return []
  return [setting.days, ...setting.classes.map(({ days }) => days)].filter((days) => days < LEGAL_MINIMUM_DAYS)
}

/** Which samples have outlived their period at a moment. Points that the register does not know are kept as long as any. */
export function planRemoval(setting: RetentionSetting, points: Iterable<RetainedPoint>, nowMs: number): RemovalOrder {
  const longest = Math.max(setting.days, ...setting.classes.map(({ days }) => days))
  const byDays = new Map<number, number[]>()
  for (const { id, sensorType } of points) {
    const days = daysOf(setting, sensorType)
    // The others keep their samples longest already.
    if (days === longest) continue
    const ids = byDays.get(days)
    if (ids === undefined) byDays.set(days, [id])
    else ids.push(id)
  }
  const beforeMs = (days: number): number => Math.max(0, nowMs - days * DAY_MS)
  return { othersBeforeMs: beforeMs(longest), classes: [...byDays].map(([days, ids]) => ({ points: ids, beforeMs: beforeMs(days) })) }
}
