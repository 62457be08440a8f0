/*
 * Measures what a unit can do, by reading only: how much in one read, whether across holes, in which byte order, how soon
 * after an answer, how many at once. Every step is bounded, and between questions there is a pause that any device can bear;
 * only the search for the smallest pause goes below it, and never below what the line is configured for.
 */
import { type Clock, CodedError, systemClock } from '@orewatch/core'
import type { DeviceSpec } from '../driver.ts'
import type { Failure } from './channel.ts'
import { Asker, type AskerOptions, AskingStopped, type Reply, type StopCause } from './asker.ts'
import { registersOf } from './codec.ts'
import { DEFAULT_QUIRKS, type ReadShape } from './device.ts'
import { errorOfFailure } from './failures.ts'
import { isBitArea } from './framing.ts'
import { guessOrder, type OrderEvidence, type OrderGuess } from './order-guess.ts'
import { holesOf, type ProbedPoint, probedPoints, startsOf } from './probe-places.ts'
import type { ModbusLineConfig } from './config.ts'

/** How long a read may be. */
export interface LongestRead extends ReadShape {
  /** What ends it: the device refuses a longer one anywhere, its map ends or has a hole there, or the protocol allows no more. */
  readonly bound: 'device' | 'map' | 'protocol'
}

/** Whether a read may run across registers that no point uses. */
export interface HoleFinding {
  readonly verdict: 'served' | 'refused' | 'undecided'
  /** Registers of the holes that were served and refused, longest first. */
  readonly served: readonly number[]
  readonly refused: readonly number[]
}

/** What was measured; a part is absent when it was not reached or does not apply. */
export interface ProbeFindings {
  registers?: LongestRead
  bits?: LongestRead
  holes?: HoleFinding
  order?: OrderGuess
  /** The smallest pause without a lost answer, ms, and the longest with one. Absent `pauseMs`: answers are lost at any pause tried. */
  gap?: { readonly pauseMs: number | undefined; readonly lostAtMs: number | undefined }
  /** Whether requests sent together are all answered rightly. */
  pipelining?: { readonly works: boolean; readonly depth: number }
}

/** The outcome of a probe. */
export interface ProbeReport {
  readonly findings: ProbeFindings
  readonly requests: number
  /** Median and longest time of an answer, ms. */
  readonly answerMs: { readonly median: number; readonly longest: number } | undefined
  /** Why it did not get through. */
  readonly stopped: StopCause | 'silence' | undefined
}

/** What a probe needs. */
export interface ProbeOptions extends Partial<Pick<AskerOptions, 'clock' | 'pause' | 'maxRequests'>> {
  readonly config: ModbusLineConfig
  readonly device: DeviceSpec
  readonly signal: AbortSignal
  /** Whether a raw value would be a plausible one of a point, by its index. */
  isPlausible(point: number, raw: number): boolean
}

/** Requests that a probe sends at most. */
export const MAX_PROBE_REQUESTS = 250
/** Pause between two questions, ms, other than in the search for the smallest. */
export const CALM_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 1_000
const TRIAL_READS = 5
const MAX_HOLES = 4
const MAX_ORDER_POINTS = 12
const PIPELINE_ROUNDS = 3
const LIVE_TRIES = 3

// Thrown within a probe only: the device answered before and does not any more.
class Silence {
  readonly kind = 'silence'
}

/** Probes a device; rejects with a coded error when it does not answer at all. Ends its connection in any case. */
export async function probeUnit(options: ProbeOptions): Promise<ProbeReport> {
  const clock: Clock = options.clock ?? systemClock
  const asker = new Asker({
    ...options,
    clock,
    unit: options.device.unit ?? 1,
    pauseAfterConnectMs: options.device.quirks?.pauseAfterConnectMs ?? 0,
    maxRequests: options.maxRequests ?? MAX_PROBE_REQUESTS,
  })
  const findings: ProbeFindings = {}
  let stopped: ProbeReport['stopped']
  const probe = new Probe(options, asker, findings)
  try {
    await probe.run()
  } catch (err) {
    if (err instanceof AskingStopped) stopped = err.cause
    // Once it has answered, what was measured counts, also where the connection cannot be had again.
    else if (err instanceof Silence || (err instanceof CodedError && probe.hasAnswered)) stopped = 'silence'
    else throw err
  } finally {
    await asker.close()
  }
  const times = asker.answerTimesMs.toSorted((a, b) => a - b)
  const answerMs = times.length === 0 ? undefined : { median: times[times.length >> 1] as number, longest: times.at(-1) as number }
  return { findings, requests: asker.requests, answerMs, stopped }
}

