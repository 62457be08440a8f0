/*
 * What one device's judged samples mean together: gates that take a value's credit away, and points computed from
 * others. Stands behind the judge and has its face, so that a device without either never comes here.
 * Not here: scale, plausibility, times of measured points (judge.ts); names and order (firmware-adapters/linking.ts).
 */
import { invariant, Q, reasonCode, SAMPLE_FLAGS, SampleBuilder, type SampleColumns } from '@orewatch/core'
import { FORMULAS, type Formula, type Gate, type ResolvedPoint } from '@orewatch/firmware-adapters'
import { DeviceJudge, MAX_HELD_BACK_MS, measure, type Moment, type TimePolicy } from './judge.ts'

const GATE = reasonCode('gate')

// Of several causes the one that says most about what to do: the order in which a substation's status bits are read,
// then what a person decided, then what may still be a measurement.
const WORST_FIRST = [Q.commLost, Q.powerFault, Q.sensorFault, Q.outOfService, Q.calibrating, Q.overRange, Q.suspect, Q.manual, Q.backfilled, Q.good] as const
const BADNESS = Uint8Array.from({ length: 10 }, (_, quality) => WORST_FIRST.length - 1 - WORST_FIRST.indexOf(quality as (typeof WORST_FIRST)[number]))

/** What turns the readings of a device into samples. */
export type ReadingJudge = Pick<DeviceJudge, 'judge' | 'loseAll'>

/** The judge of a device: the plain one, or one that knows gates and computed points where the device has them. */
export function judgeOf(points: readonly ResolvedPoint[], policy: TimePolicy): ReadingJudge {
  return points.some(({ source, gates }) => source.kind === 'computed' || gates !== undefined) ? new DerivingJudge(points, policy) : new DeviceJudge(points, policy)
}

interface FoundGate extends Gate {
  readonly index: number
  /** The point itself or an input of it: its quality counts anyway, so the gate looks at its number only. */
  readonly isOwn: boolean
}

interface ComputedPoint {
  readonly index: number
  readonly point: ResolvedPoint
  readonly formula: Formula
  readonly constants: Readonly<Record<string, number>>
  readonly roles: readonly string[]
  /** Indexes of the inputs, in the order of the roles. */
  readonly inputs: readonly number[]
  /** Reused for every evaluation. */
  readonly values: Record<string, number>
}

/** Judges a device whose points lean on each other. Computed points stand behind the measured ones, each after what it needs. */
export class DerivingJudge implements ReadingJudge {
  readonly #points: readonly ResolvedPoint[]
  readonly #policy: TimePolicy
  readonly #judge: DeviceJudge
  readonly #gates: readonly (readonly FoundGate[] | undefined)[]
  readonly #computed: readonly ComputedPoint[]
  readonly #keys: Uint32Array
  readonly #scratch: SampleBuilder
  // The newest sample of every point. `judged` is its quality before its gates. A time of NaN: there was none yet.
  readonly #timeMs: Float64Array
  readonly #value: Float64Array
  readonly #judged: Uint8Array
  readonly #quality: Uint8Array
  readonly #reason: Uint8Array
  readonly #flags: Uint8Array
  readonly #deltaMs: Int32Array
  readonly #isFresh: Uint8Array
  readonly #isLost: Uint8Array

  /** `judge` is that of the same points where there is one already. */
  constructor(points: readonly ResolvedPoint[], policy: TimePolicy, judge?: DeviceJudge) {
    this.#points = points
    this.#policy = policy
    const count = points.length
    const indexes = new Map(points.map(({ name }, index) => [name, index]))
    const measured = points.filter(({ source }) => source.kind !== 'computed')
    invariant(
      measured.every((point, index) => points[index] === point),
      'a computed point stands before a measured one',
    )
    this.#judge = judge ?? new DeviceJudge(measured, policy)
    this.#gates = points.map((point) => point.gates?.map((gate) => ({ ...gate, index: indexOf(gate.point, indexes), isOwn: isOwn(gate, point) })))
    this.#computed = points.flatMap((point, index) => computedOf(point, index, indexes))
    this.#keys = Uint32Array.from({ length: count }, (_, index) => index)
    this.#scratch = new SampleBuilder(Math.max(4, count))
    this.#timeMs = new Float64Array(count).fill(Number.NaN)
    this.#value = new Float64Array(count).fill(Number.NaN)
    this.#judged = new Uint8Array(count)
    this.#quality = new Uint8Array(count)
    this.#reason = new Uint8Array(count)
    this.#flags = new Uint8Array(count)
    this.#deltaMs = new Int32Array(count)
    this.#isFresh = new Uint8Array(count)
    this.#isLost = new Uint8Array(count)
  }

