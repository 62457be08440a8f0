/*
 * The port of the register: county, mine, gateway, device, point: entered once, referred to by all.
 * In PostgreSQL; ingest works on a copy in memory that it keeps current (`Directory`).
 */

/** A mine or pond. */
export interface Mine {
  /** 12-digit subject code. */
  readonly subjectCode: string
  readonly name: string
  /** Six digits of GB/T 2260 (fixtures use the unassigned prefix 99). */
  readonly divisionCode: string
  readonly kind: string
}

/** A gateway as the register knows it. */
export interface Gateway {
  readonly id: number
  readonly group: string
  readonly node: string
  readonly subjectCode: string
}

/** A point as ingest needs it. */
export interface RegisteredPoint {
  readonly id: number
  readonly pointCode: string
  readonly gateway: number
  readonly device: string
  readonly metric: string
  readonly unit: string
  readonly sensorType: string
  readonly periodMs: number
}

/** A point that a birth announces. */
export interface AnnouncedPoint {
  readonly device: string
  readonly metric: string
  readonly pointCode?: string
  readonly unit?: string
  readonly rangeLo?: number
  readonly rangeHi?: number
  readonly periodMs?: number
  readonly title?: string
  readonly place?: string
  readonly profile?: string
}

/**
 * Why something is refused; the codes are those of the domain's transmission rules (S17):
 * 101 unknown point, 102 unit mismatch, 103 time skew, 105 out of range of the definition; from 110 on our own.
 */
export type RefusalCode = 'unknown-gateway' | 'unknown-point' | 'unit-mismatch' | 'time-skew' | 'conflict' | 'unsupported-type' | 'bad-record'

/** What the register makes of an announced point. */
export type Resolution = { readonly point: RegisteredPoint } | { readonly refused: RefusalCode; readonly detail: string }
