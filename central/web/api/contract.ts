/*
 * The answers of central/api as the portal reads them. Times are UTC milliseconds.
 * The written source of these shapes is /api/openapi.json of a running central.
 */

/** Who is logged in. */
export interface SessionUser {
  readonly name: string
  readonly displayName: string
  readonly roles: readonly string[]
  /** Division code prefix of 2, 4 or 6 digits; empty is everything. */
  readonly scope: string
  /** Nothing but the change of the password is open until it is done. */
  readonly mustChangePassword?: boolean
}

/** The newest sample of a point. */
export interface Latest {
  readonly timeMs: number
  readonly value: number | null
  /** Q 0–9. */
  readonly quality: number
  readonly reason: string
  /** Bits of SAMPLE_FLAGS. */
  readonly flags: number
}

/** A registered point. */
export interface Point {
  readonly pointCode: string
  readonly name: string
  readonly metric: string
  readonly device: string
  /** Edge node name. */
  readonly gateway: string
  readonly subjectCode: string
  /** Four digits of T-20. */
  readonly sensorType: string
  readonly unit: string
  readonly rangeLo?: number
  readonly rangeHi?: number
  /** 0 means on change. */
  readonly periodMs: number
  readonly place?: string
  readonly latest?: Latest
}

/** A gateway and how its link stands. */
export interface GatewaySummary {
  readonly id: number
  readonly group: string
  readonly node: string
  readonly isOnline: boolean
  readonly sinceMs?: number
  /** Records that wait in its outbox. */
  readonly pending?: number
  /** Time of the oldest record that waits. */
  readonly oldestMs?: number
  readonly clockOffsetMs?: number
  readonly failure?: string
}

/** One mine or pond with counts of its points. */
export interface MineSummary {
  readonly subjectCode: string
  readonly name: string
  readonly kind: string
  readonly gateways: readonly GatewaySummary[]
  readonly points: number
  readonly good: number
  readonly bad: number
  readonly stale: number
  readonly lastSampleMs?: number
}

/** The counties in the user's jurisdiction. */
export interface Overview {
  readonly nowMs: number
  readonly counties: readonly { readonly divisionCode: string; readonly name: string; readonly mines: readonly MineSummary[] }[]
  readonly totals: {
    readonly mines: number
    readonly gateways: number
    readonly gatewaysOnline: number
    readonly points: number
    readonly good: number
    readonly bad: number
    readonly stale: number
    readonly quarantined: number
  }
}

/** Where a device stands. */
export type DeviceState = 'starting' | 'live' | 'lost' | 'paused'

/** A device of a mine. */
export interface DeviceSummary {
  readonly gateway: string
  readonly device: string
  readonly family?: string
  readonly title?: string
  readonly state?: DeviceState
  readonly sinceMs?: number
  readonly reason?: string
  readonly detail?: string
}

/** A mine with its devices and points. */
export interface MineDetail {
  readonly mine: MineSummary
  readonly devices: readonly DeviceSummary[]
  readonly points: readonly Point[]
}

/** `[timeMs, value, quality, reason, flags, gatewayDeltaMs]`. */
export type SampleTuple = readonly [timeMs: number, value: number | null, quality: number, reason: string, flags: number, gatewayDeltaMs: number]

/** A page of raw samples; `nextMs` is where the next page begins. `R` is how the reason is written. */
export interface SamplePage<R = string> {
  readonly items: readonly (readonly [timeMs: number, value: number | null, quality: number, reason: R, flags: number, gatewayDeltaMs: number])[]
  readonly nextMs?: number
}

/** One aggregate bucket; the statistics are over good samples and null where there are none. */
export interface Bucket {
  readonly startMs: number
  readonly count: number
  readonly good: number
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  readonly last: number | null
}

/** The stages of the way of a reading, in order. */
export const STAGES = ['device', 'driver', 'outbox', 'uplink', 'broker', 'ingest', 'store', 'screen'] as const

/** One stage of the way of a reading. */
export type StageId = (typeof STAGES)[number]

/** How a stage does. */
export type StageState = 'ok' | 'late' | 'broken' | 'unknown'

/** A sentence in both languages. */
export interface Sentence {
  readonly zh: string
  readonly en: string
}

/** One stage with what is known of it. */
export interface WayStage {
  readonly id: StageId
  readonly state: StageState
  readonly sinceMs?: number
  readonly detail: Sentence
  readonly figures: Readonly<Record<string, number | string>>
}

/** The way of a reading and where it stops. */
export interface Way {
  readonly point: Point
  readonly nowMs: number
  readonly stages: readonly WayStage[]
  readonly verdict: Sentence & { readonly stage?: StageId }
}

/** A series that was refused, with its reason. */
export interface QuarantineItem {
  readonly id: number
  readonly gateway: string
  readonly device: string
  readonly metric: string
  readonly reason: string
  readonly detail: string
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
  readonly lastValue: string | null
  readonly adoptedAs?: string
}

/** A page of refused series. */
export interface QuarantinePage {
  readonly items: readonly QuarantineItem[]
  readonly next?: string
}