  /** Adds the samples that the readings are worth, and those of the points computed from them. */
  judge(readings: SampleColumns, moment: Moment, aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    if (isHistory(readings)) this.#judgeHistory(readings, moment, aliases, out)
    else this.#judgeNow(readings, moment, aliases, out)
  }

  // History is judged on its own, time by time: what was measured together stands or falls together, a gate of today vouches
  // for nothing of yesterday, and nothing of it is the newest sample of a point.
  #judgeHistory(readings: SampleColumns, moment: Moment, aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    const past = new DerivingJudge(this.#points, this.#policy, this.#judge)
    const rows = Array.from({ length: readings.count }, (_, row) => row)
    const byTime = Map.groupBy(rows, (row) => readings.timeMs[row] as number)
    for (const [, together] of [...byTime].toSorted(([a], [b]) => a - b)) {
      const batch = new SampleBuilder(together.length)
      for (const row of together) batch.append(readings, row, row + 1)
      past.#judgeNow(batch, moment, aliases, out)
    }
  }

  #judgeNow(readings: SampleColumns, moment: Moment, aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    this.#scratch.clear()
    this.#judge.judge(readings, moment, this.#keys, () => this.#scratch)
    this.#derive(aliases, out)
  }

  /** Says once of every point, computed ones too, that contact is lost, and why. */
  loseAll(reason: number, moment: Moment, aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    this.#scratch.clear()
    this.#judge.loseAll(reason, moment, this.#keys, () => this.#scratch)
    this.#derive(aliases, out)
  }

  #derive(aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    const scratch = this.#scratch
    // First all of them, so that a gate sees what came with the value that it guards, in whatever order.
    for (let row = 0; row < scratch.count; row++) this.#note(row)
    for (let row = 0; row < scratch.count; row++) this.#tellMeasured(row, aliases, out)
    for (const computed of this.#computed) this.#compute(computed, aliases, out)
    this.#isFresh.fill(0)
  }

  #note(row: number): void {
    const { key, timeMs, value, quality, reason, flags, gatewayDeltaMs } = this.#scratch
    const index = key[row] as number
    this.#timeMs[index] = timeMs[row] as number
    this.#value[index] = value[row] as number
    this.#judged[index] = quality[row] as number
    this.#reason[index] = reason[row] as number
    this.#flags[index] = flags[row] as number
    this.#deltaMs[index] = gatewayDeltaMs[row] as number
    this.#isFresh[index] = 1
    this.#isLost[index] = quality[row] === Q.commLost && Number.isNaN(value[row]) ? 1 : 0
  }

  #tellMeasured(row: number, aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    const { key, timeMs, value, quality, reason, flags, gatewayDeltaMs } = this.#scratch
    const index = key[row] as number
    const judged = quality[row] as number
    const gated = this.#gatedQuality(index, value[row] as number, judged)
    const why = gated === judged ? (reason[row] as number) : GATE
    this.#quality[index] = gated
    this.#reason[index] = why
    out(index).push(aliases[index] as number, timeMs[row] as number, value[row] as number, gated, why, flags[row], gatewayDeltaMs[row])
  }

  // The quality that gates leave a value: the worst of its own and those of the gates that are shut.
  #gatedQuality(index: number, value: number, quality: number): number {
    const gates = this.#gates[index]
    if (gates === undefined || this.#isLost[index] === 1) return quality
    let worst = quality
    for (const gate of gates) {
      const isOpen = gate.isOwn ? isWithinOrNone(gate, gate.index === index ? value : (this.#value[gate.index] as number)) : this.#isOpen(gate)
      if (!isOpen && isWorse(gate.quality, worst)) worst = gate.quality
    }
    return worst
  }

  // A gate that is itself bad, or was never read, vouches for nothing.
  #isOpen(gate: FoundGate): boolean {
    return !Number.isNaN(this.#timeMs[gate.index]) && this.#judged[gate.index] === Q.good && isWithin(gate, this.#value[gate.index] as number)
  }

  #compute(computed: ComputedPoint, aliases: Uint32Array, out: (point: number) => SampleBuilder): void {
    const { index, inputs } = computed
    const newest = this.#newestFresh(inputs)
    if (newest === -1 || inputs.some((input) => Number.isNaN(this.#timeMs[input]))) return
    const wasLost = this.#isLost[index] === 1
    const isLost = inputs.some((input) => this.#isLost[input] === 1)
    this.#isLost[index] = isLost ? 1 : 0
    // Loss is said once, here as in the judge.
    if (isLost && wasLost) return
    const { value, q, why } = this.#evaluate(computed)
    const quality = this.#gatedQuality(index, value, q)
    this.#stamp(index, newest, inputs)
    this.#value[index] = value
    this.#judged[index] = quality
    this.#quality[index] = quality
    this.#reason[index] = quality === q ? why : GATE
    this.#isFresh[index] = 1
    out(index).push(aliases[index] as number, this.#timeMs[index] as number, value, quality, this.#reason[index], this.#flags[index], this.#deltaMs[index])
  }

  #newestFresh(inputs: readonly number[]): number {
    let newest = -1
    for (const input of inputs) {
      if (this.#isFresh[input] === 1 && (newest === -1 || (this.#timeMs[input] as number) > (this.#timeMs[newest] as number))) newest = input
    }
    return newest
  }

  // Never from the last good input: an input that is bad now makes the value bad now.
  #evaluate({ point, formula, constants, roles, inputs, values }: ComputedPoint): { value: number; q: number; why: number } {
    let worst = inputs[0] as number
    for (const input of inputs) if (isWorse(this.#quality[input] as number, this.#quality[worst] as number)) worst = input
    if (this.#quality[worst] !== Q.good) return { value: Number.NaN, q: this.#quality[worst] as number, why: this.#reason[worst] as number }
    for (const [i, role] of roles.entries()) values[role] = this.#value[inputs[i] as number] as number
    return measure(point, formula.evaluate(values, constants), Q.good, 0)
  }

  // The time of the newest input of this batch. Times of a point increase strictly also when two of its inputs come apart.
  #stamp(index: number, newest: number, inputs: readonly number[]): void {
    let timeMs = this.#timeMs[newest] as number
    let flags = this.#flags[newest] as number
    for (const input of inputs) flags |= (this.#flags[input] as number) & SAMPLE_FLAGS.clockSuspect
    const last = this.#timeMs[index] as number
    if (timeMs <= last && last - timeMs <= MAX_HELD_BACK_MS) {
      timeMs = last + 1
      flags |= SAMPLE_FLAGS.timeAdjusted
    }
    this.#timeMs[index] = timeMs
    this.#flags[index] = flags
    this.#deltaMs[index] = this.#deltaMs[newest] as number
  }
}

function isHistory({ count, flags }: SampleColumns): boolean {
  return count > 0 && ((flags[0] as number) & SAMPLE_FLAGS.backfilled) !== 0
}

function isWorse(quality: number, than: number): boolean {
  return (BADNESS[quality] as number) > (BADNESS[than] as number)
}

// Also false for what is no number.
function isWithin({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, equals }: Gate, value: number): boolean {
  return equals === undefined ? value >= min && value <= max : value === equals
}

function isWithinOrNone(gate: Gate, value: number): boolean {
  return Number.isNaN(value) || isWithin(gate, value)
}

function isOwn({ point: on }: Gate, { name, source }: ResolvedPoint): boolean {
  return on === name || (source.kind === 'computed' && Object.values(source.computed.inputs).includes(on))
}

function computedOf(point: ResolvedPoint, index: number, indexes: ReadonlyMap<string, number>): ComputedPoint[] {
  if (point.source.kind !== 'computed') return []
  const { formula: name, inputs, constants = {} } = point.source.computed
  const formula = FORMULAS[name]
  invariant(formula !== undefined, 'a resolved point names no known formula')
  return [{ index, point, formula, constants, roles: Object.keys(inputs), inputs: Object.values(inputs).map((input) => indexOf(input, indexes)), values: {} }]
}

function indexOf(name: string, indexes: ReadonlyMap<string, number>): number {
  const index = indexes.get(name)
  invariant(index !== undefined, 'a resolved point leans on one that is not there')
  return index
}
