/*
 * Parts in memory that keep the promises of their ports for as long as the test runs, and can be made to fail.
 * They are not durable: what they hold is what a durable part would have on disk.
 */
import { type PositionRange, RangeSet, type SampleColumns, SampleBuilder, defineErrors } from '@orewatch/core'
import type { Stream } from '@orewatch/protocol'
import type { QuarantinedSample, QuarantineResult } from '../../quarantine/quarantine.ts'
import type { RecordBatch } from '../../records/records.ts'
import type { AnnouncedPoint, Gateway, RegisteredPoint, Resolution } from '../../registry/registry.ts'
import type { LatestSample, OutboxRanges, RemovedPart, StoreCapabilities, TelemetryStore, WriteResult } from '../../telemetry/store.ts'

const testErrors = defineErrors('TEST', {
  DISK_FULL: { retry: 'later', message: 'No space left on device.' },
  AWAY: { retry: 'soon', message: 'Not there.' },
  NEVER: { retry: 'never', message: 'Will never work.' },
})

/** How a part in memory behaves: works, hangs until told otherwise, or refuses. */
export type Behaviour = 'works' | 'hangs' | 'disk-full' | 'refuses'

/** Lets a part hang or fail at will. */
export class Faults {
  #behaviour: Behaviour = 'works'
  #resume: (() => void)[] = []

