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
