import { ALARM_LEVELS, type AlarmLevel } from '../../api/contract.ts'

/** The tabs of the list; `open` is the first one. */
export const TABS = ['open', 'unacknowledged', 'shelved', 'historical', 'all'] as const

/** One of the tabs. */
export type Tab = (typeof TABS)[number]

/** What the address of the list narrows it to. Times are UTC ms; alarms that overlap from ≤ time < to are listed. */
export interface AlarmsSearch {
  readonly tab?: Exclude<Tab, 'open'>
  readonly mine?: string
  readonly level?: AlarmLevel
  readonly from?: number
  readonly to?: number
}

/** Reads an address; what makes no sense is left out. */
export function readAlarmsSearch(search: Record<string, unknown>): AlarmsSearch {
  const { tab, mine, level, from, to } = search
  const [knownTab, knownLevel] = [TABS.find((name) => name === tab), ALARM_LEVELS.find((name) => name === level)]
  // The router reads twelve digits as a number.
  const code = typeof mine === 'number' ? String(mine) : mine
  return {
    ...(knownTab !== undefined && knownTab !== 'open' && { tab: knownTab }),
    ...(typeof code === 'string' && /^\d{12}$/.test(code) && { mine: code }),
    ...(knownLevel !== undefined && { level: knownLevel }),
    ...(isTime(from) && { from }),
    ...(isTime(to) && { to }),
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
