/*
 * What a reading means: scale, plausibility, quality, times. Pure in (reading, now, state of the point); no I/O.
 * Not here: registers and status codes (drivers), storage (outbox), limits (alarm rules).
 */
import { Q, reasonCode, SAMPLE_FLAGS, type SampleBuilder, type SampleColumns } from '@orewatch/core'
import type { ResolvedPoint } from '@orewatch/firmware-adapters'
import { CounterWatch } from './counter.ts'

/** Whose clock stamps the samples of a device. */
export interface TimePolicy {
  /** `device` only where somebody checked that clock; otherwise the gateway stamps. */
  readonly clock: 'gateway' | 'device'
  /** Beyond this difference a device's time is not believed, ms. */
  readonly maxSkewMs: number
}

/** The gateway's clock at a reading. */
export interface Moment {
  readonly nowMs: number
  /** False while the clock is known to be wrong (stepped, or far from its time server). */
  readonly isTrusted: boolean
}

/**
 * A step back of up to this keeps times strictly increasing by a millisecond a sample, ms; a longer one starts anew at the
 * new time, or every sample would be refused as lying in the future until the clock has caught up.
 */
export const MAX_HELD_BACK_MS = 60_000

// NAMUR NE 43: below 3.6 mA and above 21 mA the loop is broken, not the measurement low or high.
const LOOP_BROKEN_LOW_MA = 3.6
const LOOP_BROKEN_HIGH_MA = 21

const LOOP_CURRENT = reasonCode('loop-current')
const OUT_OF_RANGE = reasonCode('out-of-range')
const NOT_A_NUMBER = reasonCode('not-a-number')
const COUNTER_FELL = reasonCode('counter-fell')

/** Judges the readings of one device; remembers per point what it needs to. */
export class DeviceJudge {
  readonly #points: readonly ResolvedPoint[]
  readonly #policy: TimePolicy
  readonly #lastTimeMs: Float64Array
  // Quality and reason of the last lost-communication sample, so that loss is said once; -1 while there is contact.
  readonly #lostAs: Int32Array
  readonly #lostAtMs: Float64Array
  readonly #counters: readonly (CounterWatch | undefined)[]

  constructor(points: readonly ResolvedPoint[], policy: TimePolicy) {
    this.#points = points
    this.#policy = policy
    this.#counters = points.map(({ counter, resolution }) => (counter === undefined ? undefined : new CounterWatch(counter, resolution)))
    this.#lastTimeMs = new Float64Array(points.length).fill(Number.NEGATIVE_INFINITY)
    this.#lostAs = new Int32Array(points.length).fill(-1)
    this.#lostAtMs = new Float64Array(points.length).fill(Number.NaN)
  }

  /**
   * Adds the sample that each reading is worth to `out[stream of the point]`; `aliases` gives the outbox key of a point.
   * Readings without contact (Q 2, no value) count once until contact is back. Rows of the device's history are samples of
   * their own times and change nothing of how the point stands.
   */
  judge(readings: SampleColumns, moment: Moment, aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    for (let i = 0; i < readings.count; i++) {
      const index = readings.key[i] as number
      const point = this.#points[index]
      if (point === undefined) continue
      const raw = readings.value[i] as number
      const quality = readings.quality[i] as number
      const reason = readings.reason[i] as number
      if (((readings.flags[i] as number) & SAMPLE_FLAGS.backfilled) !== 0) {
        const { value, q, why } = measure(point, raw, quality, reason)
        const stamp = this.#stampHistory(index, readings.timeMs[i] as number, readings.gatewayDeltaMs[i] as number, moment)
        out(index).push(aliases[index] as number, stamp.timeMs, value, q, why, stamp.flags, readings.gatewayDeltaMs[i])
        continue
      }
      if (quality === Q.commLost && Number.isNaN(raw)) {
        this.#lose(index, quality, reason, moment, aliases, out)
        continue
      }
      this.#lostAs[index] = -1
      const deviceMs = readings.timeMs[i] as number
      if (this.#isRepeated(index, deviceMs)) continue
      const stamp = this.#stamp(index, deviceMs, moment)
      const { value, q, why } = this.#counted(index, measure(point, raw, quality, reason))
      out(index).push(aliases[index] as number, stamp.timeMs, value, q, why, stamp.flags, stamp.deltaMs)
    }
  }

  /** Says once of every point of the device that contact is lost, and why. */
  loseAll(reason: number, moment: Moment, aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    for (let index = 0; index < this.#points.length; index++) this.#lose(index, Q.commLost, reason, moment, aliases, out)
  }

  #lose(index: number, quality: number, reason: number, moment: Moment, aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    const said = quality * 256 + reason
    // A second cause while contact is lost anyway tells nobody anything new about the value.
    if (this.#lostAs[index] !== -1) return
    this.#lostAs[index] = said
    const stamp = this.#stamp(index, Number.NaN, moment)
    this.#lostAtMs[index] = stamp.timeMs
    out(index).push(aliases[index] as number, stamp.timeMs, Number.NaN, quality, reason, stamp.flags, 0)
  }

  // Only a reading that is good otherwise says anything about the counter.
  #counted(index: number, measured: ReturnType<typeof measure>): ReturnType<typeof measure> {
    const counter = this.#counters[index]
    if (counter === undefined || measured.q !== Q.good || counter.takes(measured.value)) return measured
    return { value: measured.value, q: Q.suspect, why: COUNTER_FELL }
  }

  // A device that stamps its own samples shows the same one again until it has measured anew.
  #isRepeated(index: number, deviceMs: number): boolean {
    return this.#policy.clock === 'device' && deviceMs === this.#lastTimeMs[index]
  }

