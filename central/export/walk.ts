import type { SampleColumns } from '@orewatch/core'
import type { TelemetryStore } from '../telemetry/store.ts'

const PAGE_ROWS = 20_000
const FIRST_WINDOW_MS = 6 * 3_600_000
const SHORTEST_WINDOW_MS = 60_000

/**
 * Samples of one point with fromMs ≤ time < toMs in the order of time, at most 20,000 at once. Goes window by window, because a page of
 * a store without an index by point costs as much as the whole span that is asked for.
 */
export async function* walkSamples(store: Pick<TelemetryStore, 'range'>, point: number, fromMs: number, toMs: number): AsyncGenerator<SampleColumns> {
  let windowMs = FIRST_WINDOW_MS
  for (let atMs = fromMs; atMs < toMs; ) {
    const endMs = Math.min(toMs, atMs + windowMs)
    let rows = 0
    for (let nextMs: number | undefined = atMs; nextMs !== undefined; ) {
      const page = await store.range(point, nextMs, endMs, PAGE_ROWS)
      rows += page.samples.count
      if (page.samples.count > 0) yield page.samples
      nextMs = page.nextMs
    }
    if (rows < PAGE_ROWS / 4) windowMs *= 4
    else if (rows > PAGE_ROWS) windowMs = Math.max(SHORTEST_WINDOW_MS, Math.floor(windowMs / 4))
    atMs = endMs
  }
}
