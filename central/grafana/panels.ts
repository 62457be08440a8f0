/* The kinds of panels that the dashboards are made of; what they ask is in queries.ts. */
import { GraphDrawStyle, GraphThresholdsStyleMode, LegendDisplayMode, LegendPlacement, VisibilityMode } from '@grafana/grafana-foundation-sdk/common'
import * as common from '@grafana/grafana-foundation-sdk/common'
import { MappingType, ThresholdsConfigBuilder, ThresholdsMode, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as StateTimelinePanel } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeriesPanel } from '@grafana/grafana-foundation-sdk/timeseries'
import { QUALITY_NAMES, type SensorType } from '@orewatch/core'
import { STATUTORY_LIMITS, type StatutoryLimit } from './limits.ts'
import { badSamplesOf, type DatasourceRef, MIXED, REGISTER, statesOf, type Target, targetOf, TELEMETRY, valuesOf } from './queries.ts'
import { grafanaUnit } from './units.ts'

const GOOD_COLOUR = 'green'
const BAD_COLOUR = 'red'
const NEUTRAL_COLOUR = 'text'
const NOT_GOOD_NAME = '非好 not good'

/** The variable that holds the points of a class in the chosen mine. */
export function classVariable(type: Pick<SensorType, 'code'>): string {
  return `p_${type.code}`
}

/** One panel per point of a class, named after the point; Grafana repeats it over the variable of the class. */
export function classPanel(type: SensorType): TimeSeriesPanel | StateTimelinePanel {
  return type.unit === 'bool' ? statePanel(type) : trendPanel(type)
}

function trendPanel(type: SensorType): TimeSeriesPanel {
  const variable = classVariable(type)
  const limit = STATUTORY_LIMITS[type.code]
  const panel = new TimeSeriesPanel()
    .title(titleOf(type))
    .description(descriptionOf(type, limit))
    .datasource(TELEMETRY)
    .repeat(variable)
    .repeatDirection('h')
    .maxPerRow(3)
    .unit(grafanaUnit(type) ?? '')
    .noValue('无数据 no data')
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Auto)
    .spanNulls(false)
    .legend(new common.VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true).calcs([]))
    .withTarget(targetOf(valuesOf(variable)))
    .withTarget(targetOf(badSamplesOf(variable)))
    // Counts stand on an axis of their own: they have another unit than the values.
    .overrideByName(NOT_GOOD_NAME, [
      { id: 'unit', value: 'short' },
      { id: 'custom.axisPlacement', value: 'right' },
      { id: 'custom.drawStyle', value: GraphDrawStyle.Bars },
      { id: 'custom.fillOpacity', value: 40 },
      { id: 'color', value: { mode: 'fixed', fixedColor: BAD_COLOUR } },
      { id: 'custom.thresholdsStyle', value: { mode: GraphThresholdsStyleMode.Off } },
    ])
  if (limit !== undefined) panel.thresholds(stepsOf(limit)).thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
  return panel
}

function statePanel(type: SensorType): StateTimelinePanel {
  const variable = classVariable(type)
  return new StateTimelinePanel()
    .title(titleOf(type))
    .description(descriptionOf(type, undefined))
    .datasource(TELEMETRY)
    .repeat(variable)
    .repeatDirection('h')
    .maxPerRow(3)
    .unit(grafanaUnit(type) ?? '')
    .noValue('无数据 no data')
    .mappings([
      {
        type: MappingType.ValueToText,
        options: { '0': { text: '0 否 no', color: NEUTRAL_COLOUR, index: 0 }, '1': { text: '1 是 yes', color: 'blue', index: 1 } },
      },
    ])
    .withTarget(targetOf(statesOf(variable)))
}

function titleOf(type: SensorType): string {
  return `\${${classVariable(type)}:text} · ${type.zh} ${type.en}`
}

function descriptionOf(type: SensorType, limit: StatutoryLimit | undefined): string {
  const text = `${type.zh} ${type.en} (${type.code}), ${type.unit}. 只画质量为好的值，红柱为质量不好的样本数。Good samples only; red bars count the others.`
  return limit === undefined ? text : `${text} 虚线 dashed line: ${limit.value} ${type.unit}, ${limit.source}.`
}

function stepsOf({ value, bad }: StatutoryLimit): ThresholdsConfigBuilder {
  const [below, above] = bad === 'above' ? [GOOD_COLOUR, BAD_COLOUR] : [BAD_COLOUR, GOOD_COLOUR]
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: below },
    { value, color: above },
  ])
}

/** Names of Q 0–9 in both languages. */
export const QUALITY_MAPPING: ValueMapping = {
  type: MappingType.ValueToText,
  options: Object.fromEntries(Object.entries(QUALITY_NAMES).map(([code, { zh, en }], index) => [code, { text: `${code} ${zh} ${en}`, color: code === '0' ? GOOD_COLOUR : BAD_COLOUR, index }])),
}

/** The newest sample of many points with their names: InfluxDB and PostgreSQL joined on `p`. */
export function namedTable(title: string, description: string, samples: Target, names: Target): TablePanel {
  return table(title, description, MIXED, samples, names)
    .withTransformation({ id: 'joinByField', options: { byField: 'p', mode: 'inner' } })
    .withTransformation({
      id: 'organize',
      options: { excludeByName: { p: true }, indexByName: { mine: 0, name: 1, place: 2, value: 3, unit: 4, quality: 5, Time: 6, class: 7, gateway: 8 }, renameByName: {} },
    })
    .overrideByName('quality', [
      { id: 'mappings', value: [QUALITY_MAPPING] },
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
    ])
    .overrideByName('value', [{ id: 'noValue', value: '—' }])
}

/** Rows as they come from PostgreSQL. */
export function recordTable(title: string, description: string, target: Target): TablePanel {
  return table(title, description, REGISTER, target)
}

function table(title: string, description: string, datasource: DatasourceRef, ...targets: readonly Target[]): TablePanel {
  const panel = new TablePanel().title(title).description(description).datasource(datasource).noValue('').filterable(true)
  for (const target of targets) panel.withTarget(targetOf(target))
  return panel
}

/** One number from PostgreSQL. */
export function numberPanel(title: string, target: Target): StatPanel {
  return new StatPanel().title(title).datasource(REGISTER).unit('none').graphMode(common.BigValueGraphMode.None).colorMode(common.BigValueColorMode.None).withTarget(targetOf(target))
}

/** Counts over time as bars, from one datasource. */
export function countPanel(title: string, description: string, datasource: DatasourceRef, ...targets: readonly Target[]): TimeSeriesPanel {
  const panel = new TimeSeriesPanel()
    .title(title)
    .description(description)
    .datasource(datasource)
    .unit('short')
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(40)
    .min(0)
    .legend(new common.VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true).calcs([]))
  for (const target of targets) panel.withTarget(targetOf(target))
  return panel
}
