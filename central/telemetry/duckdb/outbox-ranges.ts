import { type PositionRange, RangeSet } from '@orewatch/core'
import type { Stream } from '@orewatch/protocol'
import type { OutboxRanges } from '../store.ts'

/** All outbox ranges that are in the store, merged: grows with the holes, not with the batches. */
export class StoredOutboxRanges {
  readonly #byOutbox = new Map<string, { readonly gateway: number; readonly incarnation: string; readonly streams: Map<Stream, RangeSet> }>()

  /** Takes committed ranges in. */
  add(filled: OutboxRanges): void {
    const key = `${filled.gateway}/${filled.incarnation}`
    let outbox = this.#byOutbox.get(key)
    if (outbox === undefined) this.#byOutbox.set(key, (outbox = { gateway: filled.gateway, incarnation: filled.incarnation, streams: new Map() }))
    let set = outbox.streams.get(filled.stream)
    if (set === undefined) outbox.streams.set(filled.stream, (set = new RangeSet()))
    for (const range of filled.ranges) set.add(range.first, range.count)
  }

  /** What is stored of one incarnation of a gateway's outbox. */
  of(gateway: number, incarnation: string): Map<Stream, readonly PositionRange[]> {
    const outbox = this.#byOutbox.get(`${gateway}/${incarnation}`)
    return new Map([...(outbox?.streams ?? [])].map(([stream, set]) => [stream, set.ranges()]))
  }

  /** Everything, merged. */
  all(): OutboxRanges[] {
    return [...this.#byOutbox.values()].flatMap(({ gateway, incarnation, streams }) => [...streams].map(([stream, set]) => ({ gateway, incarnation, stream, ranges: set.ranges() })))
  }
}
