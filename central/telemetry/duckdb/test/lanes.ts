/* Two lanes of samples that follow from their position, for the writer that is killed and the test that kills it. */
import { SampleBuilder } from '@orewatch/core'
import type { Stream } from '@orewatch/protocol'

/** How many points each lane has; both lanes have the same ones. */
export const POINTS = 50
/** The incarnation that the writer claims. */
export const INCARNATION = '0123456789abcdef'

const MONTH_END = Date.UTC(2026, 10, 1)

// The two lanes never meet at one point and time: one has whole seconds, the other never.
/** A live lane that runs over the end of a month, and a backlog lane that is always late. */
export const LANES: readonly { readonly stream: Stream; readonly startMs: number; readonly stepMs: number }[] = [
  { stream: 'vital', startMs: MONTH_END - 20_000, stepMs: 1_000 },
  { stream: 'routine', startMs: MONTH_END - 3_000_050, stepMs: 700 },
]

/** Point, time and value at a position of a lane. */
export function sampleOf(lane: number, position: number): { readonly point: number; readonly timeMs: number; readonly value: number } {
  const { startMs, stepMs } = LANES[lane] as (typeof LANES)[number]
  const point = position % POINTS
  return { point, timeMs: startMs + Math.floor(position / POINTS) * stepMs, value: lane * 1e7 + position + 0.25 }
}

/** A batch of `count` positions from `first` on. */
export function batchOf(lane: number, first: number, count: number): SampleBuilder {
  const batch = new SampleBuilder(count)
  for (let position = first; position < first + count; position++) {
    const { point, timeMs, value } = sampleOf(lane, position)
    batch.push(point, timeMs, value)
  }
  return batch
}
