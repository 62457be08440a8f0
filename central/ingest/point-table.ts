import type { RefusalCode } from '../registry/registry.ts'
import type { DeclaredMetric } from './birth-reader.ts'

/** Where the samples of one declared metric go, and when they last did. Times are UTC ms by central's clock, 0 is never. */
export interface PointSource {
  readonly declared: DeclaredMetric
  /** Register id of the point; 0 while it is refused. */
  point: number
  refused: { readonly code: RefusalCode; readonly detail: string } | undefined
  lastRefusedMs: number
  lastRefusal: RefusalCode | undefined
}

// Beyond it a table by alias would be mostly holes; such gateways are read by the slower path.
const MAX_DENSE_ALIAS = 1 << 20

/** What the births of one session declare, looked up by alias on the hot path and by name otherwise. */
export class PointTable {
  /** By alias: register id of the point, 0 when the alias is unknown, −1 when its samples are refused. */
  pointOf = new Int32Array(64)
  /** By alias: UTC ms of the last message with it, 0 for never. */
  receivedMs = new Float64Array(64)
  /** Whether an alias is too large for the tables; data messages must then be read metric by metric. */
  isSparse = false
  readonly sources: PointSource[] = []
  #types = new Uint8Array(64)
  readonly #byAlias = new Map<number, PointSource>()
  // Index into sources.
  readonly #byName = new Map<string, number>()

  /** The declared data type of an alias. */
  readonly dataTypeOf = (alias: number): number | undefined => {
    const type = this.#types[alias]
    return type === undefined || type === 0 ? this.#byAlias.get(alias)?.declared.dataType : type
  }

  /** Takes a declared metric in place of an older one of the same name or alias. */
  put(source: PointSource): void {
    const { announced, alias, dataType } = source.declared
    const name = nameKey(announced.device, announced.metric)
    const index = this.#byName.get(name) ?? this.sources.length
    this.#byName.set(name, index)
    this.sources[index] = source
    if (alias === undefined) return
    this.#byAlias.set(alias, source)
    if (alias >= MAX_DENSE_ALIAS) {
      this.isSparse = true
      return
    }
    this.#reserve(alias)
    this.pointOf[alias] = source.point > 0 ? source.point : -1
    this.#types[alias] = dataType ?? 0
  }

  byAlias(alias: number): PointSource | undefined {
    return this.#byAlias.get(alias)
  }

  byName(device: string, metric: string): PointSource | undefined {
    const index = this.#byName.get(nameKey(device, metric))
    return index === undefined ? undefined : this.sources[index]
  }

  /** Notes that a metric was received. */
  touch(source: PointSource, nowMs: number): void {
    const { alias } = source.declared
    if (alias !== undefined && alias < this.receivedMs.length) this.receivedMs[alias] = nowMs
  }

  /** UTC ms at which the metric was last received; 0 for never, or for metrics without a dense alias. */
  receivedAt(source: PointSource): number {
    const { alias } = source.declared
    return alias === undefined ? 0 : (this.receivedMs[alias] ?? 0)
  }

  #reserve(alias: number): void {
    if (alias < this.pointOf.length) return
    const size = Math.min(MAX_DENSE_ALIAS, Math.max(alias + 1, this.pointOf.length * 2))
    const points = new Int32Array(size)
    points.set(this.pointOf)
    this.pointOf = points
    const received = new Float64Array(size)
    received.set(this.receivedMs)
    this.receivedMs = received
    const types = new Uint8Array(size)
    types.set(this.#types)
    this.#types = types
  }
}

function nameKey(device: string, metric: string): string {
  return `${device}\0${metric}`
}
