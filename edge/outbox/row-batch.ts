import { SampleBuilder, type SampleColumns } from '@orewatch/core'
import type { OutboxRecord } from '@orewatch/protocol'
import { BLOCK_HEADER_BYTES, BLOCK_KINDS, encodeJsonBlock, encodeSampleBlock, MAX_BLOCK_BYTES, MAX_BLOCK_ROWS } from './block-codec.ts'
import { outboxErrors } from './errors.ts'

/** Rows on their way to the disk; whatever was appended to a stream between two syncs. */
export interface RowBatch {
  readonly count: number
  /** Encodes one block from row `from` on; `to` is the first row that is not in it. */
  encode(from: number, first: number, acceptedMs: number, seed: number): { readonly block: Uint8Array<ArrayBuffer>; readonly to: number }
  /** Calls back with the alias of every row. */
  eachAlias(from: number, to: number, visit: (alias: number) => void): void
}

/** Largest JSON text of one record, bytes. */
export const MAX_RECORD_BYTES = 1024 * 1024
// Many small records share a block up to this size, so that reading one does not drag many in.
const RECORD_BLOCK_BYTES = 64 * 1024

/** Samples, copied at append, since the caller may use its columns again. */
export class SampleBatch implements RowBatch {
  readonly rows = new SampleBuilder(256)

  get count(): number {
    return this.rows.count
  }

  /** Copies the rows; returns where they begin in the batch. */
  add(samples: SampleColumns): number {
    const at = this.rows.count
    this.rows.append(samples)
    return at
  }

  encode(from: number, first: number, acceptedMs: number, seed: number): { block: Uint8Array<ArrayBuffer>; to: number } {
    const to = Math.min(this.rows.count, from + MAX_BLOCK_ROWS)
    return { block: encodeSampleBlock(this.rows, from, to, first, acceptedMs, seed), to }
  }

  eachAlias(from: number, to: number, visit: (alias: number) => void): void {
    for (let i = from; i < to; i++) visit(this.rows.key[i] as number)
  }

  /** Rows `from … to − 1` as columns. */
  slice(from: number, to: number): SampleColumns {
    const { key, timeMs, value, quality, reason, flags, gatewayDeltaMs } = this.rows
    return {
      count: to - from,
      key: key.subarray(from, to),
      timeMs: timeMs.subarray(from, to),
      value: value.subarray(from, to),
      quality: quality.subarray(from, to),
      reason: reason.subarray(from, to),
      flags: flags.subarray(from, to),
      gatewayDeltaMs: gatewayDeltaMs.subarray(from, to),
    }
  }
}

/** Records as JSON text. */
export class RecordBatch implements RowBatch {
  readonly #texts: string[] = []
  readonly #bytes: number[] = []

  get count(): number {
    return this.#texts.length
  }

  /** Takes texts made by `recordTexts`; returns where they begin in the batch. */
  add(texts: readonly string[]): number {
    const at = this.#texts.length
    for (const text of texts) {
      this.#texts.push(text)
      this.#bytes.push(Buffer.byteLength(text) + 1)
    }
    return at
  }

  encode(from: number, first: number, acceptedMs: number, seed: number): { block: Uint8Array<ArrayBuffer>; to: number } {
    let to = from + 1
    let bytes = this.#bytes[from] as number
    while (to < this.#texts.length && to - from < MAX_BLOCK_ROWS && bytes + (this.#bytes[to] as number) <= RECORD_BLOCK_BYTES) {
      bytes += this.#bytes[to] as number
      to++
    }
    return { block: encodeJsonBlock(BLOCK_KINDS.records, this.#texts.slice(from, to), first, acceptedMs, seed), to }
  }

  eachAlias(): void {
    // Records name their device in words.
  }
}

/** JSON texts of records; throws OUTBOX_RECORD_TOO_LARGE before anything is accepted. */
export function recordTexts(records: readonly OutboxRecord[]): string[] {
  return records.map((record) => {
    const text = JSON.stringify(record)
    const bytes = Buffer.byteLength(text)
    if (bytes > Math.min(MAX_RECORD_BYTES, MAX_BLOCK_BYTES - BLOCK_HEADER_BYTES)) {
      throw outboxErrors.RECORD_TOO_LARGE({ schema: record.schema, bytes, limit: MAX_RECORD_BYTES })
    }
    return text
  })
}
