import { sql } from 'drizzle-orm'
import { bigint, char, check, doublePrecision, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'

/** Division codes (GB/T 2260) that this installation knows; a code is never reused, renamed ones get an end. */
export const division = pgTable('division', {
  code: char({ length: 6 }).primaryKey(),
  name: text().notNull(),
  validFrom: text(),
  validTo: text(),
})

/** Mines, ponds and other subjects. */
export const mine = pgTable(
  'mine',
  {
    subjectCode: char({ length: 12 }).primaryKey(),
    name: text().notNull(),
    divisionCode: char({ length: 6 })
      .notNull()
      .references(() => division.code),
    kind: char({ length: 1 }).notNull(),
    longitude: doublePrecision(),
    latitude: doublePrecision(),
  },
  (t) => [
    // Scopes are prefixes of the division code; text_pattern_ops serves `like '9901%'` in every collation.
    index('mine_division_idx').on(t.divisionCode.op('bpchar_pattern_ops'), t.subjectCode),
  ],
)

/** Gateways; without a subject it has been seen and not yet registered, and only its outbox ranges refer to it. */
export const gateway = pgTable(
  'gateway',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    groupId: text().notNull(),
    node: text().notNull(),
    subjectCode: char({ length: 12 }).references(() => mine.subjectCode),
    alsoSubjects: char({ length: 12 }).array().notNull().default([]),
    title: text(),
    firstSeenMs: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [uniqueIndex('gateway_topic_idx').on(t.groupId, t.node), index('gateway_subject_idx').on(t.subjectCode)],
)

/** Devices behind a gateway. */
export const device = pgTable(
  'device',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    gatewayId: integer()
      .notNull()
      .references(() => gateway.id),
    name: text().notNull(),
    title: text(),
    profile: text(),
  },
  (t) => [uniqueIndex('device_name_idx').on(t.gatewayId, t.name)],
)

/** Points; `id` names the point in the telemetry stores and is never reused. */
export const point = pgTable(
  'point',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    pointCode: char({ length: 22 }).notNull(),
    subjectCode: char({ length: 12 })
      .notNull()
      .references(() => mine.subjectCode),
    gatewayId: integer()
      .notNull()
      .references(() => gateway.id),
    deviceId: integer()
      .notNull()
      .references(() => device.id),
    metric: text().notNull(),
    unit: text().notNull(),
    /** A spelling of the unit that an operator accepted for this point when adopting it. */
    acceptedUnit: text(),
    /** What stood in the place of the code in the birth that an operator adopted as this point. */
    acceptedCode: text(),
    sensorType: char({ length: 4 }).notNull(),
    rangeLo: doublePrecision(),
    rangeHi: doublePrecision(),
    periodMs: integer().notNull(),
    title: text(),
    place: text(),
    profile: text(),
    registeredMs: bigint({ mode: 'number' }).notNull(),
    retiredMs: bigint({ mode: 'number' }),
  },
  (t) => [
    uniqueIndex('point_code_idx').on(t.pointCode),
    uniqueIndex('point_metric_idx').on(t.deviceId, t.metric),
    index('point_gateway_idx').on(t.gatewayId),
    index('point_subject_idx').on(t.subjectCode, t.pointCode),
    index('point_type_idx').on(t.sensorType, t.pointCode),
    index('point_text_idx').using('gin', sql`(coalesce(${t.title}, '') || ' ' || coalesce(${t.place}, '') || ' ' || ${t.metric} || ' ' || ${t.pointCode}::text) gin_trgm_ops`),
    check('point_type_check', sql`${t.sensorType} = substr(${t.pointCode}, 15, 4)`),
  ],
)

/** What births announced and the rules refused, for the person who decides about it. */
export const refusedAnnouncement = pgTable(
  'refused_announcement',
  {
    gatewayId: integer()
      .notNull()
      .references(() => gateway.id),
    device: text().notNull(),
    metric: text().notNull(),
    pointCode: text(),
    unit: text(),
    title: text(),
    place: text(),
    refused: text().notNull(),
    detail: text().notNull(),
    seenMs: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.gatewayId, t.device, t.metric] })],
)
