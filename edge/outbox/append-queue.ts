import type { SampleColumns } from '@orewatch/core'
import type { OutboxRecord, Stream } from '@orewatch/protocol'
import { RecordBatch, type RowBatch, SampleBatch } from './row-batch.ts'

/** Rows as they were appended. */
export type AppendedRows = SampleColumns | readonly OutboxRecord[]

/** One append that waits for the disk. */
export interface QueuedAppend {
  /** Rows `from … to − 1` of the batch. */
  readonly from: number
  readonly to: number
  readonly bytes: number
  /** The rows, for the tap; columns are those of the batch. */
  readonly rows: () => AppendedRows
  readonly resolve: (firstPosition: number) => void
  readonly reject: (err: unknown) => void
}

/** Appends of one stream that go to disk together. */
export interface QueuedBatch {
  readonly batch: RowBatch
  /** In the order of their rows; those on disk are taken out. */
  appends: QueuedAppend[]
  /** Rows that are on disk. */
  written: number
}

const SAMPLE_BYTES = 31
const MAX_SPARE_ROWS = 32_768

/** What one stream was given and the disk has not taken yet. */
export class AppendQueue {
  readonly stream: Stream
  #filling: { readonly queued: QueuedBatch; readonly samples?: SampleBatch; readonly records?: RecordBatch } | undefined
  #writing: QueuedBatch | undefined
  #spare: SampleBatch | undefined

  constructor(stream: Stream) {
    this.stream = stream
  }

  get isEmpty(): boolean {
    return this.#filling === undefined && this.#writing === undefined
  }

  /** Queues samples; resolves with the position of the first. */
  addSamples(samples: SampleColumns): Promise<number> {
    const batch = this.#filling?.samples ?? this.#spare ?? new SampleBatch()
    this.#spare = undefined
    this.#filling ??= { queued: { batch, appends: [], written: 0 }, samples: batch }
    const from = batch.add(samples)
    const to = batch.count
    return this.#queue(from, to, sampleBytes(samples), () => batch.slice(from, to))
  }

  /** Queues records given as JSON texts; resolves with the position of the first. */
  addRecords(records: readonly OutboxRecord[], texts: readonly string[]): Promise<number> {
    const batch = this.#filling?.records ?? new RecordBatch()
    this.#filling ??= { queued: { batch, appends: [], written: 0 }, records: batch }
    const from = batch.add(texts)
    return this.#queue(from, batch.count, textBytes(texts), () => records)
  }

  /** The batch to write: the one that failed last time, otherwise everything that has come since. */
  take(): QueuedBatch | undefined {
    if (this.#writing === undefined) {
      this.#writing = this.#filling?.queued
      this.#filling = undefined
    }
    return this.#writing
  }

  /** Rows up to `written` of the batch being written are on disk; returns the appends that are complete. */
  advance(written: number): QueuedAppend[] {
    const writing = this.#writing
    if (writing === undefined) return []
    writing.written = written
    const complete = writing.appends.filter((append) => append.to <= written)
    writing.appends = writing.appends.slice(complete.length)
    if (written === writing.batch.count) this.#writing = undefined
    return complete
  }

  /** Takes back the memory of a batch that is on disk and that nobody looks at. */
  recycle({ batch }: QueuedBatch): void {
    if (!(batch instanceof SampleBatch) || batch.rows.key.length > MAX_SPARE_ROWS) return
    batch.rows.clear()
    this.#spare = batch
  }

  /** Gives up everything that waits. */
  rejectAll(err: unknown): void {
    const appends = [...(this.#writing?.appends ?? []), ...(this.#filling?.queued.appends ?? [])]
    this.#writing = undefined
    this.#filling = undefined
    for (const append of appends) append.reject(err)
  }

  #queue(from: number, to: number, bytes: number, rows: () => AppendedRows): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    this.#filling?.queued.appends.push({ from, to, bytes, rows, resolve, reject })
    return promise
  }
}

/** Memory that queued samples take. */
export function sampleBytes(samples: SampleColumns): number {
  return samples.count * SAMPLE_BYTES
}

/** Memory that queued records take. */
export function textBytes(texts: readonly string[]): number {
  let bytes = 0
  for (const text of texts) bytes += text.length * 2
  return bytes
}
