import { LineChart } from 'echarts/charts'
import { AxisPointerComponent, DataZoomComponent, GridComponent, MarkAreaComponent, MarkLineComponent } from 'echarts/components'
import { type EChartsType, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { type ReactNode, useEffect, useRef } from 'react'
import type { EChartsCoreOption } from 'echarts/core'
import { DISPLAY_OFFSET_MS } from '../../ui/time.ts'

use([LineChart, GridComponent, AxisPointerComponent, DataZoomComponent, MarkAreaComponent, MarkLineComponent, CanvasRenderer])

/** Where the pointer is, in pixels of the canvas. */
interface Spot {
  readonly offsetX: number
  readonly offsetY: number
}

/** Draws options on a canvas and tells over which moment the pointer stands. Its words are outside, in the page. */
export function Chart({
  options,
  label,
  drawKey,
  onHover,
  onPick,
}: {
  readonly options: EChartsCoreOption
  readonly label: string
  /** Another key redraws from scratch; with the same one the zoom stays. */
  readonly drawKey: string
  readonly onHover: (timeMs: number | undefined) => void
  /** A click at a moment; a drag is none. */
  readonly onPick: (timeMs: number) => void
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
    const momentOf = (event: Spot): number | undefined => {
      const isInside = drawn.containPixel('grid', [event.offsetX, event.offsetY])
      const [shiftedMs] = isInside ? drawn.convertFromPixel('grid', [event.offsetX, event.offsetY]) : []
      return shiftedMs === undefined ? undefined : shiftedMs - DISPLAY_OFFSET_MS
    }
    const move = (event: Spot) => onHover(momentOf(event))
    const pick = (event: Spot) => {
      const timeMs = momentOf(event)
      if (timeMs !== undefined) onPick(timeMs)
    }
    const leave = () => onHover(undefined)
    drawn.getZr().on('mousemove', move)
    drawn.getZr().on('click', pick)
    drawn.getZr().on('globalout', leave)
    return () => {
      // When the chart leaves the page the effect above has disposed of it already.
      if (drawn.isDisposed()) return
      drawn.getZr().off('mousemove', move)
      drawn.getZr().off('click', pick)
      drawn.getZr().off('globalout', leave)
    }
  }, [onHover, onPick])

  useEffect(() => {
    const isSame = drawnKey.current === drawKey
    drawnKey.current = drawKey
    chart.current?.setOption(options, isSame ? { replaceMerge: ['series'] } : { notMerge: true })
  }, [options, drawKey])

  return <div className="ow-chart" ref={mount} role="img" aria-label={label} />
}
