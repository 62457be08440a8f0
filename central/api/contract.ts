/*
 * The HTTP contract as schemas: what the portal and other clients may rely on. Requests are checked against them,
 * responses are cut down to them, and the OpenAPI document is made of them.
 * All times are UTC milliseconds; a number that does not exist (no value, not a number) is null.
 */
import { type Static, type TSchema, Type } from 'typebox'
import { ALARM_STATES } from '@orewatch/alarm-rules'
import { WAY_STAGES } from './way.ts'

/** A number or null, written as OpenAPI 3.1 has it. */
const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] })
const NullableString = Type.Unsafe<string | null>({ type: ['string', 'null'] })
const TimeMs = Type.Number({ description: 'UTC milliseconds.' })
const Count = Type.Integer({ minimum: 0 })

function literals<const V extends readonly string[]>(values: V, description: string) {
  return Type.Unsafe<V[number]>({ type: 'string', enum: [...values], description })
}

/** A sentence in both languages. */
export const Text = Type.Object({ zh: Type.String(), en: Type.String() })

/** The one shape of every refusal. */
export const ApiError = Type.Object({
  code: Type.String({ description: 'Stable code, such as API_FORBIDDEN.' }),
  message: Type.String({ description: 'A sentence for a person.' }),
  details: Type.Optional(Type.Unknown({ description: 'Facts of the case.' })),
})

/** Who is logged in; `scope` is a prefix of division codes, empty for the whole country. */
export const SessionUser = Type.Object({
  name: Type.String(),
  displayName: Type.String(),
  roles: Type.Array(Type.String()),
  scope: Type.String({ description: 'Division code prefix of 2, 4 or 6 digits; empty: everything.' }),
  mustChangePassword: Type.Optional(Type.Boolean({ description: 'Only POST /api/session/password is open until it is changed.' })),
})
/** See the schema of the same name. */
export type SessionUser = Static<typeof SessionUser>

/** A gateway as lists show it. */
export const GatewaySummary = Type.Object({
  id: Type.Integer(),
  group: Type.String(),
  node: Type.String(),
  isOnline: Type.Boolean(),
  sinceMs: Type.Optional(TimeMs),
  pending: Type.Optional(Type.Number({ description: 'Records at the gateway that await confirmation.' })),
  oldestMs: Type.Optional(TimeMs),
  clockOffsetMs: Type.Optional(Type.Number()),
  failure: Type.Optional(Type.String({ description: 'Why its outbox cannot write.' })),
})
/** See the schema of the same name. */
export type GatewaySummary = Static<typeof GatewaySummary>

/** A mine or pond with the figures of its points. */
export const MineSummary = Type.Object({
  subjectCode: Type.String(),
  name: Type.String(),
  kind: Type.String({ description: "Kind of subject '1'…'7'." }),
  gateways: Type.Array(GatewaySummary),
  points: Count,
  good: Count,
  bad: Count,
  stale: Type.Integer({ minimum: 0, description: 'Points without a sample for more than three periods.' }),
  lastSampleMs: Type.Optional(TimeMs),
})
/** See the schema of the same name. */
export type MineSummary = Static<typeof MineSummary>

/** All counties in the user's scope. */
export const Overview = Type.Object({
  nowMs: TimeMs,
  counties: Type.Array(Type.Object({ divisionCode: Type.String(), name: Type.String(), mines: Type.Array(MineSummary) })),
  totals: Type.Object({ mines: Count, gateways: Count, gatewaysOnline: Count, points: Count, good: Count, bad: Count, stale: Count, quarantined: Count }),
})
/** See the schema of the same name. */
export type Overview = Static<typeof Overview>

/** The newest sample of a point. */
export const Latest = Type.Object({
  timeMs: TimeMs,
  value: NullableNumber,
  quality: Type.Integer({ minimum: 0, maximum: 9 }),
  reason: Type.String(),
  flags: Type.Integer({ minimum: 0 }),
})
/** See the schema of the same name. */
export type Latest = Static<typeof Latest>

/** A point of the register, with its newest sample. */
export const Point = Type.Object({
  pointCode: Type.String(),
  name: Type.String(),
  metric: Type.String(),
  device: Type.String(),
  gateway: Type.String({ description: 'Node id of its gateway.' }),
  subjectCode: Type.String(),
  sensorType: Type.String({ description: 'Code of T-20.' }),
  unit: Type.String(),
  rangeLo: Type.Optional(Type.Number()),
  rangeHi: Type.Optional(Type.Number()),
  periodMs: Type.Number({ description: 'Expected period; 0 means on change.' }),
  place: Type.Optional(Type.String()),
  latest: Type.Optional(Latest),
})
/** See the schema of the same name. */
export type Point = Static<typeof Point>

