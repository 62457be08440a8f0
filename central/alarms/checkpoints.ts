import type { SavedEvaluator } from '@orewatch/alarm-rules'
import { type Clock, systemClock } from '@orewatch/core'
import { type Relational, toJsonbText, withCodedErrors } from '../relational/index.ts'
import type { AlarmCheckpoints, BacklogSpan } from './alarms.ts'

/** Opens what the evaluation of alarms remembers between two runs. */
export function openAlarmCheckpoints({ pool }: Relational, clock: Clock = systemClock): AlarmCheckpoints {
  return withCodedErrors<AlarmCheckpoints>({
    load: async () => {
      const { rows } = await pool.query<{ subjectCode: string; state: SavedEvaluator }>('select subject_code as "subjectCode", state from alarm_checkpoint')
      return new Map(rows.map(({ subjectCode, state }) => [subjectCode, state]))
    },
    save: async (subjectCode, state) => {
      await pool.query(
        'insert into alarm_checkpoint (subject_code, taken_ms, state) values ($1, $2, $3::jsonb) on conflict (subject_code) do update set taken_ms = excluded.taken_ms, state = excluded.state',
        [subjectCode, Math.round(clock.nowMs()), toJsonbText(state)],
      )
    },
    addBacklog: async (spans) => {
      const rows = spans.toSorted((a, b) => a.subjectCode.localeCompare(b.subjectCode))
      await pool.query(
        `insert into alarm_backlog (subject_code, from_ms, to_ms) select * from unnest($1::text[], $2::int8[], $3::int8[])
         on conflict (subject_code) do update set from_ms = least(alarm_backlog.from_ms, excluded.from_ms), to_ms = greatest(alarm_backlog.to_ms, excluded.to_ms)`,
        [rows.map(({ subjectCode }) => subjectCode), rows.map(({ fromMs }) => Math.floor(fromMs)), rows.map(({ toMs }) => Math.ceil(toMs))],
      )
    },
    backlog: async () => {
      const { rows } = await pool.query<BacklogSpan>('select subject_code as "subjectCode", from_ms::float8 as "fromMs", to_ms::float8 as "toMs" from alarm_backlog order by subject_code')
      return rows
    },
    backlogDone: async ({ subjectCode, fromMs, toMs }) => {
      await pool.query('delete from alarm_backlog where subject_code = $1 and from_ms >= $2 and to_ms <= $3', [subjectCode, fromMs, toMs])
    },
  })
}
