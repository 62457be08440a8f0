import { type Clock, CodedError, reasonCode, type Reason, REASONS, SAMPLE_FLAGS, SampleBuilder, type SampleColumns } from '@orewatch/core'
import type { ResolvedPoint } from '@orewatch/firmware-adapters'
import type { Logger } from '@orewatch/observability'
import { type OutboxRecord, POINT_PROPERTIES } from '@orewatch/protocol'
import type { DeviceEvent, DeviceState, ReadingSink } from '../drivers/driver.ts'
import type { Outbox, RecordStream, SampleStream } from '../outbox/outbox.ts'
import { judgeOf, type ReadingJudge } from './derive.ts'
import type { Moment, TimePolicy } from './judge.ts'

/** A device as the pipeline needs it. */
export interface PipelineDevice {
  readonly id: string
  readonly profile: string
  readonly points: readonly ResolvedPoint[]
  readonly time: TimePolicy
}

/** What the pipeline works with. */
export interface PipelineOptions {
  readonly outbox: Pick<Outbox, 'alias' | 'append' | 'appendRecords'>
  readonly clock: Clock
  readonly log: Logger
  /** Whether the gateway's clock can be trusted at the moment. */
  readonly isClockTrusted: () => boolean
  /** Appends under way at once before drivers must wait; bounds the memory between reading and disk. */
  readonly maxPendingAppends?: number
}

/** Counters of the pipeline. */
export interface PipelineStats {
  readonly accepted: number
  readonly bad: number
  readonly pendingAppends: number
  /** UTC ms of the last reading per device. */
  readonly lastReadMs: ReadonlyMap<string, number>
  /** UTC ms since when a device does not answer; absent while it does. */
  readonly lostSinceMs: ReadonlyMap<string, number>
}

interface DeviceEntry {
  readonly judge: ReadingJudge
  readonly aliases: Uint32Array
  readonly streams: readonly SampleStream[]
  readonly profile: string
  readonly points: readonly ResolvedPoint[]
  readonly time: TimePolicy
}

/** Events of a device that no memory was left for. */
interface DroppedEvents {
  count: number
  readonly fromMs: number
  toMs: number
}

// Events cannot be read again, so they are kept while the disk is full; but not without end.
const MAX_PENDING_EVENTS = 10_000
const RETRY_MS = 1_000
const knownReasons: ReadonlySet<string> = new Set(REASONS)

