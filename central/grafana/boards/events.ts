import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { countyChoice, frame } from '../frame.ts'
import { Layout } from '../layout.ts'
import { countPanel, recordTable } from '../panels.ts'
import { REGISTER, sqlTable, type Target } from '../queries.ts'

const ROWS = 200
const IN_SPAN = 'between ${__from} and ${__to}'

/** The dashboard of what gateways recorded beside samples, and of what touches security. */
export function eventsBoard(): Dashboard {
  const dashboard = frame('orewatch-events', '告警与事件 alarms and events', 'now-24h').withVariable(countyChoice())
  new Layout(dashboard)
    .line(
      8,
      countPanel('网关记录 records of gateways', '每小时的记录数，按种类。Records per hour by schema.', REGISTER, hourly('A', 'gateway_record', 'schema', 'time_ms')),
      countPanel('安全事件 security events', '每小时的安全事件数，按种类；重复的合并计数。Security events per hour by kind.', REGISTER, hourly('A', 'security_event', 'kind', 'last_ms')),
    )
    .line(12, recordTable('告警与事件 alarms and events', `网关记录，最新 ${ROWS} 条。Records of the gateways, the newest ${ROWS}.`, sqlTable('A', RECORDS)))
    .line(
      12,
      recordTable('安全事件（全部县） security events, all counties', `最新 ${ROWS} 条；十分钟内相同的合并。The newest ${ROWS}; identical ones within ten minutes are one.`, sqlTable('A', SECURITY)),
    )
  return dashboard.build()
}

function hourly(refId: string, tableName: string, kind: string, timeColumn: string): Target {
  return {
    ...sqlTable(
      refId,
      `select to_timestamp(floor(${timeColumn} / 3600000.0) * 3600) as "time", ${kind} as "metric", count(*)::float8 as "value" from ${tableName}
       where ${timeColumn} ${IN_SPAN} group by 1, 2 order by 1`,
    ),
    format: 'time_series',
  }
}

const RECORDS = `select to_timestamp(r.time_ms / 1000.0) as "time", coalesce(m.name, g.group_id) as "mine", g.node as "gateway", r.device, r.stream, r.schema, r.body::text as "body",
    to_timestamp(r.received_ms / 1000.0) as "received"
  from gateway_record r join gateway g on g.id = r.gateway_id left join mine m on m.subject_code = g.subject_code
  where coalesce(m.division_code, g.group_id) = \${county:sqlstring} and r.time_ms ${IN_SPAN} order by r.id desc limit ${ROWS}`

const SECURITY = `select to_timestamp(last_ms / 1000.0) as "time", kind, subject, count, to_timestamp(first_ms / 1000.0) as "first", detail::text as "detail"
  from security_event where last_ms ${IN_SPAN} order by last_ms desc limit ${ROWS}`
