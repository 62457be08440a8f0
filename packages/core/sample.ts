import { Q } from './quality.ts'

/**
 * Samples as columns: the one shape in which they travel from decode to outbox, wire and store.
 * All columns have at least `count` entries. `key` is whatever names the point at that stage
 * (outbox alias at the gateway, register id at central).
 */
export interface SampleColumns {
  readonly count: number
  readonly key: Uint32Array
  /** Event time, UTC ms: the device's where its clock is checked, otherwise the gateway's. */
  readonly timeMs: Float64Array
  /** Value in the point's unit; NaN where there is none (then Q is not 0). Booleans are 0 and 1. */
  readonly value: Float64Array
  /** Q 0–9. */
  readonly quality: Uint8Array
  /** Index into REASONS. */
  readonly reason: Uint8Array
  /** SAMPLE_FLAGS bits. */
  readonly flags: Uint8Array
  /** Gateway time minus event time, ms; 0 where the gateway stamped the event itself. */
  readonly gatewayDeltaMs: Int32Array
}

/** One sample in full, for tests and slow paths. */
export interface Sample {
  readonly key: number
  readonly timeMs: number
  readonly value: number
  readonly quality: number
  readonly reason: number
  readonly flags: number
  readonly gatewayDeltaMs: number
}

/** Collects samples into columns; grows by doubling and can be reused after `clear`. */
export class SampleBuilder implements SampleColumns {
  count = 0
  key: Uint32Array
  timeMs: Float64Array
  value: Float64Array
  quality: Uint8Array
  reason: Uint8Array
  flags: Uint8Array
  gatewayDeltaMs: Int32Array

  constructor(capacity = 64) {
    this.key = new Uint32Array(capacity)
    this.timeMs = new Float64Array(capacity)
    this.value = new Float64Array(capacity)
    this.quality = new Uint8Array(capacity)
    this.reason = new Uint8Array(capacity)
    this.flags = new Uint8Array(capacity)
    this.gatewayDeltaMs = new Int32Array(capacity)
  }

  /** Adds one sample. */
  push(key: number, timeMs: number, value: number, quality: number = Q.good, reason = 0, flags = 0, gatewayDeltaMs = 0): void {
    if (this.count === this.key.length) this.#grow(this.count + 1)
    const i = this.count++
    this.key[i] = key
    this.timeMs[i] = timeMs
    this.value[i] = value
    this.quality[i] = quality
    this.reason[i] = reason
    this.flags[i] = flags
    this.gatewayDeltaMs[i] = gatewayDeltaMs
  }

  /** Adds rows `from … to − 1` of other columns. */
  append(columns: SampleColumns, from = 0, to = columns.count): void {
    const added = to - from
    if (this.count + added > this.key.length) this.#grow(this.count + added)
    this.key.set(columns.key.subarray(from, to), this.count)
    this.timeMs.set(columns.timeMs.subarray(from, to), this.count)
    this.value.set(columns.value.subarray(from, to), this.count)
    this.quality.set(columns.quality.subarray(from, to), this.count)
    this.reason.set(columns.reason.subarray(from, to), this.count)
    this.flags.set(columns.flags.subarray(from, to), this.count)
    this.gatewayDeltaMs.set(columns.gatewayDeltaMs.subarray(from, to), this.count)
    this.count += added
  }

  /** Forgets all samples and keeps the memory. */
  clear(): void {
    this.count = 0
  }

  #grow(needed: number): void {
    const capacity = Math.max(needed, this.key.length * 2)
    const grow = <T extends Uint32Array | Float64Array | Uint8Array | Int32Array>(old: T, make: new (n: number) => T): T => {
      const grown = new make(capacity)
      grown.set(old)
      return grown
    }
    this.key = grow(this.key, Uint32Array)
    this.timeMs = grow(this.timeMs, Float64Array)
    this.value = grow(this.value, Float64Array)
    this.quality = grow(this.quality, Uint8Array)
    this.reason = grow(this.reason, Uint8Array)
    this.flags = grow(this.flags, Uint8Array)
    this.gatewayDeltaMs = grow(this.gatewayDeltaMs, Int32Array)
  }
}

/** Row `i` of columns. */
export function sampleAt(columns: SampleColumns, i: number): Sample {
  return {
    key: columns.key[i] as number,
    timeMs: columns.timeMs[i] as number,
    value: columns.value[i] as number,
    quality: columns.quality[i] as number,
    reason: columns.reason[i] as number,
    flags: columns.flags[i] as number,
    gatewayDeltaMs: columns.gatewayDeltaMs[i] as number,
  }
}

/** All rows of columns. */
export function samplesOf(columns: SampleColumns): Sample[] {
  return Array.from({ length: columns.count }, (_, i) => sampleAt(columns, i))
}

/** Columns of single samples. */
export function columnsOf(samples: readonly Sample[]): SampleColumns {
  const builder = new SampleBuilder(Math.max(1, samples.length))
  for (const s of samples) builder.push(s.key, s.timeMs, s.value, s.quality, s.reason, s.flags, s.gatewayDeltaMs)
  return builder
}