/** A device as its gateway reports it. */
export const Device = Type.Object({
  gateway: Type.String(),
  device: Type.String(),
  family: Type.Optional(Type.String()),
  title: Type.Optional(Type.String()),
  state: Type.Optional(literals(['starting', 'live', 'lost', 'paused'], 'Absent while the gateway says nothing.')),
  sinceMs: Type.Optional(TimeMs),
  reason: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
})
/** See the schema of the same name. */
export type Device = Static<typeof Device>

/** One mine's board. */
export const MineDetail = Type.Object({ mine: MineSummary, devices: Type.Array(Device), points: Type.Array(Point) })

/** A page of points; `next` goes into `after` of the next request. */
export const PointPage = Type.Object({ items: Type.Array(Point), next: Type.Optional(Type.String()) })

/** One point. */
export const PointDetail = Type.Object({ point: Point })

/** Samples as rows `[timeMs, value|null, quality, reason, flags, gatewayDeltaMs]`, reason as its stored code. */
export const SamplePage = Type.Object({
  items: Type.Array(Type.Array(NullableNumber, { minItems: 6, maxItems: 6 }), { description: 'Rows of timeMs, value or null, quality, reason code, flags, gatewayDeltaMs.' }),
  nextMs: Type.Optional(TimeMs),
})

/** Buckets over good samples; the values are null where a bucket has none. */
export const AggregatePage = Type.Object({
  items: Type.Array(Type.Object({ startMs: TimeMs, count: Count, good: Count, min: NullableNumber, max: NullableNumber, mean: NullableNumber, last: NullableNumber })),
})

/** The way of one point's readings, stage by stage. */
export const Way = Type.Object({
  point: Point,
  nowMs: TimeMs,
  stages: Type.Array(
    Type.Object({
      id: literals(WAY_STAGES, 'The stages in the order in which a reading passes them.'),
      state: literals(['ok', 'late', 'broken', 'unknown'], 'How the stage stands for this point.'),
      sinceMs: Type.Optional(TimeMs),
      detail: Text,
      figures: Type.Unsafe<Record<string, number | string>>({ type: 'object', additionalProperties: { type: ['number', 'string'] } }),
    }),
  ),
  verdict: Type.Object({ stage: Type.Optional(literals(WAY_STAGES, 'Where the value stopped; absent when it arrives.')), zh: Type.String(), en: Type.String() }),
})

/** A point that central does not accept, with the samples it keeps of it. */
export const QuarantineItem = Type.Object({
  id: Type.Integer(),
  gateway: Type.String(),
  device: Type.String(),
  metric: Type.String(),
  reason: Type.String(),
  detail: Type.String(),
  count: Count,
  firstMs: TimeMs,
  lastMs: TimeMs,
  lastValue: NullableString,
  adoptedAs: Type.Optional(Type.String({ description: 'Point code it was given.' })),
})
/** See the schema of the same name. */
export type QuarantineItem = Static<typeof QuarantineItem>

/** A page of quarantined points. */
export const QuarantinePage = Type.Object({ items: Type.Array(QuarantineItem), next: Type.Optional(Type.String()) })

/** A page of quarantined samples. */
export const QuarantineSamplePage = Type.Object({
  items: Type.Array(Type.Object({ timeMs: TimeMs, value: Type.Unsafe<number | string | null>({ type: ['number', 'string', 'null'] }), quality: Type.Integer() })),
  next: Type.Optional(Type.String()),
})

/** What adopting a quarantined point did. */
export const Adoption = Type.Object({ stored: Count, conflicts: Count, point: Point })

/** States of ISA-18.2, and `historical` for what a backlog showed afterwards. */
const ITEM_STATES = [...ALARM_STATES, 'historical'] as const

/** Warning levels, lowest first. */
const ALARM_LEVELS = ['blue', 'yellow', 'orange', 'red'] as const

