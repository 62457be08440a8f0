import { sql } from 'drizzle-orm'
import { bigint, char, customType, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { gateway } from './registry.ts'

/** Sorted disjoint half-open ranges of outbox positions; PostgreSQL merges them. */
export const int8multirange = customType<{ data: string; driverData: string }>({ dataType: () => 'int8multirange' })

/** Which outbox positions of a gateway are stored outside the telemetry store, or by a store without transactional ranges. */
export const outboxRange = pgTable(
  'outbox_range',
  {
    gatewayId: integer()
      .notNull()
      .references(() => gateway.id),
    incarnation: char({ length: 16 }).notNull(),
    stream: text().notNull(),
    ranges: int8multirange().notNull(),
  },
  (t) => [primaryKey({ columns: [t.gatewayId, t.incarnation, t.stream] })],
)

/** Events and alarms as the gateways recorded them. */
export const gatewayRecord = pgTable(
  'gateway_record',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    gatewayId: integer()
      .notNull()
      .references(() => gateway.id),
    incarnation: char({ length: 16 }).notNull(),
    stream: text().notNull(),
    position: bigint({ mode: 'number' }).notNull(),
    schema: text().notNull(),
    timeMs: bigint({ mode: 'number' }).notNull(),
    receivedMs: bigint({ mode: 'number' }).notNull(),
    device: text(),
    body: jsonb().notNull(),
  },
  (t) => [
    uniqueIndex('gateway_record_position_idx').on(t.gatewayId, t.incarnation, t.stream, t.position),
    index('gateway_record_gateway_idx').on(t.gatewayId, t.id),
    index('gateway_record_schema_idx').on(t.schema, t.id),
    index('gateway_record_gap_idx').on(t.id).where(sql`schema = 'outbox.gap/1'`),
  ],
)

/** What touches security: refused logins, wrong topics, two sessions with one identity. Repetitions are counted. */
export const securityEvent = pgTable(
  'security_event',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text().notNull(),
    subject: text().notNull(),
    firstMs: bigint({ mode: 'number' }).notNull(),
    lastMs: bigint({ mode: 'number' }).notNull(),
    count: bigint({ mode: 'number' }).notNull(),
    detail: jsonb().notNull(),
  },
  (t) => [index('security_event_recent_idx').on(t.kind, t.subject, t.lastMs)],
)

/** Data known to be missing, or suspected: holes in `seq` of gateways without an outbox, rebirths asked for. */
export const completenessEvent = pgTable(
  'completeness_event',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    gatewayId: integer()
      .notNull()
      .references(() => gateway.id),
    kind: text().notNull(),
    timeMs: bigint({ mode: 'number' }).notNull(),
    detail: jsonb().notNull(),
  },
  (t) => [index('completeness_event_gateway_idx').on(t.gatewayId, t.id)],
)
