import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { countyChoice, frame } from '../frame.ts'
import { Layout } from '../layout.ts'
import { countPanel, namedTable, recordTable } from '../panels.ts'
import { newestSamples, pointNames, sampleCounts, sqlTable, TELEMETRY } from '../queries.ts'

const ROWS = 200
const IN_COUNTY = 'm.division_code = ${county:sqlstring}'
const IN_SPAN = 'between ${__from} and ${__to}'

/** The dashboard of the way from device to store: who is silent, what was lost, what came late. */
export function linkBoard(): Dashboard {
  const dashboard = frame('orewatch-link', '联网状态 link state', 'now-24h').withVariable(countyChoice())
  const newest = namedTable(
    '各网关最新样本 newest sample of each gateway',
    '所选时段内每个网关最新样本的时间和有样本的测点数；没有样本的网关不在表中，见右。Time of the newest sample and number of points with one; silent gateways are only in the table beside it.',
    newestSamples('A'),
    pointNames('B', IN_COUNTY),
  ).withTransformation({
    id: 'groupBy',
    options: {
      fields: {
        mine: { operation: 'groupby', aggregations: [] },
        gateway: { operation: 'groupby', aggregations: [] },
        Time: { operation: 'aggregate', aggregations: ['max'] },
        name: { operation: 'aggregate', aggregations: ['count'] },
      },
    },
  })
  new Layout(dashboard)
    .line(9, newest, recordTable('网关 gateways', '登记的网关，最近一条记录，以及设备是否断线。Registered gateways, their last record, devices that are lost.', sqlTable('A', GATEWAYS)))
    .line(9, recordTable('断线设备 lost devices', '最近一次状态为断线的设备。Devices whose last state is lost.', sqlTable('A', LOST)))
    .line(8, countPanel('入库样本（全部县） samples stored, all counties', '每段时间入库的样本：全部、质量非好、补传。Stored per interval: all, not good, backfilled.', TELEMETRY, ...sampleCounts()))
    .line(
      9,
      recordTable('申报的数据缺口 declared gaps', '网关已收下而不可能再送达的数据。What a gateway accepted and can never deliver.', sqlTable('A', GAPS)),
      recordTable('完整性事件 completeness events', '序号缺口和要求重新出生。Holes in seq, rebirths asked for.', sqlTable('A', COMPLETENESS)),
    )
  return dashboard.build()
}

// The newest state of each device, and of these the lost ones.
const LAST_STATES = `select distinct on (r.gateway_id, r.device) r.gateway_id, r.device, r.time_ms, r.body from gateway_record r
  where r.schema = 'device.state/1' order by r.gateway_id, r.device, r.time_ms desc, r.id desc`

const GATEWAYS = `select m.name as "mine", g.group_id || '/' || g.node as "gateway",
    to_timestamp((select max(r.received_ms) from gateway_record r where r.gateway_id = g.id) / 1000.0) as "last record",
    (select count(*) from (${LAST_STATES}) s where s.gateway_id = g.id and s.body ->> 'state' = 'lost') as "devices lost"
  from gateway g join mine m on m.subject_code = g.subject_code where ${IN_COUNTY} order by 2`

const LOST = `select to_timestamp(s.time_ms / 1000.0) as "since", m.name as "mine", g.group_id || '/' || g.node as "gateway", s.device, s.body ->> 'reason' as "reason", s.body ->> 'detail' as "detail"
  from (${LAST_STATES}) s join gateway g on g.id = s.gateway_id join mine m on m.subject_code = g.subject_code
  where s.body ->> 'state' = 'lost' and ${IN_COUNTY} order by s.time_ms`

const GAPS = `select to_timestamp(r.time_ms / 1000.0) as "time", m.name as "mine", g.node as "gateway", r.body ->> 'stream' as "stream", (r.body ->> 'count')::float8 as "records", r.body ->> 'reason' as "reason"
  from gateway_record r join gateway g on g.id = r.gateway_id join mine m on m.subject_code = g.subject_code
  where r.schema = 'outbox.gap/1' and r.time_ms ${IN_SPAN} and ${IN_COUNTY} order by r.id desc limit ${ROWS}`

const COMPLETENESS = `select to_timestamp(c.time_ms / 1000.0) as "time", m.name as "mine", g.node as "gateway", c.kind, c.detail::text as "detail"
  from completeness_event c join gateway g on g.id = c.gateway_id join mine m on m.subject_code = g.subject_code
  where c.time_ms ${IN_SPAN} and ${IN_COUNTY} order by c.id desc limit ${ROWS}`