  set(behaviour: Behaviour): void {
    this.#behaviour = behaviour
    for (const resume of this.#resume.splice(0)) resume()
  }

  async pass(): Promise<void> {
    while (this.#behaviour === 'hangs') await new Promise<void>((resolve) => this.#resume.push(resolve))
    if (this.#behaviour === 'disk-full') throw testErrors.DISK_FULL()
    if (this.#behaviour === 'refuses') throw testErrors.NEVER()
  }
}

class Ranges {
  readonly #sets = new Map<string, Map<Stream, RangeSet>>()

  add(ranges: readonly OutboxRanges[]): void {
    for (const { gateway, incarnation, stream, ranges: runs } of ranges) {
      const key = `${gateway} ${incarnation}`
      const streams = this.#sets.get(key) ?? new Map<Stream, RangeSet>()
      this.#sets.set(key, streams)
      const set = streams.get(stream) ?? new RangeSet()
      streams.set(stream, set)
      for (const run of runs) set.add(run.first, run.count)
    }
  }

  load(gateway: number, incarnation: string): ReadonlyMap<Stream, readonly PositionRange[]> {
    return new Map([...(this.#sets.get(`${gateway} ${incarnation}`) ?? [])].map(([stream, set]) => [stream, set.ranges()]))
  }
}

/** A telemetry store in memory. */
export class MemoryStore implements TelemetryStore {
  readonly name = 'memory'
  readonly capabilities: StoreCapabilities
  readonly faults = new Faults()
  readonly samples = new Map<number, Map<number, { value: number; quality: number; reason: number; flags: number }>>()
  writes = 0
  readonly #ranges = new Ranges()

  constructor(capabilities: Partial<StoreCapabilities> = {}) {
    this.capabilities = { hasTransactionalRanges: true, detectsConflicts: true, keepsMetadata: true, keepsFarTimes: true, acknowledgesDurably: true, removesSamples: false, ...capabilities }
  }

  async remove(): Promise<readonly RemovedPart[]> {
    return []
  }

  async write(batch: SampleColumns, ranges: readonly OutboxRanges[]): Promise<WriteResult> {
    const copy = new SampleBuilder(Math.max(1, batch.count))
    copy.append(batch)
    await this.faults.pass()
    this.writes++
    let duplicates = 0
    const conflicts: number[] = []
    for (let row = 0; row < copy.count; row++) {
      const point = copy.key[row] as number
      const timeMs = copy.timeMs[row] as number
      const times = this.samples.get(point) ?? new Map<number, { value: number; quality: number; reason: number; flags: number }>()
      this.samples.set(point, times)
      const known = times.get(timeMs)
      const sample = { value: copy.value[row] as number, quality: copy.quality[row] as number, reason: copy.reason[row] as number, flags: copy.flags[row] as number }
      if (known === undefined || !this.capabilities.detectsConflicts) times.set(timeMs, sample)
      else if (Object.is(known.value, sample.value) && known.quality === sample.quality) duplicates++
      else conflicts.push(row)
    }
    this.#ranges.add(ranges)
    return { stored: copy.count - duplicates - conflicts.length, duplicates, conflicts }
  }

  async storedRanges(gateway: number, incarnation: string): Promise<ReadonlyMap<Stream, readonly PositionRange[]>> {
    return this.#ranges.load(gateway, incarnation)
  }

  async latest(points: readonly number[]): Promise<readonly LatestSample[]> {
    return points.flatMap((point) => {
      const times = this.samples.get(point)
      if (times === undefined) return []
      const timeMs = Math.max(...times.keys())
      const sample = times.get(timeMs)
      return sample === undefined ? [] : [{ point, timeMs, ...sample }]
    })
  }

  async range(): Promise<never> {
    throw testErrors.AWAY()
  }
  async aggregate(): Promise<never> {
    throw testErrors.AWAY()
  }

  async count(): Promise<number> {
    let count = 0
    for (const times of this.samples.values()) count += times.size
    return count
  }

  health(): { readonly ok: boolean; readonly note: string } {
    return { ok: true, note: 'in memory' }
  }
  async close(): Promise<void> {
    this.samples.clear()
  }
}

/** Register, quarantine, records, ranges and events in memory. */
export class MemoryRelational {
  readonly faults = new Faults()
  readonly gateways = new Map<string, Gateway>()
  readonly points = new Map<string, RegisteredPoint>()
  /** Metrics that the register refuses, with the code. */
  readonly refusals = new Map<string, 'unknown-point' | 'unit-mismatch'>()
  readonly quarantined: QuarantinedSample[] = []
  readonly recorded: RecordBatch[] = []
  readonly securityEvents: { readonly kind: string; readonly subject: string; readonly detail: Readonly<Record<string, unknown>> }[] = []
  readonly completenessEvents: { readonly gateway: number; readonly kind: string; readonly detail: Readonly<Record<string, unknown>> }[] = []
  readonly #ranges = new Ranges()
  readonly #identities = new Map<string, number>()

  /** Registers a gateway. */
  register(group: string, node: string): Gateway {
    const gateway = { id: this.#identity(group, node), group, node, subjectCode: `${group}100001` }
    this.gateways.set(`${group}/${node}`, gateway)
    return gateway
  }

  readonly registry = {
    gatewayByTopic: async (group: string, node: string): Promise<Gateway | undefined> => {
      await this.faults.pass()
      return this.gateways.get(`${group}/${node}`)
    },
    gatewayIdentity: async (group: string, node: string): Promise<number> => this.#identity(group, node),
    resolve: async (gateway: Gateway, announced: readonly AnnouncedPoint[]): Promise<readonly Resolution[]> => {
      await this.faults.pass()
      return announced.map((point) => this.#resolve(gateway, point))
    },
  }

  readonly quarantine = {
    append: async (batch: readonly QuarantinedSample[], ranges: readonly OutboxRanges[]): Promise<QuarantineResult> => {
      await this.faults.pass()
      this.quarantined.push(...batch)
      this.#ranges.add(ranges)
      return { stored: batch.length, duplicates: 0, dropped: 0 }
    },
  }

  readonly records = {
    append: async (batches: readonly RecordBatch[], ranges: readonly OutboxRanges[]): Promise<{ readonly stored: number; readonly duplicates: number }> => {
      await this.faults.pass()
      this.recorded.push(...batches)
      this.#ranges.add(ranges)
      return { stored: batches.length, duplicates: 0 }
    },
  }

  readonly ranges = {
    add: async (ranges: readonly OutboxRanges[]): Promise<void> => {
      await this.faults.pass()
      this.#ranges.add(ranges)
    },
    load: async (gateway: number, incarnation: string): Promise<ReadonlyMap<Stream, readonly PositionRange[]>> => this.#ranges.load(gateway, incarnation),
  }

  readonly security = {
    add: async (kind: string, subject: string, detail: Readonly<Record<string, unknown>> = {}): Promise<void> => {
      this.securityEvents.push({ kind, subject, detail })
    },
  }

  readonly completeness = {
    add: async (gateway: number, kind: string, detail: Readonly<Record<string, unknown>> = {}): Promise<void> => {
      this.completenessEvents.push({ gateway, kind, detail })
    },
  }

  /** Register id of a metric; 0 when no birth announced it. */
  pointId(device: string, metric: string): number {
    return this.points.get(`${device}/${metric}`)?.id ?? 0
  }

  #identity(group: string, node: string): number {
    const key = `${group}/${node}`
    const id = this.#identities.get(key) ?? this.#identities.size + 1
    this.#identities.set(key, id)
    return id
  }

  #resolve(gateway: Gateway, { device, metric, unit, pointCode, periodMs }: AnnouncedPoint): Resolution {
    const key = `${device}/${metric}`
    const refused = this.refusals.get(key)
    if (refused !== undefined) return { refused, detail: `${key} is refused by the test` }
    const known = this.points.get(key)
    if (known !== undefined) return { point: known }
    const id = 1_000 + this.points.size
    const point = { id, pointCode: pointCode ?? String(id).padStart(22, '9'), gateway: gateway.id, device, metric, unit: unit ?? '', sensorType: '0101', periodMs: periodMs ?? 1_000 }
    this.points.set(key, point)
    return { point }
  }
}
