import { bigint, doublePrecision, index, integer, json, pgTable, primaryKey, smallint, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { point } from './registry.ts'

/** One refused source: where its samples came from, why they are refused, and how many there are. */
export const quarantineGroup = pgTable(
  'quarantine_group',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** `group/node` of the topic. */
    gatewayKey: text().notNull(),
    device: text().notNull(),
    metric: text().notNull(),
    reason: text().notNull(),
    detail: text().notNull(),
    /** Samples ever refused, resent ones not counted again. */
    count: bigint({ mode: 'number' }).notNull(),
    /** Samples that lie in quarantine_sample. */
    kept: bigint({ mode: 'number' }).notNull(),
    dropped: bigint({ mode: 'number' }).notNull(),
    adopted: bigint({ mode: 'number' }).notNull().default(0),
    firstMs: doublePrecision().notNull(),
    lastMs: doublePrecision().notNull(),
    lastValue: text().notNull(),
    lastReceivedMs: bigint({ mode: 'number' }).notNull(),
    adoptedAs: integer().references(() => point.id),
  },
  (t) => [uniqueIndex('quarantine_source_idx').on(t.gatewayKey, t.device, t.metric, t.reason), index('quarantine_recent_idx').on(t.lastReceivedMs, t.id)],
)

/** Refused samples, whole, so that adoption loses nothing of them. */
export const quarantineSample = pgTable(
  'quarantine_sample',
  {
    groupId: integer()
      .notNull()
      .references(() => quarantineGroup.id, { onDelete: 'cascade' }),
    timeMs: doublePrecision().notNull(),
    /** The exact value or, when it is long, its digest. */
    valueKey: text().notNull(),
    value: text().notNull(),
    quality: smallint().notNull(),
    reasonCode: smallint().notNull(),
    flags: smallint().notNull(),
    gatewayDeltaMs: doublePrecision().notNull(),
    receivedMs: bigint({ mode: 'number' }).notNull(),
    /** `incarnation/stream/position` of the outbox record, where the gateway has one. */
    outbox: text(),
    raw: json(),
  },
  (t) => [primaryKey({ columns: [t.groupId, t.timeMs, t.valueKey, t.quality] })],
)
