/*
 * One unit on a line: its poll groups, what has been learnt about it (refused points, refused joins, latency), its
 * breaker and its state. Not here: the queue and the connection (line.ts), one pass over the points (poll.ts).
 */
import { type CodedError, Q, type Reason, reasonCode, SampleBuilder } from '@orewatch/core'
import type { ModbusQuirks, ResolvedPoint } from '@orewatch/firmware-adapters'
import type { DeviceSpec, DeviceState } from '../driver.ts'
import { backoffMs, Breaker, type BreakerLimits } from './breaker.ts'
import { answerBytes, type Area, isBitArea } from './framing.ts'
import { makePlan, type Plan, type PlannedPoint, type PlannedRead, type PlanLimits, valueSpan } from './plan.ts'
import type { ReadLimits, Span } from './planner.ts'
import type { Poll } from './poll.ts'

/** Points of a device that are read together, each period. */
export interface PollGroup {
  readonly periodMs: number
  readonly points: readonly PlannedPoint[]
  /** Monotonic ms; the grid is `start + k × period`, so that reading never drifts. */
  dueMs: number
  /** The pass under way; while there is one, due times are skipped. */
  poll: Poll | undefined
  isWaiting: boolean
  /** A due time was missed while the line was down: read as soon as it is up. */
  isOverdue: boolean
  plan: Plan | undefined
}

/** A point that the device refuses. */
interface RefusedPoint {
  readonly reason: Reason
  attempt: number
  retryMs: number
}

type JoinMode = 'normal' | 'no-holes' | 'alone'

/** What holds for a device whose profile says nothing else. */
export const DEFAULT_QUIRKS: ModbusQuirks = {
  maxRegistersPerRead: 125,
  maxBitsPerRead: 2000,
  maxHoleRegisters: 8,
  minGapMs: 0,
  pauseAfterConnectMs: 0,
  isOneRequestPerPoint: false,
  maxInFlight: 4,
}
const REFUSED_RETRY_MIN_MS = 5_000
const REFUSED_RETRY_MAX_MS = 60_000
const FASTEST_PROBE_MS = 100
const MAX_OWED_SHAPES = 16
const BITS_PER_REGISTER = 16

/** One unit on a line. */
export class ModbusDevice implements PlanLimits {
  readonly spec: DeviceSpec
  readonly unit: number
  readonly quirks: ModbusQuirks
  readonly groups: PollGroup[]
  readonly breaker: Breaker
  readonly builder = new SampleBuilder(128)
  state: DeviceState = { kind: 'starting' }
  inFlight = 0
  /** Monotonic ms of the last answer or failure. */
  lastDoneMs = Number.NEGATIVE_INFINITY
  /** RTU has no transaction ids: until then a late answer could pass for the answer to the next request. */
  staleUntilMs = Number.NEGATIVE_INFINITY
  isProbing = false
  /** RTU: shapes of answers that never came and could still be lying in a serial server, to be taken for the next one. */
  readonly #owedShapes = new Set<number>()
  /** Single reads under way or waiting. */
  readonly singles = new Set<Poll>()
  #slowestMs = 0
  #recentGood: PlannedRead[] = []
  readonly #refused = new Map<number, RefusedPoint>()
  readonly #modes = new Map<Area, JoinMode>()

  constructor(spec: DeviceSpec, breaker: BreakerLimits, nowMs: number) {
    this.spec = spec
    this.unit = spec.unit ?? 1
    this.quirks = { ...DEFAULT_QUIRKS, ...spec.quirks }
    this.breaker = new Breaker(breaker)
    this.groups = groupsOf(spec, nowMs)
  }

