import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { countyChoice, frame } from '../frame.ts'
import { Layout } from '../layout.ts'
import { countPanel, namedTable, numberPanel, recordTable } from '../panels.ts'
import { newestSamples, pointNames, sampleCounts, sqlTable, TELEMETRY } from '../queries.ts'

const IN_COUNTY = 'm.division_code = ${county:sqlstring}'

/** The dashboard of a county: what there is, what does not report well, what waits for a person. */
export function countyBoard(): Dashboard {
  const dashboard = frame('orewatch-county', '县总览 county').withVariable(countyChoice())
  new Layout(dashboard)
    .line(
      4,
      numberPanel('矿山与尾矿库 mines and ponds', sqlTable('A', `select count(*) as "mines" from mine m where ${IN_COUNTY}`)),
      numberPanel('网关 gateways', sqlTable('A', `select count(*) as "gateways" from gateway g join mine m on m.subject_code = g.subject_code where ${IN_COUNTY}`)),
      numberPanel('在用测点 points in service', sqlTable('A', `select count(*) as "points" from point p join mine m on m.subject_code = p.subject_code where p.retired_ms is null and ${IN_COUNTY}`)),
      numberPanel(
        '隔离区待认领样本 samples in quarantine',
        sqlTable('A', `select coalesce(sum(kept), 0)::float8 as "samples" from quarantine_group where gateway_key like \${county:sqlstring} || '/%'`),
      ),
    )
    .line(
      8,
      recordTable(
        '矿山 mines',
        '登记的矿山、网关和测点数。What the register holds of each mine.',
        sqlTable(
          'A',
          `select m.name as "mine", m.subject_code as "code", (select count(*) from gateway g where g.subject_code = m.subject_code) as "gateways",
             (select count(*) from point p where p.subject_code = m.subject_code and p.retired_ms is null) as "points" from mine m where ${IN_COUNTY} order by m.subject_code`,
        ),
      ),
    )
    .line(
      12,
      namedTable(
        '各测点最新样本 newest sample of every point',
        '所选时段内没有样本的测点不在表中；其数目见上。Points without a sample in the chosen span are not in it.',
        newestSamples('A'),
        pointNames('B', IN_COUNTY),
      ),
    )
    .line(8, countPanel('入库样本（全部县） samples stored, all counties', '每段时间入库的样本：全部、质量非好、补传。Stored per interval: all, not good, backfilled.', TELEMETRY, ...sampleCounts()))
  return dashboard.build()
}
