import { sql } from 'drizzle-orm'
import { bigint, boolean, char, doublePrecision, index, integer, jsonb, pgTable, smallint, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { mine, point } from './registry.ts'

const ms = () => bigint({ mode: 'number' })

/** Alarms: one row for each episode, named by the identity that gateway and central share. */
export const alarm = pgTable(
  'alarm',
  {
    id: char({ length: 32 }).primaryKey(),
    ruleId: text().notNull(),
    ruleVersion: integer().notNull(),
    /** Point code, or what a rule over several points is about. */
    subject: text().notNull(),
    pointId: integer().references(() => point.id),
    /** Mine or pond; empty for what concerns central as a whole. */
    subjectCode: char({ length: 12 }).references(() => mine.subjectCode),
    /** 1 blue … 4 red. */
    rank: smallint().notNull(),
    startMs: ms().notNull(),
    endMs: ms(),
    /** Event time of the newest transition. */
    atMs: ms().notNull(),
    value: doublePrecision(),
    limit: doublePrecision(),
    peak: doublePrecision(),
    area: doublePrecision().notNull(),
    isActive: boolean().notNull(),
    isValueUnknown: boolean().notNull(),
    /** Found in a backlog: a record for the books, with no siren and no duty to act at once. */
    isHistorical: boolean().notNull(),
    isAcknowledged: boolean().notNull(),
    acknowledgedBy: text(),
    acknowledgedMs: ms(),
    shelvedUntilMs: ms(),
    /** Alarm that explains this one. */
    suppressedBy: char({ length: 32 }),
    isOutOfService: boolean().notNull().default(false),
    /** Cause code of the person who closed it, and what was done. */
    cause: text(),
    note: text(),
    /** When central and the gateway came to it, each by its own clock. */
    raisedMs: ms(),
    gatewayMs: ms(),
    revision: integer().notNull().default(1),
  },
  (t) => [
    index('alarm_subject_idx').on(t.subjectCode, t.startMs),
    index('alarm_point_idx').on(t.pointId, t.startMs),
    index('alarm_start_idx').on(t.startMs),
    index('alarm_open_idx').on(t.subjectCode, t.rank, t.startMs).where(sql`is_active or not is_acknowledged`),
  ],
)

/** What happened to alarms: transitions of their values, told once whoever sees them, and what people did. */
export const alarmLog = pgTable(
  'alarm_log',
  {
    id: ms().primaryKey().generatedAlwaysAsIdentity(),
    alarmId: char({ length: 32 })
      .notNull()
      .references(() => alarm.id),
    kind: text().notNull(),
    /** Event time of a transition, central's time of an action. */
    atMs: ms().notNull(),
    rank: smallint().notNull(),
    value: doublePrecision(),
    limit: doublePrecision(),
    /** Login of who acted; empty for a transition. */
    actor: text().notNull().default(''),
    detail: jsonb().notNull(),
    recordedMs: ms().notNull(),
  },
  (t) => [
    uniqueIndex('alarm_log_transition_idx').on(t.alarmId, t.kind, t.atMs, t.rank).where(sql`actor = ''`),
    index('alarm_log_alarm_idx').on(t.alarmId, t.id),
    index('alarm_log_time_idx').on(t.atMs),
  ],
)

/** How far the evaluation of the alarms of a mine has come, as its evaluator remembers it. */
export const alarmCheckpoint = pgTable('alarm_checkpoint', {
  subjectCode: char({ length: 12 })
    .primaryKey()
    .references(() => mine.subjectCode),
  takenMs: ms().notNull(),
  state: jsonb().notNull(),
})

/** Spans of a mine that came as a backlog and are still to be looked through for alarms of then. */
export const alarmBacklog = pgTable('alarm_backlog', {
  subjectCode: char({ length: 12 })
    .primaryKey()
    .references(() => mine.subjectCode),
  fromMs: ms().notNull(),
  toMs: ms().notNull(),
})