  limitsOf(area: Area): ReadLimits {
    const { quirks } = this
    const mode = quirks.isOneRequestPerPoint ? 'alone' : (this.#modes.get(area) ?? 'normal')
    const isBits = isBitArea(area)
    const maxCount = isBits ? quirks.maxBitsPerRead : quirks.maxRegistersPerRead
    const maxHole = quirks.maxHoleRegisters * (isBits ? BITS_PER_REGISTER : 1)
    // A count of 1 keeps every span by itself: the planner never joins beyond the count and never splits a span.
    return { maxCount: mode === 'alone' ? 1 : maxCount, maxHole: mode === 'normal' ? maxHole : 0 }
  }

  barriersOf(area: Area): readonly Span[] {
    const points = this.groups.flatMap((group) => group.points)
    return points.filter(({ index, source }) => source.area === area && this.#refused.has(index)).map(({ source }) => valueSpan(source))
  }

  /** The joint reads of a group without its refused points. */
  planOf(group: PollGroup): Plan {
    group.plan ??= makePlan(
      group.points.filter(({ index }) => !this.#refused.has(index)),
      this,
    )
    return group.plan
  }

  /** All points that are not refused, for a single reading. */
  planAll(): Plan {
    return makePlan(
      this.groups.flatMap((group) => group.points).filter(({ index }) => !this.#refused.has(index)),
      this,
    )
  }

  /** The reads of one point by itself. */
  planAlone(index: number): Plan {
    const point = this.groups.flatMap((group) => group.points).find((candidate) => candidate.index === index)
    // By itself: a companion that the device refuses must not spoil it.
    return makePlan(point === undefined ? [] : [{ index, source: point.source }], { limitsOf: (area) => ({ ...this.limitsOf(area), maxHole: 0 }), barriersOf: () => [] })
  }

  /** All refused points. */
  refusedPoints(): readonly number[] {
    return [...this.#refused.keys()]
  }

  /** Refused points of a group whose pause is over; a new pause begins. */
  refusedDue(group: PollGroup, nowMs: number): number[] {
    const due: number[] = []
    for (const { index } of group.points) {
      const refused = this.#refused.get(index)
      if (refused === undefined || refused.retryMs > nowMs) continue
      due.push(index)
    }
    return due
  }

  /** Puts a bad sample for each refused point of a group into the builder, except for those that are asked now. */
  reportRefused(group: PollGroup, asked: readonly number[]): SampleBuilder {
    this.builder.clear()
    for (const { index } of group.points) {
      const refused = this.#refused.get(index)
      if (refused !== undefined && !asked.includes(index)) this.builder.push(index, Number.NaN, Number.NaN, Q.commLost, reasonCode(refused.reason))
    }
    return this.builder
  }

  /** Marks a point as refused. True when that is new. */
  refuse(index: number, reason: Reason, nowMs: number): boolean {
    const known = this.#refused.get(index)
    const attempt = known === undefined ? 0 : known.attempt + 1
    this.#refused.set(index, { reason, attempt, retryMs: nowMs + backoffMs(attempt, REFUSED_RETRY_MIN_MS, REFUSED_RETRY_MAX_MS) })
    if (known === undefined) this.#replan()
    return known === undefined
  }

  /** A reading of a point came; if it was refused, it joins the others again. True when it was. */
  accept(index: number): boolean {
    if (!this.#refused.delete(index)) return false
    this.#replan()
    return true
  }

  /** Whether any point is refused. */
  get hasRefused(): boolean {
    return this.#refused.size > 0
  }

  /** The device answers points alone and not together: join less from now on. True when there was something to give up. */
  refuseJoin(area: Area): boolean {
    const mode = this.#modes.get(area) ?? 'normal'
    if (mode === 'alone') return false
    this.#modes.set(area, mode === 'normal' && this.quirks.maxHoleRegisters > 0 ? 'no-holes' : 'alone')
    this.#replan()
    return true
  }

  /** Remembers a read that worked and how long it took. */
  rememberGood(read: PlannedRead, tookMs: number): void {
    this.#slowestMs = Math.max(this.#slowestMs * 0.99, tookMs)
    if (this.#recentGood[0] === read) return
    this.#recentGood = [read, ...this.#recentGood.filter((other) => other !== read)].slice(0, 2)
  }

  /** A read that worked lately, other than the given one. */
  knownGood(other: PlannedRead): PlannedRead | undefined {
    return this.#recentGood.find((read) => read.area !== other.area || read.address !== other.address || read.count !== other.count)
  }

  /** Remembers that the answer to a read is owed: it may come with the next request and must not be taken for its answer. */
  oweShape(read: ReadShape): void {
    if (this.#owedShapes.size < MAX_OWED_SHAPES) this.#owedShapes.add(shapeOf(read))
  }

  /** Whatever was owed is through: a bus works requests off one after another, and a later one has been answered. */
  settleShapes(): void {
    this.#owedShapes.clear()
  }

  /** A read that no owed answer can be mistaken for: the wanted one, or one of another length to bring the line back into step. */
  unmistakable(read: ReadShape): ReadShape {
    if (!this.#owedShapes.has(shapeOf(read))) return read
    for (let count = 1; count <= 2 * MAX_OWED_SHAPES; count++) {
      const other = { area: read.area, address: read.address, count: isBitArea(read.area) ? count * 8 : count }
      if (!this.#owedShapes.has(shapeOf(other))) return other
    }
    return read
  }

  /** What to ask to see whether the unit is back. */
  probeRead(): PlannedRead | undefined {
    return this.#recentGood[0] ?? this.groups.flatMap((group) => this.planOf(group).reads)[0] ?? this.groups.flatMap((group) => group.points).flatMap(({ index }) => this.planAlone(index).reads)[0]
  }

  /** How long a probe waits: short where the unit used to be quick, now and then as long as allowed. */
  probeTimeoutMs(timeoutMs: number): number {
    if (this.#slowestMs === 0 || this.breaker.pauses % 4 === 0) return timeoutMs
    return Math.min(timeoutMs, Math.max(FASTEST_PROBE_MS, 4 * this.#slowestMs))
  }

  /** Ends the passes under way. */
  abortPolls(error: CodedError): void {
    for (const group of this.groups) {
      group.poll?.abort(error)
      group.isOverdue = true
    }
  }

  #replan(): void {
    for (const group of this.groups) group.plan = undefined
  }
}

/** What a read asks for. */
export type ReadShape = Pick<PlannedRead, 'area' | 'address' | 'count'>

const SHAPE_FACTOR = 0x1000

function shapeOf(read: ReadShape): number {
  const bytes = answerBytes({ kind: 'read', unit: 0, ...read })
  return ['coil', 'discrete', 'holding', 'input'].indexOf(read.area) * SHAPE_FACTOR + bytes
}

function groupsOf(spec: DeviceSpec, nowMs: number): PollGroup[] {
  const byPeriod = new Map<number, PlannedPoint[]>()
  const byName = new Map(spec.points.map((point) => [point.name, point]))
  spec.points.forEach((point, index) => {
    if (point.source.kind !== 'modbus') return
    const points = byPeriod.get(point.periodMs) ?? []
    const beside = besideOf(point, byName)
    points.push({ index, source: point.source.modbus, ...(beside.length > 0 && { beside }) })
    byPeriod.set(point.periodMs, points)
  })
  return [...byPeriod]
    .sort(([a], [b]) => a - b)
    .map(([periodMs, points]) => ({
      periodMs,
      points,
      dueMs: nowMs,
      poll: undefined,
      isWaiting: false,
      isOverdue: false,
      plan: undefined,
    }))
}

// Companions of another period or area are read at other times anyway.
function besideOf({ readWith = [], periodMs, source }: ResolvedPoint, byName: ReadonlyMap<string, ResolvedPoint>): Span[] {
  return readWith.flatMap((name) => {
    const other = byName.get(name)
    const isNear = source.kind === 'modbus' && other?.source.kind === 'modbus' && other.source.modbus.area === source.modbus.area && other.periodMs === periodMs
    return isNear ? [valueSpan(other.source.modbus)] : []
  })
}

/** Moves a group's due time on to the future, leaving out what was missed. True when it was due. */
export function takeDue(group: PollGroup, nowMs: number): boolean {
  if (group.dueMs > nowMs) return false
  group.dueMs += (1 + Math.floor((nowMs - group.dueMs) / group.periodMs)) * group.periodMs
  return true
}