/** One episode of one rule. */
export const AlarmItem = Type.Object({
  id: Type.String({ description: 'Identity of 32 hex digits, the same at gateway and central.' }),
  rule: Type.Object({ id: Type.String(), version: Type.Integer(), zh: Type.String(), en: Type.String() }),
  subject: Type.String({ description: 'Point code, or what a rule over several points is about.' }),
  pointCode: Type.Optional(Type.String()),
  pointName: Type.Optional(Type.String()),
  place: Type.Optional(Type.String()),
  unit: Type.Optional(Type.String({ description: 'Unit of value, limit and peak: that of the point, mm of rain, s of silence; absent where these are counted or there are none.' })),
  subjectCode: Type.Optional(Type.String({ description: 'Mine or pond; absent for what concerns central as a whole.' })),
  mineName: Type.Optional(Type.String()),
  level: literals(ALARM_LEVELS, 'Warning level.'),
  state: literals(ITEM_STATES, 'State of ISA-18.2.'),
  startMs: TimeMs,
  endMs: Type.Optional(TimeMs),
  atMs: Type.Number({ description: 'Event time of the newest change, UTC ms.' }),
  value: NullableNumber,
  limit: NullableNumber,
  peak: NullableNumber,
  area: Type.Number({ description: 'Integral of what lies beyond the lowest limit, value × s.' }),
  isActive: Type.Boolean(),
  isAcknowledged: Type.Boolean(),
  isValueUnknown: Type.Boolean({ description: 'The data stopped while it was active: nothing says that it is over.' }),
  isHistorical: Type.Boolean(),
  shelvedUntilMs: Type.Optional(TimeMs),
  suppressedBy: Type.Optional(Type.String({ description: 'Alarm that explains this one.' })),
  acknowledgedBy: Type.Optional(Type.String()),
  acknowledgedMs: Type.Optional(TimeMs),
  cause: Type.Optional(Type.String()),
  note: Type.Optional(Type.String()),
  raisedMs: Type.Optional(Type.Number({ description: 'When central came to it, UTC ms by its clock.' })),
  gatewayMs: Type.Optional(Type.Number({ description: 'When central heard of it from the gateway.' })),
  revision: Type.Integer({ description: 'To be named by an action, so that nobody acts on what is no longer so.' }),
})
/** See the schema of the same name. */
export type AlarmItem = Static<typeof AlarmItem>

/** A page of alarms, newest first. */
export const AlarmPage = Type.Object({ items: Type.Array(AlarmItem), next: Type.Optional(Type.String()) })

/** One alarm with all that happened to it, oldest first. */
export const AlarmDetail = Type.Object({
  alarm: AlarmItem,
  log: Type.Array(
    Type.Object({
      id: Type.Integer(),
      kind: Type.String(),
      atMs: TimeMs,
      level: literals(ALARM_LEVELS, 'Level after it.'),
      value: Type.Optional(Type.Number()),
      limit: Type.Optional(Type.Number()),
      actor: Type.Optional(Type.String({ description: 'Login of who acted; absent for a change of the value.' })),
      detail: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }),
    }),
  ),
})

/** Open alarms by mine and level, quiet ones left out. */
export const AlarmCounts = Type.Object({
  items: Type.Array(Type.Object({ subjectCode: Type.String(), level: literals(ALARM_LEVELS, 'Warning level.'), count: Count, unacknowledged: Count })),
})

const PartStatus = Type.Object({ ok: Type.Boolean(), note: Type.String() })

/** How the parts of central stand. */
export const Status = Type.Object({
  broker: PartStatus,
  ingest: Type.Object({ ok: Type.Boolean(), note: Type.String(), pointsPerSecond: Type.Number(), queueBytes: Type.Number(), dropped: Type.Number() }),
  store: Type.Object({ ok: Type.Boolean(), note: Type.String(), name: Type.String() }),
  relational: PartStatus,
})
/** See the schema of the same name. */
export type Status = Static<typeof Status>

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request does not fit its schema.',
  401: 'Nobody is logged in.',
  403: 'Not permitted, or outside the jurisdiction; recorded in the audit log.',
  404: 'There is no such thing.',
  409: 'It contradicts what is registered.',
  415: 'The body is not JSON.',
  429: 'Too many requests.',
  503: 'A part of the system cannot answer now.',
}

/** Responses of a route: the good one and the refusals it can give. */
export function responses<S extends TSchema>(ok: S, refusals: readonly number[] = [400, 401, 403, 404]): Record<number, TSchema> & { 200: S } {
  const described = [...refusals, 429, 503].map((status) => [status, { ...ApiError, description: REFUSALS[status] ?? 'Refused.' }])
  return { 200: ok, ...(Object.fromEntries(described) as Record<number, TSchema>) }
}