/** A page of the samples of one refused series. */
export interface QuarantineSamplePage {
  readonly items: readonly { readonly timeMs: number; readonly value: number | string | null; readonly quality: number }[]
  readonly next?: string
}

/** What an adoption asks for. */
export interface Adoption {
  readonly pointCode: string
  readonly name: string
  readonly unit?: string
}

/** What an adoption did. */
export interface AdoptionResult {
  readonly stored: number
  readonly conflicts: number
  readonly point: Point
}

/** Health of one part of central. */
export interface PartHealth {
  readonly ok: boolean
  readonly note: string
}

/** Health of central. */
export interface SystemStatus {
  readonly broker: PartHealth
  readonly ingest: PartHealth & { readonly pointsPerSecond: number; readonly queueBytes: number; readonly dropped: number }
  readonly store: PartHealth & { readonly name: string }
  readonly relational: PartHealth
}

/** One sample in the live feed. */
export type LiveSample = readonly [pointCode: string, timeMs: number, value: number | null, quality: number, reason: string, flags: number]

/** Warning levels, lowest first. */
export const ALARM_LEVELS = ['blue', 'yellow', 'orange', 'red'] as const

/** One of the warning levels. */
export type AlarmLevel = (typeof ALARM_LEVELS)[number]

/** States of ISA-18.2; the last four say why nobody is called although the condition may stand. */
export type AlarmState =
  | 'unacknowledged'
  | 'acknowledged'
  | 'returned-unacknowledged'
  | 'latched-unacknowledged'
  | 'latched-acknowledged'
  | 'normal'
  | 'shelved'
  | 'suppressed'
  | 'out-of-service'
  | 'historical'

/** One episode of one rule. */
export interface AlarmItem {
  /** 32 hex digits. */
  readonly id: string
  readonly rule: Sentence & { readonly id: string; readonly version: number }
  /** Point code, or what a rule over several points is about. */
  readonly subject: string
  readonly pointCode?: string
  readonly pointName?: string
  readonly place?: string
  readonly unit?: string
  /** Mine or pond; absent for what concerns central as a whole. */
  readonly subjectCode?: string
  readonly mineName?: string
  readonly level: AlarmLevel
  readonly state: AlarmState
  readonly startMs: number
  readonly endMs?: number
  /** Event time of the newest change. */
  readonly atMs: number
  readonly value: number | null
  readonly limit: number | null
  readonly peak: number | null
  /** Integral of what lies beyond the lowest limit, value × s. */
  readonly area: number
  readonly isActive: boolean
  readonly isAcknowledged: boolean
  /** The data stopped while it was active: nothing says that it is over. */
  readonly isValueUnknown: boolean
  readonly isHistorical: boolean
  readonly shelvedUntilMs?: number
  /** Alarm that explains this one. */
  readonly suppressedBy?: string
  readonly acknowledgedBy?: string
  readonly acknowledgedMs?: number
  readonly cause?: string
  readonly note?: string
  /** When central came to it, and when it heard of it from the gateway. */
  readonly raisedMs?: number
  readonly gatewayMs?: number
  /** To be named by an action; a later one is newer. */
  readonly revision: number
}

/** A page of alarms, newest start first. */
export interface AlarmPage {
  readonly items: readonly AlarmItem[]
  readonly next?: string
}

/** One thing that happened to an alarm. */
export interface AlarmLogEntry {
  readonly id: number
  /** A transition of the value, or an action of a person. */
  readonly kind: string
  readonly atMs: number
  readonly level: AlarmLevel
  readonly value?: number
  readonly limit?: number
  /** Login; absent for a change of the value. */
  readonly actor?: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** One alarm with all that happened to it, oldest first. */
export interface AlarmDetail {
  readonly alarm: AlarmItem
  readonly log: readonly AlarmLogEntry[]
}

/** Open alarms of one mine and level, quiet ones left out. */
export interface AlarmCount {
  readonly subjectCode: string
  readonly level: AlarmLevel
  readonly count: number
  readonly unacknowledged: number
}

/** Cause codes of the rules for monitoring, the words in which an alarm is explained. */
export const ALARM_CAUSES = ['real', 'calibration', 'sensor-fault', 'blasting', 'maintenance', 'false', 'power-cut', 'network'] as const

/** One of the cause codes. */
export type AlarmCause = (typeof ALARM_CAUSES)[number]

/** What a list of alarms is narrowed to. */
export interface AlarmQuery {
  readonly state: 'open' | 'active' | 'unacknowledged' | 'shelved' | 'historical' | 'all'
  readonly mine?: string
  readonly pointCode?: string
  readonly level?: AlarmLevel
  /** Alarms that overlap from ≤ time < to, UTC ms. */
  readonly from?: number
  readonly to?: number
  readonly after?: string
  /** 1–500. */
  readonly limit: number
}

/** What a person does to an alarm; each but the signature says why. */
export type AlarmAction =
  | { readonly kind: 'acknowledge'; readonly note?: string }
  | { readonly kind: 'explain'; readonly cause: AlarmCause; readonly note: string }
  | { readonly kind: 'shelve'; readonly untilMs: number; readonly note: string }
  | { readonly kind: 'unshelve' | 'take-out-of-service' | 'return-to-service'; readonly note: string }
