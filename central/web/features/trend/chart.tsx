import { LineChart } from 'echarts/charts'
import { AxisPointerComponent, DataZoomComponent, GridComponent, MarkAreaComponent } from 'echarts/components'
import { type EChartsType, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { type ReactNode, useEffect, useRef } from 'react'
import type { EChartsCoreOption } from 'echarts/core'
import { DISPLAY_OFFSET_MS } from '../../ui/time.ts'

use([LineChart, GridComponent, AxisPointerComponent, DataZoomComponent, MarkAreaComponent, CanvasRenderer])

/** Draws options on a canvas and tells over which moment the pointer stands. Its words are outside, in the page. */
export function Chart({
  options,
  label,
  drawKey,
  onHover,
}: {
  readonly options: EChartsCoreOption
  readonly label: string
  /** Another key redraws from scratch; with the same one the zoom stays. */
  readonly drawKey: string
  readonly onHover: (timeMs: number | undefined) => void
}): ReactNode {
  const mount = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(undefined)
  const drawnKey = useRef<string>(undefined)

  useEffect(() => {
    if (!mount.current) return undefined
    const drawn = init(mount.current)
    chart.current = drawn
    const observer = new ResizeObserver(() => drawn.resize())
    observer.observe(mount.current)
    return () => {
      observer.disconnect()
      drawn.dispose()
      chart.current = undefined
      drawnKey.current = undefined
    }
  }, [])

  useEffect(() => {
    const drawn = chart.current
    if (!drawn) return undefined
    const move = (event: { offsetX: number; offsetY: number }) => {
      const isInside = drawn.containPixel('grid', [event.offsetX, event.offsetY])
      const [shiftedMs] = isInside ? drawn.convertFromPixel('grid', [event.offsetX, event.offsetY]) : []
      onHover(shiftedMs === undefined ? undefined : shiftedMs - DISPLAY_OFFSET_MS)
    }
    const leave = () => onHover(undefined)
    drawn.getZr().on('mousemove', move)
    drawn.getZr().on('globalout', leave)
    return () => {
      // When the chart leaves the page the effect above has disposed of it already.
      if (drawn.isDisposed()) return
      drawn.getZr().off('mousemove', move)
      drawn.getZr().off('globalout', leave)
    }
  }, [onHover])

  useEffect(() => {
    const isSame = drawnKey.current === drawKey
    drawnKey.current = drawKey
    chart.current?.setOption(options, isSame ? { replaceMerge: ['series'] } : { notMerge: true })
  }, [options, drawKey])

  return <div className="ow-chart" ref={mount} role="img" aria-label={label} />
}
