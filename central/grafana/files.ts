import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { countyBoard } from './boards/county.ts'
import { eventsBoard } from './boards/events.ts'
import { linkBoard } from './boards/link.ts'
import { pointBoard } from './boards/points.ts'
import { POINT_BOARDS } from './class-groups.ts'

/** All dashboards. */
export function dashboards(): readonly Dashboard[] {
  return [countyBoard(), ...POINT_BOARDS.map(pointBoard), eventsBoard(), linkBoard()]
}

/** The text of every dashboard by its path below the root, as `npm run gen` writes it and Grafana reads it. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(dashboards().map((dashboard) => [`central/grafana/dashboards/${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 1)}\n`]))
}
