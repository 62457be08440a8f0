import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { SENSOR_TYPES, type SensorType } from '@orewatch/core'
import type { PointBoard } from '../class-groups.ts'
import { countyChoice, everyOne, frame, mineChoice } from '../frame.ts'
import { Layout } from '../layout.ts'
import { classPanel, classVariable, namedTable } from '../panels.ts'
import { newestSamples, pointNames } from '../queries.ts'

const ROW_HEIGHT = 8
const STATE_HEIGHT = 4

/** The dashboard of a kind of points: the newest samples of the chosen mine, then a panel per point under its heading. */
export function pointBoard({ uid, title, groups }: PointBoard): Dashboard {
  const types = groups.map((group) => ({ ...group, types: group.codes.flatMap((code) => SENSOR_TYPES[code] ?? []) }))
  const codes = types.flatMap((group) => group.types)
  const dashboard = frame(uid, title)
    .withVariable(countyChoice())
    .withVariable(mineChoice())
    .withVariable(everyOne('points', pointsOf(codes)))
  for (const type of codes) dashboard.withVariable(everyOne(classVariable(type), pointsOf([type])))
  const layout = new Layout(dashboard)
  layout.line(
    10,
    namedTable(
      '最新值 newest samples',
      '所选时段内每个测点的最新样本；没有值时不显示旧值。The newest sample of each point in the chosen span; where it has no value none is shown.',
      newestSamples('A', 'points'),
      pointNames('B', "p.id = any('{${points:csv}}'::int[])"),
    ),
  )
  for (const group of types) {
    layout.heading(group.title)
    for (const type of group.types) layout.line(type.unit === 'bool' ? STATE_HEIGHT : ROW_HEIGHT, classPanel(type))
  }
  return dashboard.build()
}

// The name is what a person knows the point by, and the place tells two of one name apart.
function pointsOf(types: readonly SensorType[]): string {
  return `select coalesce(title, metric) || case when place is null or position(place in coalesce(title, '')) > 0 then '' else ' · ' || place end as __text, id as __value
    from point where retired_ms is null and subject_code = \${mine:sqlstring} and sensor_type in (${types.map(({ code }) => `'${code}'`).join(', ')}) order by point_code`
}
