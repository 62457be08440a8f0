import { parsePointCode, SENSOR_TYPES } from '@orewatch/core'

/** A point as the rules see it: what it measures, where, and what its designer and register say of it. */
export interface RulePoint {
  /** Names the point in sample columns. */
  readonly key: number
  /** 22-character point code, or whatever names the point for people; the subject of its alarms. */
  readonly code: string
  /** Class of T-20, four digits. */
  readonly sensorType: string
  /** Mine or pond; the first twelve characters of the point code when absent. */
  readonly subject?: string
  /** Facts that limits are taken from and points are picked by: place, damLevel, approvedPersons, controlDepthM … */
  readonly facts?: Readonly<Record<string, string | number>>
  readonly rangeLo?: number
  readonly rangeHi?: number
  readonly resolution?: number
  /** 0 where the point reports on change. */
  readonly periodMs?: number
}

/** What the class says of a point where the point itself says nothing. */
export interface PointTraits {
  readonly subject: string
  readonly rangeLo: number
  readonly rangeHi: number
  readonly resolution: number
  readonly periodMs: number
  /** How long a value may be taken as still true: three periods, as long as a point is not lost (E.2); Infinity on change. */
  readonly holdMs: number
}

// E.2, rule Comm: no data for more than three periods.
const PERIODS_TO_LOSS = 3

/** Traits of a point, from itself or its class. */
export function traitsOf(point: RulePoint): PointTraits {
  const type = SENSOR_TYPES[point.sensorType]
  const periodMs = point.periodMs ?? type?.periodMs ?? 0
  return {
    subject: point.subject ?? parsePointCode(point.code)?.subjectCode ?? point.code,
    rangeLo: point.rangeLo ?? type?.rangeLo ?? Number.NEGATIVE_INFINITY,
    rangeHi: point.rangeHi ?? type?.rangeHi ?? Number.POSITIVE_INFINITY,
    resolution: point.resolution ?? type?.resolution ?? 0,
    periodMs,
    holdMs: periodMs === 0 ? Number.POSITIVE_INFINITY : PERIODS_TO_LOSS * periodMs,
  }
}

/** A fact of a point; `subject` and `sensorType` are facts of every point. */
export function factOf(point: RulePoint, name: string): string | number | undefined {
  if (name === 'subject') return traitsOf(point).subject
  if (name === 'sensorType') return point.sensorType
  return point.facts?.[name]
}
