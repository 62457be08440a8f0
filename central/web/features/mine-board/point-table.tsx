import { NodeIndexOutlined } from '@ant-design/icons'
import { SENSOR_TYPES } from '@orewatch/core'
import { Link } from '@tanstack/react-router'
import { Table, type TableColumnsType } from 'antd'
import { type ReactNode, useMemo } from 'react'
import type { Point } from '../../api/contract.ts'
import type { LatestBoard } from '../../live/latest-board.ts'
import { Age, QualityTag, ReadingValue, useLatest } from '../../reading/reading.tsx'
import { useLanguage } from '../../ui/preferences.tsx'
import { useTexts } from '../../ui/texts.ts'
import { useFillHeight } from '../../ui/use-fill-height.ts'
import { useNow } from '../../ui/use-now.ts'
import { DeviceHead } from './device-strip.tsx'
import { texts } from './texts.ts'
import type { BoardRow } from './to-rows.ts'

const HEAD_PX = 36
const COLUMN_COUNT = 7

/** All points of a mine; only the rows in view are in the document, and each redraws when its own value comes. */
export function PointTable({ rows, board }: { readonly rows: readonly BoardRow[]; readonly board: LatestBoard }): ReactNode {
  const t = useTexts(texts)
  const columns = useColumns(board)
  const { ref, heightPx } = useFillHeight<HTMLDivElement>(500)
  return (
    <div className="ow-fill" ref={ref}>
      <Table<BoardRow>
        virtual
        size="small"
        aria-label={t.table}
        rowKey="key"
        columns={columns}
        dataSource={rows}
        pagination={false}
        scroll={{ x: 1040, y: Math.max(160, heightPx - HEAD_PX) }}
        rowClassName={(row) => `ow-row-${row.kind}`}
        locale={{ emptyText: t.noMatch }}
      />
    </div>
  )
}

function useColumns(board: LatestBoard): TableColumnsType<BoardRow> {
  const t = useTexts(texts)
  return useMemo(() => {
    const ofPoint = (render: (point: Point) => ReactNode) => (_: unknown, row: BoardRow) => (row.kind === 'point' ? render(row.point) : null)
    // A device's head takes the whole row: its first cell spans all columns and the others step aside.
    const aside = (row: BoardRow) => (row.kind === 'device' ? { colSpan: 0 } : {})
    return [
      {
        title: t.name,
        key: 'name',
        width: 250,
        onCell: (row) => (row.kind === 'device' ? { colSpan: COLUMN_COUNT } : {}),
        render: (_, row) => (row.kind === 'device' ? <DeviceHead group={row.group} /> : <PointName point={row.point} />),
      },
      { title: t.class, key: 'class', width: 130, onCell: aside, render: ofPoint((point) => <ClassName sensorType={point.sensorType} />) },
      { title: t.value, key: 'value', width: 120, align: 'right', onCell: aside, render: ofPoint((point) => <LiveValue board={board} point={point} />) },
      { title: t.quality, key: 'quality', width: 270, onCell: aside, render: ofPoint((point) => <LiveQuality board={board} point={point} />) },
      { title: t.age, key: 'age', width: 116, onCell: aside, render: ofPoint((point) => <LiveAge board={board} point={point} />) },
      { title: t.range, key: 'range', width: 100, onCell: aside, render: ofPoint(rangeOf) },
      {
        title: t.wayColumn,
        key: 'way',
        width: 54,
        align: 'center',
        onCell: aside,
        render: ofPoint((point) => (
          <Link to="/points/$pointCode/way" params={{ pointCode: point.pointCode }} aria-label={t.wayOf(point.name)} title={t.way}>
            <NodeIndexOutlined />
          </Link>
        )),
      },
    ]
  }, [board, t])
}

function PointName({ point }: { readonly point: Point }): ReactNode {
  const title = [point.pointCode, point.metric, point.place ?? ''].filter(Boolean).join('\n')
  return (
    <span className="ow-point-name" title={title}>
      <Link to="/points/$pointCode" params={{ pointCode: point.pointCode }}>
        {point.name}
      </Link>{' '}
      {point.place && <small className="ow-muted">{point.place}</small>}
    </span>
  )
}

function ClassName({ sensorType }: { readonly sensorType: string }): ReactNode {
  const language = useLanguage()
  const type = SENSOR_TYPES[sensorType]
  return <span className="ow-muted">{type ? type[language] : sensorType}</span>
}

function LiveValue({ board, point }: { readonly board: LatestBoard; readonly point: Point }): ReactNode {
  return <ReadingValue latest={useLatest(board, point)} point={point} nowMs={useNow()} />
}

function LiveQuality({ board, point }: { readonly board: LatestBoard; readonly point: Point }): ReactNode {
  return <QualityTag latest={useLatest(board, point)} point={point} nowMs={useNow()} />
}

function LiveAge({ board, point }: { readonly board: LatestBoard; readonly point: Point }): ReactNode {
  return <Age timeMs={useLatest(board, point)?.timeMs} nowMs={useNow()} />
}

function rangeOf(point: Point): ReactNode {
  if (point.rangeLo === undefined && point.rangeHi === undefined) return <span className="ow-muted">—</span>
  return (
    <span className="ow-muted">
      {point.rangeLo ?? '−∞'} … {point.rangeHi ?? '∞'}
    </span>
  )
}
