import { type AlarmsSearch, readAlarmsSearch } from './search.ts'

/** The list of alarms. */
export const alarmsRoute = { path: '/alarms', load: () => import('./page.tsx'), readSearch: (search: Record<string, unknown>): AlarmsSearch => readAlarmsSearch(search) } as const

/** One alarm with all that happened to it. */
export const alarmRoute = { path: '/alarms/$id', load: () => import('./alarm-page.tsx') } as const
