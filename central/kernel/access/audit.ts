import { type Clock, systemClock } from '@orewatch/core'
import { cleanText, type Relational, toJsonbText, withCodedErrors } from '../../relational/index.ts'
import type { Audit, AuditRow } from './access.ts'
import { accessErrors } from './errors.ts'

/** Opens the audit log. The table refuses to change or delete what it holds. */
export function openAudit({ pool }: Relational, clock: Clock = systemClock): Audit {
  return withCodedErrors<Audit>({
    append: async (entry) => {
      await pool.query('insert into audit_log (time_ms, account_id, actor, address, action, object, result, detail) values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)', [
        Math.round(clock.nowMs()),
        entry.user?.id ?? null,
        entry.user?.login ?? '-',
        cleanText(entry.address).slice(0, 64),
        entry.action,
        cleanText(entry.object).slice(0, 300),
        entry.result,
        toJsonbText(entry.detail ?? {}),
      ])
    },
    list: async ({ before, limit }) => {
      if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw accessErrors.BAD_QUERY({ limit, allowed: '1 to 1000' })
      const { rows } = await pool.query<AuditRow>(
        `select id::float8 as id, time_ms::float8 as "timeMs", actor, address, action, object, result, detail from audit_log
         where ($1::float8 is null or id < $1::int8) order by id desc limit $2`,
        [before ?? null, limit + 1],
      )
      const shown = rows.slice(0, limit)
      const last = shown.at(-1)
      return { rows: shown, ...(rows.length > limit && last !== undefined && { next: last.id }) }
    },
  })
}
