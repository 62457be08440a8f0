/*
 * What the panels ask. Samples lie in InfluxDB under the register id of the point and nothing else; names, places and units lie
 * in PostgreSQL. So a panel of one point has its name from a variable (`select name as __text, id as __value`), and a table of many
 * points asks both and is joined on the column `p`, text on both sides. How a sample lies: central/telemetry/influxdb/README.md.
 */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'

/** A datasource as the provisioning names it. */
export interface DatasourceRef {
  readonly type: string
  readonly uid: string
}

/** Samples: InfluxDB 1.x, asked in InfluxQL. */
export const TELEMETRY: DatasourceRef = { type: 'influxdb', uid: 'orewatch-telemetry' }
/** Names and records: PostgreSQL. */
export const REGISTER: DatasourceRef = { type: 'grafana-postgresql-datasource', uid: 'orewatch-register' }
/** Grafana's own: queries of several datasources in one panel. */
export const MIXED: DatasourceRef = { type: 'datasource', uid: '-- Mixed --' }

/** A query of a panel as it stands in the dashboard's JSON. */
export interface Target {
  readonly refId: string
  readonly datasource: DatasourceRef
  /** InfluxQL. */
  readonly query?: string
  readonly rawQuery?: boolean
  readonly resultFormat?: 'time_series' | 'table'
  readonly alias?: string
  /** SQL. */
  readonly rawSql?: string
  readonly format?: 'table' | 'time_series'
  readonly editorMode?: 'code'
}

/** Wraps a query for the SDK, which has no builder for these two datasources. */
export function targetOf(target: Target): Builder<Dataquery> {
  // JSON.stringify leaves the marker out.
  return { build: () => ({ ...target, _implementsDataqueryVariant: () => undefined }) }
}

/** Curves from InfluxDB; `alias` names them in the legend. */
export function influxSeries(refId: string, query: string, alias: string): Target {
  return { refId, datasource: TELEMETRY, query, rawQuery: true, resultFormat: 'time_series', alias }
}

/** Rows from InfluxDB. */
export function influxTable(refId: string, query: string): Target {
  return { refId, datasource: TELEMETRY, query, rawQuery: true, resultFormat: 'table' }
}

/** Rows from PostgreSQL. */
export function sqlTable(refId: string, rawSql: string): Target {
  return { refId, datasource: REGISTER, rawSql: squeeze(rawSql), rawQuery: true, format: 'table', editorMode: 'code' }
}

/** One line instead of an indented text. */
export function squeeze(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').trim()
}

// Bits 0–3 of `q` are Q, and 0 is good.
const GOOD = '"q" & 15 = 0'
const NOT_GOOD = '"q" & 15 > 0'

/** Mean, lowest and highest good value per interval: a mean alone would hide the peak that matters. */
export function valuesOf(variable: string): Target {
  const of = `"p" = '\${${variable}:raw}' AND ${GOOD} AND $timeFilter`
  return influxSeries('A', `SELECT mean("v") AS "平均 mean", min("v") AS "最低 min", max("v") AS "最高 max" FROM "sample" WHERE ${of} GROUP BY time($__interval) fill(none)`, '$col')
}

/** The state of a switch: the last good value per interval, and nothing where none came. */
export function statesOf(variable: string): Target {
  return influxSeries('A', `SELECT last("v") AS "状态 state" FROM "sample" WHERE "p" = '\${${variable}:raw}' AND ${GOOD} AND $timeFilter GROUP BY time($__interval) fill(none)`, '$col')
}

/** How many samples of a point were not good per interval: why a curve has a hole. */
export function badSamplesOf(variable: string): Target {
  return influxSeries('B', `SELECT count("q") AS "非好 not good" FROM "sample" WHERE "p" = '\${${variable}:raw}' AND ${NOT_GOOD} AND $timeFilter GROUP BY time($__interval) fill(none)`, '$col')
}

/** The newest sample of every point, or of those of a variable: value (none where it had none), Q and time, by `p`. */
export function newestSamples(refId: string, variable?: string): Target {
  const of = variable === undefined ? '' : `"p" =~ /^(\${${variable}:pipe})$/ AND `
  return influxTable(refId, `SELECT "v" AS "value", "q" & 15 AS "quality" FROM "sample" WHERE ${of}$timeFilter GROUP BY "p" ORDER BY time DESC LIMIT 1`)
}

/** Samples stored per interval over all points; the filters are those of `q`. */
export function sampleCounts(): Target[] {
  const count = (refId: string, name: string, filter: string): Target =>
    influxSeries(refId, `SELECT count("q") AS "${name}" FROM "sample" WHERE ${filter}$timeFilter GROUP BY time($__interval) fill(none)`, '$col')
  return [count('A', '全部 all', ''), count('B', '非好 not good', `${NOT_GOOD} AND `), count('C', '补传 backfilled', '"q" & 4096 > 0 AND ')]
}

/** SQL: names of points by `p`; `where` limits them. */
export function pointNames(refId: string, where: string): Target {
  return sqlTable(
    refId,
    `select p.id::text as "p", m.name as "mine", coalesce(p.title, p.metric) as "name", coalesce(p.place, '') as "place", p.sensor_type as "class", p.unit as "unit",
       g.group_id || '/' || g.node as "gateway"
     from point p join mine m on m.subject_code = p.subject_code join gateway g on g.id = p.gateway_id
     where p.retired_ms is null and ${where} order by p.point_code`,
  )
}