  // History lies in the past: it neither moves the live time of a point nor says that contact is there. It keeps the times of
  // its device; where that clock is too far off to be believed, they are moved by the difference of the clocks.
  #stampHistory(index: number, deviceMs: number, deltaMs: number, moment: Moment): { timeMs: number; flags: number } {
    const isBelieved = Math.abs(deltaMs) <= this.#policy.maxSkewMs
    let flags = SAMPLE_FLAGS.backfilled | (isBelieved && moment.isTrusted ? 0 : SAMPLE_FLAGS.clockSuspect)
    let timeMs = isBelieved ? deviceMs : deviceMs + deltaMs
    // The sample that said the loss lies in the middle of what history fills; two cannot be of one time.
    if (timeMs === this.#lostAtMs[index]) {
      timeMs++
      flags |= SAMPLE_FLAGS.timeAdjusted
    }
    return { timeMs, flags }
  }

  #stamp(index: number, deviceMs: number, moment: Moment): { timeMs: number; flags: number; deltaMs: number } {
    let flags = moment.isTrusted ? 0 : SAMPLE_FLAGS.clockSuspect
    const last = this.#lastTimeMs[index] as number
    if (this.#policy.clock === 'device' && !Number.isNaN(deviceMs)) {
      const deltaMs = moment.nowMs - deviceMs
      if (Math.abs(deltaMs) <= this.#policy.maxSkewMs && deviceMs > last) {
        this.#lastTimeMs[index] = deviceMs
        return { timeMs: deviceMs, flags, deltaMs }
      }
      flags |= SAMPLE_FLAGS.clockSuspect
    }
    let timeMs = moment.nowMs
    if (timeMs <= last && last - timeMs <= MAX_HELD_BACK_MS) {
      timeMs = last + 1
      flags |= SAMPLE_FLAGS.timeAdjusted
    }
    this.#lastTimeMs[index] = timeMs
    return { timeMs, flags, deltaMs: 0 }
  }
}

/** Raw value to value in the point's unit, with the quality that plausibility leaves it. */
export function measure(point: ResolvedPoint, raw: number, quality: number, reason: number): { value: number; q: number; why: number } {
  if (Number.isNaN(raw)) return quality === Q.good ? { value: raw, q: Q.suspect, why: NOT_A_NUMBER } : { value: raw, q: quality, why: reason }
  const ratio = point.ratio ?? 1
  // The ratio first: 46 × 3 ÷ 10 is 13.8, but 4.6 × 3 is 13.799999999999999.
  let value = scaled(raw * ratio, point.scale) + point.offset * ratio
  if (point.loop !== undefined) {
    if (value < LOOP_BROKEN_LOW_MA || value > LOOP_BROKEN_HIGH_MA) return { value: Number.NaN, q: Q.sensorFault, why: LOOP_CURRENT }
    value = point.loop.lo + ((value - 4) / 16) * (point.loop.hi - point.loop.lo)
  }
  if (quality !== Q.good) return { value, q: quality, why: reason }
  if (!Number.isFinite(value)) return { value: Number.NaN, q: Q.suspect, why: NOT_A_NUMBER }
  const isBelow = point.rangeLo !== undefined && value < point.rangeLo
  const isAbove = point.rangeHi !== undefined && value > point.rangeHi
  if (isBelow || isAbove) return { value, q: Q.overRange, why: OUT_OF_RANGE }
  return { value, q: Q.good, why: 0 }
}

// Scales are mostly 0.1 or 0.01, which binary cannot hold: 46 × 0.1 is 4.6000000000000005, but 46 ÷ 10 is 4.6.
function scaled(raw: number, scale: number): number {
  if (scale === 1) return raw
  const divisor = Math.round(1 / scale)
  return divisor !== 0 && 1 / divisor === scale ? raw / divisor : raw * scale
}
