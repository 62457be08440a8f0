/*
 * The ECharts options of a trend. Pure. ECharts knows only UTC and the browser's zone, so all times are moved by
 * the eight hours of Beijing here, at its border, and nowhere else.
 */
import type { EChartsCoreOption } from 'echarts/core'
import { LEVEL_NAMES } from '../../alarms/levels.ts'
import type { AlarmLevel, Point } from '../../api/contract.ts'
import { staleLimitMs } from '../../reading/judgement.ts'
import type { Language } from '../../ui/preferences.tsx'
import { DISPLAY_OFFSET_MS } from '../../ui/time.ts'
import { type AlarmMark, limitsOf } from './alarm-marks.ts'
import { bandLabel } from './band-name.ts'
import type { TrendContent } from './queries.ts'
import { type Band, bucketSeries, type LinePoint, rawSeries } from './to-series.ts'

/** Colours of a chart. */
export interface ChartPalette {
  readonly line: string
  readonly area: string
  readonly axis: string
  readonly grid: string
  readonly text: string
  readonly bad: string
  readonly badText: string
  readonly mild: string
  readonly missing: string
  readonly panel: string
  readonly levels: Readonly<Record<AlarmLevel, string>>
}

const LIGHT: ChartPalette = {
  line: '#0b6a80',
  area: 'rgba(11,106,128,0.20)',
  axis: '#8fa0ae',
  grid: '#e6ebef',
  text: '#4c5d6d',
  bad: 'rgba(185,44,34,0.14)',
  badText: '#9c2018',
  mild: 'rgba(154,98,0,0.13)',
  missing: 'rgba(90,108,124,0.16)',
  panel: '#ffffff',
  levels: { red: '#d7263d', orange: '#e07b12', yellow: '#c79a00', blue: '#2f76cc' },
}
const DARK: ChartPalette = {
  line: '#4fc1d8',
  area: 'rgba(79,193,216,0.22)',
  axis: '#526473',
  grid: '#202b34',
  text: '#94a6b6',
  bad: 'rgba(243,131,122,0.20)',
  badText: '#f6a59e',
  mild: 'rgba(227,173,85,0.17)',
  missing: 'rgba(148,166,182,0.18)',
  panel: '#141c23',
  levels: { red: '#f2555a', orange: '#f08a24', yellow: '#e6c02a', blue: '#5c9df0' },
}

/** The colours for light or dark. */
export function chartPalette(isDark: boolean): ChartPalette {
  return isDark ? DARK : LIGHT
}

/** The bands of a trend. `nowMs` keeps the future from counting as missing. */
export function bandsOf(content: TrendContent, point: Pick<Point, 'periodMs'>, nowMs: number): readonly Band[] {
  const range = { fromMs: content.range.fromMs, toMs: Math.min(content.range.toMs, nowMs) }
  if (content.kind === 'raw') return rawSeries(content.samples, range, staleLimitMs(point.periodMs)).bands
  return bucketSeries(content.buckets, range, content.bucketMs).bands
}

/** Everything ECharts needs to draw a trend. */
export function chartOptions(input: {
  readonly content: TrendContent
  readonly point: Point
  readonly bands: readonly Band[]
  readonly marks: readonly AlarmMark[]
  readonly palette: ChartPalette
  readonly language: Language
}): EChartsCoreOption {
  const { content, point, bands, marks, palette, language } = input
  return {
    useUTC: true,
    animation: false,
    grid: { left: 64, right: 20, top: 28, bottom: 58 },
    axisPointer: { show: true, snap: false, triggerTooltip: false, lineStyle: { color: palette.axis }, label: { show: false } },
    xAxis: {
      type: 'time',
      min: content.range.fromMs + DISPLAY_OFFSET_MS,
      max: content.range.toMs + DISPLAY_OFFSET_MS,
      ...axisStyle(palette),
      axisLabel: { color: palette.text, hideOverlap: true, formatter: TIME_FORMATS },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      scale: point.unit !== 'bool',
      ...(point.unit === 'bool' ? { min: -0.1, max: 1.1, interval: 1 } : {}),
      name: point.unit === 'bool' ? '' : point.unit,
      nameTextStyle: { color: palette.text, align: 'right' },
      ...axisStyle(palette),
      axisLabel: { color: palette.text, hideOverlap: true },
    },
    dataZoom: [
      { type: 'inside', filterMode: 'none' },
      { type: 'slider', filterMode: 'none', height: 18, bottom: 8, borderColor: palette.grid, textStyle: { color: palette.text }, showDetail: false, brushSelect: false },
    ],
    series: [...lineSeries(content, point, palette), bandSeries(bands, content, palette, language), alarmSeries(marks, palette, language)],
  }
}

const TIME_FORMATS = {
  year: '{yyyy}',
  month: '{yyyy}-{MM}',
  day: '{MM}-{dd}',
  hour: '{HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
  millisecond: '{HH}:{mm}:{ss}',
  none: '{MM}-{dd} {HH}:{mm}',
}

function axisStyle(palette: ChartPalette) {
  return { axisLine: { lineStyle: { color: palette.axis } }, splitLine: { lineStyle: { color: palette.grid } } }
}

