/* What can be said of a dashboard without Grafana: sentences about what is wrong with it. */
import { KNOWN_UNITS } from '../units.ts'
import { GRID_WIDTH } from '../layout.ts'
import { type DatasourceRef, MIXED, REGISTER, type Target, TELEMETRY } from '../queries.ts'
import { BUILT_IN, namesIn } from './interpolate.ts'

/** A variable as it stands in the JSON. */
export interface BoardVariable {
  readonly name: string
  readonly query: string
  readonly multi?: boolean
  readonly hide?: number
}

/** A panel as it stands in the JSON. */
export interface BoardPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly repeat?: string
  readonly datasource?: DatasourceRef
  readonly targets?: readonly Target[]
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string }; readonly overrides?: readonly { readonly properties: readonly { readonly id: string; readonly value?: unknown }[] }[] }
}

/** A dashboard as it stands in the JSON. */
export interface Board {
  readonly uid: string
  readonly title: string
  readonly templating: { readonly list: readonly BoardVariable[] }
  readonly panels: readonly BoardPanel[]
}

const KNOWN_DATASOURCES = [TELEMETRY, REGISTER, MIXED].map(({ type, uid }) => `${type}/${uid}`)

/** Everything that is wrong with a dashboard, one sentence each. */
export function faultsOf(board: Board): string[] {
  return [...idFaults(board), ...gridFaults(board), ...nameFaults(board), ...unitFaults(board), ...sourceFaults(board)]
}

function idFaults({ panels }: Board): string[] {
  return [...Map.groupBy(panels, ({ id }) => id)].filter(([id, same]) => same.length > 1 || !Number.isInteger(id)).map(([id]) => `panel id ${id} is there twice`)
}

function gridFaults({ panels }: Board): string[] {
  const outside = panels.filter(({ gridPos: { x, y, w, h } }) => x < 0 || y < 0 || w < 1 || h < 1 || x + w > GRID_WIDTH).map(({ title }) => `${title} leaves the grid`)
  const overlaps = panels.flatMap((a, i) =>
    panels
      .slice(i + 1)
      .filter((b) => a.gridPos.x < b.gridPos.x + b.gridPos.w && b.gridPos.x < a.gridPos.x + a.gridPos.w && a.gridPos.y < b.gridPos.y + b.gridPos.h && b.gridPos.y < a.gridPos.y + a.gridPos.h)
      .map((b) => `${a.title} and ${b.title} overlap`),
  )
  return [...outside, ...overlaps]
}

// A variable may only use those before it, or Grafana would ask in a circle.
function nameFaults({ templating, panels }: Board): string[] {
  const defined = new Set<string>()
  const faults: string[] = []
  const demand = (where: string, names: readonly string[]): void => {
    for (const name of names) if (!defined.has(name) && !BUILT_IN.has(name)) faults.push(`${where} uses $${name}, which nobody defines`)
  }
  for (const { name, query } of templating.list) {
    demand(`variable ${name}`, namesIn(query))
    if (defined.has(name)) faults.push(`variable ${name} is there twice`)
    defined.add(name)
  }
  for (const { title, repeat, targets = [] } of panels) {
    demand(title, [...namesIn(title), ...(repeat === undefined ? [] : [repeat]), ...targets.flatMap(({ query, rawSql, alias }) => namesIn([query, rawSql, alias].join(' ')))])
  }
  return faults
}

function unitFaults({ panels }: Board): string[] {
  return panels.flatMap(({ title, type, fieldConfig }) => {
    const overridden = (fieldConfig?.overrides ?? []).flatMap(({ properties }) => properties.filter(({ id }) => id === 'unit').map(({ value }) => String(value)))
    const own = fieldConfig?.defaults.unit
    const units = [...(own === undefined ? [] : [own]), ...overridden]
    const missing = type === 'timeseries' && own === undefined ? [`${title} has no unit`] : []
    return [...missing, ...units.filter((unit) => !KNOWN_UNITS.has(unit) && !/^suffix: \S+$/.test(unit)).map((unit) => `${title} has the unit ${unit}, which Grafana does not know`)]
  })
}

function sourceFaults({ panels }: Board): string[] {
  const idOf = ({ type, uid }: DatasourceRef): string => `${type}/${uid}`
  return panels.flatMap(({ title, type, datasource, targets = [] }) => {
    if (type === 'row') return []
    const refs = targets.map(({ refId }) => refId)
    return [
      ...[...(datasource === undefined ? [] : [datasource]), ...targets.map((target) => target.datasource)]
        .map(idOf)
        .filter((id) => !KNOWN_DATASOURCES.includes(id))
        .map((id) => `${title} asks ${id}, which nobody provides`),
      ...(targets.length === 0 ? [`${title} asks nothing`] : []),
      ...(new Set(refs).size < refs.length ? [`${title} has two queries of one name`] : []),
    ]
  })
}
