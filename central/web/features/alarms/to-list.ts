/*
 * Which alarms a list shows, and in which order. Pure. Central's pages and what the live feed told meet here; the newer
 * revision wins. Under the pointer of a person nothing moves.
 */
import { byStart } from '../../alarms/alarm-book.ts'
import { isOpen } from '../../alarms/levels.ts'
import type { AlarmItem } from '../../api/contract.ts'
import type { AlarmsSearch, Tab } from './search.ts'

/** Tabs that are parts of the open alarms and so need no list of their own. */
export function isLiveTab(tab: Tab): boolean {
  return tab !== 'historical' && tab !== 'all'
}

/** Whether an alarm belongs on a tab with these filters. */
export function isListed(alarm: AlarmItem, search: AlarmsSearch): boolean {
  const { mine, level, from, to } = search
  if (mine !== undefined && alarm.subjectCode !== mine) return false
  if (level !== undefined && alarm.level !== level) return false
  if (from !== undefined && (alarm.endMs ?? Number.POSITIVE_INFINITY) < from) return false
  if (to !== undefined && alarm.startMs >= to) return false
  return isOnTab(alarm, search.tab ?? 'open')
}

function isOnTab(alarm: AlarmItem, tab: Tab): boolean {
  switch (tab) {
    case 'open':
      return isOpen(alarm)
    case 'unacknowledged':
      return isOpen(alarm) && !alarm.isAcknowledged
    case 'shelved':
      return isOpen(alarm) && (alarm.state === 'shelved' || alarm.state === 'suppressed' || alarm.state === 'out-of-service')
    case 'historical':
      return alarm.isHistorical
    case 'all':
      return true
  }
}

/** Pages of central with what this page has heard since; `isWhole` is false while central has more pages. */
export function mergePages(listed: readonly AlarmItem[], heard: readonly AlarmItem[], search: AlarmsSearch, isWhole: boolean): readonly AlarmItem[] {
  const alarms = new Map(listed.map((alarm) => [alarm.id, alarm]))
  // What is older than the last page would leave a hole before it; it comes with its own page.
  const oldestMs = isWhole ? Number.NEGATIVE_INFINITY : (listed.at(-1)?.startMs ?? Number.POSITIVE_INFINITY)
  for (const alarm of heard) {
    const known = alarms.get(alarm.id)
    if (known ? alarm.revision > known.revision : alarm.startMs >= oldestMs) alarms.set(alarm.id, alarm)
  }
  return [...alarms.values()].filter((alarm) => isListed(alarm, search)).toSorted(byStart)
}

/** What stands in the table, and how many new ones wait above it. */
export interface HeldList {
  readonly rows: readonly AlarmItem[]
  readonly waiting: number
}

/** While the order is held, rows stay where they are and only change; what is new waits, what is gone stays in view. */
export function holdOrder(held: readonly AlarmItem[] | undefined, wanted: readonly AlarmItem[], newest: (id: string) => AlarmItem | undefined): HeldList {
  if (held === undefined) return { rows: wanted, waiting: 0 }
  const byId = new Map(wanted.map((alarm) => [alarm.id, alarm]))
  const shown = new Set(held.map(({ id }) => id))
  return { rows: held.map((alarm) => byId.get(alarm.id) ?? newest(alarm.id) ?? alarm), waiting: wanted.filter(({ id }) => !shown.has(id)).length }
}
