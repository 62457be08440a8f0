import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { REGISTER, squeeze } from './queries.ts'

/** Tag of all dashboards; the links between them go by it. */
const TAG = 'orewatch'

/** An empty dashboard with what all of them have; times are shown in the browser's zone. */
export function frame(uid: string, title: string, from = 'now-6h'): DashboardBuilder {
  return new DashboardBuilder(`矿哨 Orewatch · ${title}`)
    .uid(uid)
    .tags([TAG])
    .timezone('browser')
    .time({ from, to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .link(new DashboardLinkBuilder('矿哨 Orewatch').type(DashboardLinkType.Dashboards).tags([TAG]).asDropdown(true).includeVars(true).keepTime(true))
}

/** A variable that a person chooses one value of; its options come from PostgreSQL, in their order. */
export function choice(name: string, label: string, sql: string): QueryVariableBuilder {
  return variable(name, sql).label(label).hide(VariableHide.DontHide).multi(false).includeAll(false)
}

/** A hidden variable that holds all values of its query. */
export function everyOne(name: string, sql: string): QueryVariableBuilder {
  return variable(name, sql)
    .hide(VariableHide.HideVariable)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })
}

/** The chosen county. */
export function countyChoice(): QueryVariableBuilder {
  return choice('county', '县 county', "select code || ' ' || name as __text, code as __value from division order by code")
}

/** The chosen mine or pond of the county. */
export function mineChoice(): QueryVariableBuilder {
  return choice('mine', '矿山 mine', 'select name as __text, subject_code as __value from mine where division_code = ${county:sqlstring} order by subject_code')
}

function variable(name: string, sql: string): QueryVariableBuilder {
  const query = squeeze(sql)
  return new QueryVariableBuilder(name).datasource(REGISTER).query(query).definition(query).refresh(VariableRefresh.OnDashboardLoad).sort(VariableSort.Disabled)
}