class Probe {
  readonly #options: ProbeOptions
  readonly #asker: Asker
  readonly #findings: ProbeFindings
  readonly #points: readonly ProbedPoint[]
  #calmMs: number
  readonly #floorMs: number
  #anchor: ReadShape | undefined

  constructor(options: ProbeOptions, asker: Asker, findings: ProbeFindings) {
    this.#options = options
    this.#asker = asker
    this.#findings = findings
    this.#floorMs = options.device.quirks?.minGapMs ?? 0
    this.#calmMs = Math.max(CALM_PAUSE_MS, this.#floorMs)
    this.#points = probedPoints(options.device)
  }

  /** Whether the device has answered at all. */
  get hasAnswered(): boolean {
    return this.#anchor !== undefined
  }

  async run(): Promise<void> {
    const findings = this.#findings
    this.#anchor = await this.#findAnchor()
    // First of all: an answer that is lost because the question came too soon would pass for a refusal in every later step.
    const gap = await this.#smallestPause()
    findings.gap = gap
    if (gap.pauseMs === undefined) return
    this.#calmMs = Math.max(this.#calmMs, 1.25 * gap.pauseMs)
    const registers = this.#points.filter(({ source }) => !isBitArea(source.area))
    const bits = this.#points.filter(({ source }) => isBitArea(source.area))
    if (registers.length > 0) findings.registers = await this.#longest(registers, 125)
    if (bits.length > 0) findings.bits = await this.#longest(bits, 2000)
    findings.holes = await this.#tryHoles(registers, findings.registers?.count ?? 1)
    findings.order = guessOrder(await this.#collectEvidence(registers))
    if (this.#options.config.transport === 'tcp' && gap.pauseMs === 0) findings.pipelining = await this.#tryPipelining()
  }

  // The first point that answers: what is asked to see whether the device is still there.
  async #findAnchor(): Promise<ReadShape> {
    const { id, unit = 1 } = this.#options.device
    let failure: Failure = { kind: 'timeout' }
    for (const { read } of [...this.#points.slice(0, LIVE_TRIES), ...this.#points.slice(0, 1)]) {
      const reply = await this.#ask(read)
      if (reply.kind === 'answer') return read
      failure = reply
    }
    throw errorOfFailure(failure, id, unit)
  }

  async #ask(read: ReadShape, pauseMs = this.#calmMs): Promise<Reply> {
    const [reply] = await this.#asker.ask([read], pauseMs)
    return reply ?? { kind: 'timeout' }
  }

  /** Whether a read is answered; what is not even refused is asked twice, and then the device must show that it lives. */
  async #isServed(read: ReadShape): Promise<boolean> {
    for (let attempt = 0; attempt < 2; attempt++) {
      const reply = await this.#ask(read)
      if (reply.kind === 'answer') return true
      if (reply.kind === 'exception') return false
      await this.#mustLive()
    }
    return false
  }