/** From readings to durable samples. Drivers push into it; it slows them down when the disk is slower. */
export class Pipeline implements ReadingSink {
  readonly #options: PipelineOptions
  readonly #devices = new Map<string, DeviceEntry>()
  readonly #lastReadMs = new Map<string, number>()
  readonly #lostSinceMs = new Map<string, number>()
  readonly #limit: number
  readonly #dropped = new Map<string, DroppedEvents>()
  #pending = 0
  #pendingEvents = 0
  #accepted = 0
  #bad = 0
  #waiting: (() => void)[] = []
  #isClosed = false

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#limit = options.maxPendingAppends ?? 256
  }

  /** Announces a device, or its new description; its points get their outbox aliases here. */
  setDevice(device: PipelineDevice): void {
    const { outbox } = this.#options
    const aliases = Uint32Array.from(device.points, (point) => outbox.alias({ device: device.id, name: point.name, isBoolean: point.isBoolean, properties: birthProperties(point, device.profile) }))
    // A device that is described anew says again how it stands.
    this.#lostSinceMs.delete(device.id)
    this.#devices.set(device.id, {
      judge: judgeOf(device.points, device.time),
      aliases,
      streams: device.points.map((point) => point.priority),
      profile: device.profile,
      points: device.points,
      time: device.time,
    })
  }

  removeDevice(id: string): void {
    this.#devices.delete(id)
    this.#lastReadMs.delete(id)
    this.#lostSinceMs.delete(id)
  }

  readings(device: string, readings: SampleColumns): void {
    const entry = this.#devices.get(device)
    if (entry === undefined) return
    const moment = this.#moment()
    const isHistory = readings.count > 0 && ((readings.flags[0] as number) & SAMPLE_FLAGS.backfilled) !== 0
    if (!isHistory) this.#lastReadMs.set(device, moment.nowMs)
    this.#accept(entry, (out) => entry.judge.judge(readings, moment, entry.aliases, out))
  }

  state(device: string, state: DeviceState): void {
    const entry = this.#devices.get(device)
    if (entry === undefined) return
    if (state.kind === 'lost' || state.kind === 'paused') {
      if (this.#lostSinceMs.has(device)) return
      this.#lostSinceMs.set(device, this.#options.clock.nowMs())
      const reason = knownReasons.has(state.reason) ? (state.reason as Reason) : 'unspecified'
      const moment = this.#moment()
      this.#accept(entry, (out) => entry.judge.loseAll(reasonCode(reason), moment, entry.aliases, out))
      this.record('event', { schema: 'device.state/1', timeMs: moment.nowMs, device, body: { state: 'lost', reason: state.reason, detail: state.detail } })
      this.#options.log.warn({ device, reason: state.reason, detail: state.detail }, 'device does not answer')
    } else if (state.kind === 'live' && this.#lostSinceMs.delete(device)) {
      this.record('event', { schema: 'device.state/1', timeMs: this.#options.clock.nowMs(), device, body: { state: 'live' } })
      this.#options.log.info({ device }, 'device answers again')
    }
  }

  event(device: string, event: DeviceEvent): void {
    const entry = this.#devices.get(device)
    if (entry === undefined) return
    const { nowMs } = this.#moment()
    if (this.#pendingEvents >= MAX_PENDING_EVENTS) {
      this.#drop(device, nowMs)
      return
    }
    this.#pendingEvents++
    const record = { schema: event.schema, device, ...stampEvent(event, entry.time, nowMs) }
    void this.#persist(() => this.#options.outbox.appendRecords('event', [record])).then(() => {
      this.#pendingEvents--
      this.#tellDropped()
    })
  }

  /** Accepts an event or alarm; kept and retried until it is on disk. */
  record(stream: RecordStream, record: OutboxRecord): void {
    void this.#persist(() => this.#options.outbox.appendRecords(stream, [record]))
  }

  /** Resolves when less than the allowed number of appends is under way. */
  ready(): Promise<void> {
    if (this.#pending < this.#limit || this.#isClosed) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  stats(): PipelineStats {
    return { accepted: this.#accepted, bad: this.#bad, pendingAppends: this.#pending, lastReadMs: this.#lastReadMs, lostSinceMs: this.#lostSinceMs }
  }

  /** Stops retrying and lets waiting drivers go. */
  close(): void {
    this.#isClosed = true
    this.#release()
  }

  #drop(device: string, nowMs: number): void {
    const dropped = this.#dropped.get(device)
    if (dropped === undefined) {
      this.#dropped.set(device, { count: 1, fromMs: nowMs, toMs: nowMs })
      this.#options.log.error({ device, limit: MAX_PENDING_EVENTS }, 'events are lost: too many wait for the disk')
      return
    }
    dropped.count++
    dropped.toMs = nowMs
  }

  #tellDropped(): void {
    for (const [device, { count, fromMs, toMs }] of this.#dropped) this.record('event', { schema: 'device.events/1', timeMs: toMs, device, body: { state: 'dropped', count, fromMs, toMs } })
    this.#dropped.clear()
  }

  #moment(): Moment {
    return { nowMs: this.#options.clock.nowMs(), isTrusted: this.#options.isClockTrusted() }
  }

  // The builders are fresh for every call because an append keeps them until the disk has them, retries included.
  #accept(entry: DeviceEntry, fill: (out: (point: number) => SampleBuilder) => void): void {
    const builders: Partial<Record<SampleStream, SampleBuilder>> = {}
    fill((point) => {
      const stream = entry.streams[point] as SampleStream
      return (builders[stream] ??= new SampleBuilder(Math.max(4, entry.points.length)))
    })
    for (const [stream, samples] of Object.entries(builders) as [SampleStream, SampleBuilder][]) {
      if (samples.count === 0) continue
      for (let i = 0; i < samples.count; i++) if (samples.quality[i] !== 0) this.#bad++
      void this.#persist(async () => {
        await this.#options.outbox.append(stream, samples)
        this.#accepted += samples.count
      })
    }
  }

  async #persist(append: () => Promise<unknown>): Promise<void> {
    this.#pending++
    try {
      while (!this.#isClosed) {
        try {
          await append()
          return
        } catch (err) {
          if (err instanceof CodedError && err.retry === 'never') {
            this.#options.log.error({ err }, 'outbox refuses a batch for good')
            return
          }
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
        }
      }
    } finally {
      this.#pending--
      if (this.#pending < this.#limit) this.#release()
    }
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}

// An event is of its device's time where that clock can be right; otherwise of the gateway's, and the device's stands in the body.
function stampEvent({ timeMs, body }: DeviceEvent, policy: TimePolicy, nowMs: number): { readonly timeMs: number; readonly body: Record<string, unknown> } {
  if (Number.isNaN(timeMs)) return { timeMs: nowMs, body: { ...body, flaws: [...flawsOf(body), "time: the device gives none; it is the gateway's"] } }
  const isLate = policy.clock === 'device' && timeMs <= nowMs
  if (isLate || Math.abs(nowMs - timeMs) <= policy.maxSkewMs) return { timeMs, body }
  return { timeMs: nowMs, body: { ...body, deviceTimeMs: timeMs, flaws: [...flawsOf(body), "time: the device's clock is not believed; it is the gateway's"] } }
}

function flawsOf(body: DeviceEvent['body']): readonly unknown[] {
  return Array.isArray(body['flaws']) ? body['flaws'] : []
}

function birthProperties(point: ResolvedPoint, profile: string): Record<string, string | number | boolean> {
  const properties: Record<string, string | number | boolean> = {
    [POINT_PROPERTIES.unit]: point.unit,
    [POINT_PROPERTIES.periodMs]: point.periodMs,
    [POINT_PROPERTIES.name]: point.title.zh,
    [POINT_PROPERTIES.profile]: profile,
  }
  if (point.pointCode !== undefined) properties[POINT_PROPERTIES.pointCode] = point.pointCode
  if (point.rangeLo !== undefined) properties[POINT_PROPERTIES.rangeLo] = point.rangeLo
  if (point.rangeHi !== undefined) properties[POINT_PROPERTIES.rangeHi] = point.rangeHi
  if (point.place !== undefined) properties[POINT_PROPERTIES.place] = point.place
  return properties
}
