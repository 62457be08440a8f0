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

/** Which rows somebody may see: a prefix of the division code, and for enterprises their own subjects. */
export interface DataScope {
  /** First 0, 2, 4 or 6 digits of the division code; empty is the whole country. */
  readonly divisionPrefix: string
  /** Only these subjects; absent is no such limit. */
  readonly subjectCodes?: readonly string[]
}

/** A county with what it holds. */
export interface CountyOverview {
  readonly divisionCode: string
  readonly name: string
  readonly mines: number
  readonly gateways: number
  readonly points: number
}

/** A mine with what it holds. */
export interface MineOverview extends Mine {
  readonly gateways: number
  readonly devices: number
  readonly points: number
  readonly longitude?: number
  readonly latitude?: number
}

/** A device of a mine. */
export interface DeviceRow {
  readonly id: number
  readonly gateway: number
  /** `group/node` of the gateway. */
  readonly gatewayKey: string
  readonly name: string
  readonly title?: string
  readonly profile?: string
  readonly points: number
}

/** A point in full. */
export interface PointRow extends RegisteredPoint {
  readonly subjectCode: string
  readonly divisionCode: string
  /** `group/node` of the gateway. */
  readonly gatewayKey: string
  readonly rangeLo?: number
  readonly rangeHi?: number
  readonly title?: string
  readonly place?: string
  readonly profile?: string
  /** UTC ms at which it was taken out of service for good. */
  readonly retiredMs?: number
}

/** What to list of the points, in the order of their codes. */
export interface PointQuery {
  readonly scope: DataScope
  readonly subjectCode?: string
  readonly gateway?: number
  readonly device?: string
  readonly sensorType?: string
  /** Part of the title, place, metric or code. */
  readonly text?: string
  /** Point code after which the page begins; `next` of the page before. */
  readonly after?: string
  /** 1–1,000. */
  readonly limit: number
}

/** A page of a list; `next` continues it and is absent on the last page. */
export interface Page<T> {
  readonly rows: readonly T[]
  readonly next?: string
}

/** What became of an import: rows taken, and what was wrong with the others, `file:line: …`. */
export interface ImportReport {
  readonly divisions: number
  readonly mines: number
  readonly gateways: number
  readonly problems: readonly string[]
}

/** A person's decision that a refused metric is a certain point. */
export interface PointAdoption {
  readonly gateway: number
  readonly device: string
  readonly metric: string
  readonly pointCode: string
  /** The spelling of the unit that the birth announces, accepted from now on as the class's own unit. */
  readonly acceptedUnit?: string
  /** Take the point over from another gateway or device that has it. */
  readonly shouldMove?: boolean
  readonly title?: string
  readonly place?: string
}

/** The register. Every method rejects with REGISTRY_* or RELATIONAL_* errors only. */
export interface Registry {
  /** Takes counties, mines and gateways from a YAML text; bad rows are reported and the good ones kept. Idempotent. */
  importFixtures(text: string, file: string): Promise<ImportReport>
  /** The registered gateway of a topic. */
  gatewayByTopic(group: string, node: string): Promise<Gateway | undefined>
  /** Id of a gateway, registered or only seen, for its outbox ranges; stays the same when it is registered later. Bounded. */
  gatewayIdentity(group: string, node: string): Promise<number>
  /** Registers a gateway or changes its mine. */
  registerGateway(gateway: { readonly group: string; readonly node: string; readonly subjectCode: string; readonly alsoSubjects?: readonly string[]; readonly title?: string }): Promise<Gateway>
  /** All gateways within a scope, at most 10,000. */
  gateways(scope: DataScope): Promise<readonly (Gateway & { readonly title?: string })[]>
  /** Resolves what a birth announces, in its order, registering devices and points that the rules allow. Idempotent. */
  resolve(gateway: Gateway, announced: readonly AnnouncedPoint[]): Promise<readonly Resolution[]>
  /** Points in service of a gateway, retired ones left out. */
  pointsOfGateway(gateway: number): Promise<readonly RegisteredPoint[]>
  overview(scope: DataScope): Promise<readonly CountyOverview[]>
  mines(scope: DataScope, page: { readonly after?: string; readonly limit: number }): Promise<Page<MineOverview>>
  mine(subjectCode: string): Promise<MineOverview | undefined>
  devices(subjectCode: string): Promise<readonly DeviceRow[]>
  points(query: PointQuery): Promise<Page<PointRow>>
  pointByCode(pointCode: string): Promise<PointRow | undefined>
  /** Points by register id, in no order; unknown ids are left out. At most 10,000 ids. */
  pointsById(ids: readonly number[]): Promise<readonly PointRow[]>
  /** Assigns a metric to a point, new or existing. Rejects with REGISTRY_* when a rule forbids it. */
  adopt(adoption: PointAdoption): Promise<PointRow>
}