  /** Asks what was answered before, after ever longer pauses; a device that does not answer that either has fallen silent. */
  async #mustLive(): Promise<void> {
    if (this.#anchor === undefined) return
    for (let attempt = 0; attempt < LIVE_TRIES; attempt++) if (isAlive(await this.#ask(this.#anchor, this.#calmMs * 2 ** attempt))) return
    throw new Silence()
  }

  // ── how much in one read ──

  async #longest(points: readonly ProbedPoint[], most: number): Promise<LongestRead> {
    let best: LongestRead | undefined
    for (const { read } of startsOf(points)) {
      const found = await this.#longestFrom(read, most)
      if (best === undefined || found.count > best.count || found.bound === 'device') best = found
      if (found.bound !== 'map') break
    }
    return best as LongestRead
  }

  async #longestFrom(start: ReadShape, most: number): Promise<LongestRead> {
    const limit = Math.min(most, 65_536 - start.address)
    if (await this.#isServed({ ...start, count: limit })) return { ...start, count: limit, bound: 'protocol' }
    let [good, bad] = [0, limit]
    while (bad - good > 1) {
      const count = (good + bad) >> 1
      if (await this.#isServed({ ...start, count })) good = count
      else bad = count
    }
    // The same length one further on: answered, it is the length that is refused; refused, it is that address.
    const isLength = good > 0 && (await this.#isServed({ ...start, address: start.address + 1, count: good }))
    return { ...start, count: good, bound: isLength ? 'device' : 'map' }
  }

  // ── across holes ──

  async #tryHoles(points: readonly ProbedPoint[], longest: number): Promise<HoleFinding> {
    const [served, refused]: [number[], number[]] = [[], []]
    for (const { hole, read, sides } of holesOf(points, longest).slice(0, MAX_HOLES)) {
      if (await this.#isServed(read)) served.push(hole)
      // Only where both sides are served by themselves is it the hole that is refused.
      else if ((await this.#isServed(sides[0])) && (await this.#isServed(sides[1]))) refused.push(hole)
    }
    return { verdict: refused.length > 0 ? 'refused' : served.length > 0 ? 'served' : 'undecided', served, refused }
  }

  // ── byte order ──

  async #collectEvidence(points: readonly ProbedPoint[]): Promise<OrderEvidence[]> {
    const evidence: OrderEvidence[] = []
    for (const { index, source, read } of points.filter(({ source: { type } }) => registersOf(type) > 1).slice(0, MAX_ORDER_POINTS)) {
      const reply = await this.#ask(read)
      if (reply.kind === 'answer') evidence.push({ type: source.type, registers: reply.pdu.subarray(2), isPlausible: (raw) => this.#options.isPlausible(index, raw) })
      else if (!isAlive(reply)) await this.#mustLive()
    }
    return evidence
  }

  // ── how soon after an answer ──

  async #smallestPause(): Promise<NonNullable<ProbeFindings['gap']>> {
    const floorMs = this.#floorMs
    if (await this.#bears(floorMs)) return { pauseMs: floorMs, lostAtMs: undefined }
    let goodMs = Math.max(CALM_PAUSE_MS, floorMs * 2)
    let lostMs = floorMs
    while (!(await this.#bears(goodMs))) {
      lostMs = goodMs
      if (goodMs >= LONGEST_PAUSE_MS) return { pauseMs: undefined, lostAtMs: lostMs }
      goodMs = Math.min(LONGEST_PAUSE_MS, goodMs * 2)
    }
    while (goodMs - lostMs > Math.max(2, goodMs / 10)) {
      const pauseMs = Math.ceil((goodMs + lostMs) / 2)
      if (await this.#bears(pauseMs)) goodMs = pauseMs
      else lostMs = pauseMs
    }
    return { pauseMs: goodMs, lostAtMs: lostMs }
  }

  /** Whether the device answers every request that comes so soon after its last answer. */
  async #bears(pauseMs: number): Promise<boolean> {
    const read = this.#anchor as ReadShape
    if (!isAlive(await this.#ask(read))) await this.#mustLive()
    for (let i = 0; i < TRIAL_READS; i++) {
      const [reply] = await this.#asker.ask([read], pauseMs)
      if (reply !== undefined && isAlive(reply)) continue
      await this.#mustLive()
      return false
    }
    return true
  }

  // ── how many at once ──

  async #tryPipelining(): Promise<ProbeFindings['pipelining'] & {}> {
    const { config, device } = this.#options
    const depth = config.maxInFlight ?? device.quirks?.maxInFlight ?? DEFAULT_QUIRKS.maxInFlight
    if (depth < 2) return { works: false, depth }
    const { registers } = this.#findings
    // Answers of different lengths cannot be taken for each other.
    const longest = registers ?? (this.#anchor as ReadShape)
    const reads = Array.from({ length: depth }, (_, i) => ({ area: longest.area, address: longest.address, count: 1 + (i % longest.count) }))
    for (let round = 0; round < PIPELINE_ROUNDS; round++) {
      const replies = await this.#asker.ask(reads, this.#calmMs)
      if (replies.some(({ kind }) => kind !== 'answer')) {
        await this.#mustLive()
        return { works: false, depth }
      }
    }
    return { works: true, depth }
  }
}

function isAlive(reply: Reply): boolean {
  return reply.kind === 'answer' || reply.kind === 'exception'
}
