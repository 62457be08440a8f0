/*
 * What the register makes of one announced point, as arithmetic: no I/O. The state of the register comes in as lookups.
 */
import { parsePointCode, SENSOR_TYPES, type SensorType } from '@orewatch/core'
import type { AnnouncedPoint, RefusalCode } from './registry.ts'

/** A registered point as the rules need it. */
export interface KnownPoint {
  readonly id: number
  readonly pointCode: string
  readonly gateway: number
  readonly device: string
  readonly metric: string
  readonly unit: string
  readonly acceptedUnit: string | null
  readonly acceptedCode: string | null
  readonly isRetired: boolean
}

/** The register around one announcement. */
export interface RegisterView {
  readonly gateway: number
  /** Subjects that the gateway may report for. */
  readonly subjects: readonly string[]
  /** The point that has this metric now. */
  readonly byMetric: KnownPoint | undefined
  /** The point that has the announced code now. */
  readonly byCode: KnownPoint | undefined
  /** Whether the birth also announces the metric that has the code now. */
  readonly isOldMetricAnnounced: boolean
}

/** What the point is to be, with the class's values where the birth says nothing usable. */
export interface PointContent {
  readonly pointCode: string
  readonly subjectCode: string
  readonly sensorType: string
  readonly unit: string
  readonly rangeLo: number | null
  readonly rangeHi: number | null
  readonly periodMs: number
  readonly title: string | null
  readonly place: string | null
  readonly profile: string | null
}

/** What to do about an announcement. */
export type Judgement =
  | { readonly kind: 'refuse'; readonly code: RefusalCode; readonly detail: string }
  /** It is this point, whose content shall be this; without content nothing changes. */
  | { readonly kind: 'keep'; readonly point: KnownPoint; readonly content?: PointContent }
  | { readonly kind: 'register'; readonly content: PointContent }

const MAX_TEXT = 200
const MAX_METRIC = 512
const MAX_PERIOD_MS = 31 * 86_400_000
// Classes whose values carry no single physical unit; a birth need not name one.
const UNITLESS: ReadonlySet<string> = new Set(['bool', 'event'])

/** Judges one announced point. */
export function judge(announced: AnnouncedPoint, view: RegisterView): Judgement {
  const name = announced.metric
  if (name.length === 0 || name.length > MAX_METRIC || name.includes('\0')) return refuse('bad-record', `a metric name has 1 to ${MAX_METRIC} characters and no NUL`)
  const { byMetric, byCode } = view
  const code = announced.pointCode
  if (byMetric?.isRetired === true) return refuse('unknown-point', `point ${byMetric.pointCode} was taken out of service`)
  if (byMetric !== undefined && (code === undefined || code === byMetric.acceptedCode)) return keepAdopted(announced, byMetric)
  if (code === undefined) return refuse('unknown-point', 'the birth gives no point code')
  const wrong = codeProblem(code, view.subjects)
  if (wrong !== undefined) return refuse('unknown-point', wrong)
  if (byMetric !== undefined && byMetric.pointCode !== code)
    return refuse('unknown-point', `this metric is registered as point ${byMetric.pointCode} and now announces ${code}; an operator must move it`)
  if (byCode?.isRetired === true) return refuse('unknown-point', `point ${code} was taken out of service`)
  const taken = byCode === undefined ? undefined : takenBy(byCode, announced, view)
  if (taken !== undefined) return refuse('unknown-point', `point ${code} belongs to ${taken}; an operator must move it`)
  const content = contentOf(announced, code)
  if (!isUnitOf(announced.unit, content.unit, byCode?.acceptedUnit ?? null)) return refuseUnit(announced.unit, content)
  return byCode === undefined ? { kind: 'register', content } : { kind: 'keep', point: byCode, content }
}

/** Why a gateway of these subjects cannot have a point of this code; undefined when it can. */
export function codeProblem(code: string, subjects: readonly string[]): string | undefined {
  const parts = parsePointCode(code)
  if (parts === undefined) return `${show(code)} is not a point code of 22 digits`
  if (SENSOR_TYPES[parts.sensorTypeCode] === undefined) return `${code} names class ${parts.sensorTypeCode}, which the list T-20 does not have`
  if (!subjects.includes(parts.subjectCode)) return `${code} is a point of subject ${parts.subjectCode}; the gateway reports for ${subjects.join(', ')}`
  return undefined
}

/** The content of a point from its birth; the code must be a valid one. */
export function contentOf(announced: AnnouncedPoint, code: string): PointContent {
  const type = SENSOR_TYPES[code.slice(14, 18)] as SensorType
  const { rangeLo, rangeHi, periodMs } = announced
  const hasRange = rangeLo !== undefined && rangeHi !== undefined && Number.isFinite(rangeLo) && Number.isFinite(rangeHi) && rangeLo < rangeHi
  const hasPeriod = periodMs !== undefined && Number.isInteger(periodMs) && periodMs >= 0 && periodMs <= MAX_PERIOD_MS
  return {
    pointCode: code,
    subjectCode: code.slice(0, 12),
    sensorType: type.code,
    unit: type.unit,
    rangeLo: hasRange ? rangeLo : (type.rangeLo ?? null),
    rangeHi: hasRange ? rangeHi : (type.rangeHi ?? null),
    periodMs: hasPeriod ? periodMs : type.periodMs,
    title: text(announced.title),
    place: text(announced.place),
    profile: text(announced.profile),
  }
}

/** Whether an announced unit is the one expected, whatever way ℃, ³ or ％ are written. */
export function isUnitOf(announced: string | undefined, expected: string, accepted: string | null): boolean {
  if (announced === undefined || announced === '') return UNITLESS.has(expected)
  return announced === accepted || fold(announced) === fold(expected)
}

/** Text of a birth as the register keeps it: no control characters, no more than 200 characters. */
export function text(value: string | undefined): string | null {
  const clean = value
    ?.toWellFormed()
    // oxlint-disable-next-line no-control-regex -- they are what is taken out
    .replace(/[\u0000-\u001f\u007f]/g, ' ')
    .trim()
    .slice(0, MAX_TEXT)
  return clean === undefined || clean === '' ? null : clean
}

function keepAdopted(announced: AnnouncedPoint, point: KnownPoint): Judgement {
  // A foreign gateway that never states units was adopted knowing that.
  if (announced.unit === undefined || isUnitOf(announced.unit, point.unit, point.acceptedUnit)) return { kind: 'keep', point }
  return refuse('unit-mismatch', `the birth says ${show(announced.unit)}, point ${point.pointCode} has ${point.unit}`)
}

function takenBy(point: KnownPoint, announced: AnnouncedPoint, view: RegisterView): string | undefined {
  if (point.gateway !== view.gateway) return `metric ${point.metric} of device ${point.device} at another gateway (${point.gateway})`
  if (point.device !== announced.device) return `metric ${point.metric} of device ${point.device}`
  // A metric renamed on the same device keeps its point, unless both names are there.
  if (point.metric !== announced.metric && view.isOldMetricAnnounced) return `metric ${point.metric} of the same device`
  return undefined
}

function refuseUnit(unit: string | undefined, content: PointContent): Judgement {
  const said = unit === undefined || unit === '' ? 'the birth states no unit' : `the birth says ${show(unit)}`
  return refuse('unit-mismatch', `${said}, class ${content.sensorType} has ${content.unit}`)
}

function refuse(code: RefusalCode, detail: string): Judgement {
  return { kind: 'refuse', code, detail }
}

function fold(unit: string): string {
  return unit.normalize('NFKC').replaceAll(' ', '')
}

function show(value: string): string {
  return JSON.stringify(value.slice(0, 60))
}