function lineSeries(content: TrendContent, point: Point, palette: ChartPalette): readonly object[] {
  const look = { type: 'line', connectNulls: false, symbol: 'circle', symbolSize: 3, lineStyle: { width: 1.6, color: palette.line }, itemStyle: { color: palette.line } }
  if (content.kind === 'raw') {
    const { line } = rawSeries(content.samples, content.range, staleLimitMs(point.periodMs))
    // A switch holds its value until the next report; a line sloping between 0 and 1 would show what never was.
    const step = point.unit === 'bool' ? { step: 'end' } : {}
    return [{ ...look, ...step, id: 'value', data: moved(line), showSymbol: line.length < 200 || 'auto' }]
  }
  const { mean, min, max } = bucketSeries(content.buckets, content.range, content.bucketMs)
  const edge = { type: 'line', connectNulls: false, symbol: 'none', stack: 'span', stackStrategy: 'all', lineStyle: { opacity: 0 }, silent: true }
  return [
    { ...edge, id: 'min', data: moved(min) },
    { ...edge, id: 'span', data: moved(spanOf(min, max)), areaStyle: { color: palette.area } },
    { ...look, id: 'mean', data: moved(mean), showSymbol: false },
  ]
}

// ECharts stacks the height of the band upon its lower edge.
function spanOf(min: readonly LinePoint[], max: readonly LinePoint[]): LinePoint[] {
  return min.map(([timeMs, low], index) => {
    const high = max[index]?.[1] ?? null
    return [timeMs, low === null || high === null ? null : high - low]
  })
}

function bandSeries(bands: readonly Band[], content: TrendContent, palette: ChartPalette, language: Language): object {
  const widthMs = content.range.toMs - content.range.fromMs
  const areas = bands.map((band) => [
    {
      xAxis: band.fromMs + DISPLAY_OFFSET_MS,
      itemStyle: { color: bandColour(band, palette) },
      // A word in the band, where it has room: colour alone must not carry the meaning.
      label: {
        show: labelShare(bandLabel(band, language)) < (band.toMs - band.fromMs) / widthMs,
        formatter: () => bandLabel(band, language),
        position: 'insideTop',
        color: band.kind === 'missing' ? palette.text : palette.badText,
        fontSize: 11,
      },
    },
    { xAxis: band.toMs + DISPLAY_OFFSET_MS },
  ])
  return { id: 'bands', type: 'line', data: [], silent: true, markArea: { silent: true, data: areas } }
}

/** Each episode as a bar at its limit with a tint below and above, each limit as a dashed line with its word. */
function alarmSeries(marks: readonly AlarmMark[], palette: ChartPalette, language: Language): object {
  const moved = (timeMs: number) => timeMs + DISPLAY_OFFSET_MS
  const areas = marks.map(({ alarm, fromMs, toMs }) => [{ xAxis: moved(fromMs), itemStyle: { color: palette.levels[alarm.level], opacity: 0.14 } }, { xAxis: moved(toMs) }])
  const bars = marks.flatMap(({ alarm, fromMs, toMs }) =>
    alarm.limit === null
      ? []
      : [[{ coord: [moved(fromMs), alarm.limit], lineStyle: { color: palette.levels[alarm.level], width: 5, type: 'solid' }, label: { show: false } }, { coord: [moved(toMs), alarm.limit] }]],
  )
  const limits = limitsOf(marks).map(({ level, limit }) => ({
    yAxis: limit,
    lineStyle: { color: palette.levels[level], width: 1, type: 'dashed' },
    label: { show: true, position: 'insideEndTop', color: palette.levels[level], fontSize: 11, formatter: `${LEVEL_NAMES[level][language]} ${limit}` },
  }))
  const look = { silent: true, symbol: 'none', animation: false }
  // Points that are not drawn: a limit that has been crossed belongs into the picture, also where the mean of a bucket stays below it.
  const reach = marks.flatMap(({ alarm, fromMs }) => (alarm.limit === null ? [] : [[moved(fromMs), alarm.limit]]))
  return {
    id: 'alarms',
    type: 'line',
    data: reach,
    showSymbol: false,
    lineStyle: { opacity: 0 },
    silent: true,
    markArea: { silent: true, data: areas },
    markLine: { ...look, data: [...limits, ...bars] },
  }
}

// The part of a narrow chart of 900 pixels that a label takes: Chinese characters are about as wide as high, Latin ones half.
function labelShare(label: string): number {
  const widthPx = Array.from(label, (character) => (character.charCodeAt(0) > 0x2e80 ? 12 : 6.5)).reduce((a, b) => a + b, 0)
  return (widthPx + 8) / 900
}

function bandColour(band: Band, palette: ChartPalette): string {
  if (band.kind === 'missing') return palette.missing
  return band.kind === 'partly-good' || (band.kind === 'quality' && band.quality === 1) ? palette.mild : palette.bad
}

function moved(line: readonly LinePoint[]): LinePoint[] {
  return line.map(([timeMs, value]) => [timeMs + DISPLAY_OFFSET_MS, value])
}
