/*
 * The one state machine behind every rule: a number is compared with up to four levels, with hysteresis, sample counts and
 * delays, in event time. Rules differ only in where the number comes from (runs/). Not here: what an operator does (record.ts).
 */
import { alarmId } from './alarm-id.ts'
import { type Level, levelOf } from './levels.ts'
import type { Transition, TransitionKind } from './transition.ts'

/** One level with all its numbers. */
export interface Rung {
  /** Blue 1 … red 4. */
  readonly rank: number
  readonly limit: number
  /** Whether the limit itself is already beyond it (≥, ≤). */
  readonly isInclusive: boolean
  /** Back at this value the level is over. */
  readonly clear: number
  /** Samples in a row beyond the limit before it counts. */
  readonly minSamples: number
  readonly onDelayMs: number
}

/** What a ladder watches; rungs ascend by rank and every rung lies beyond the one before. */
export interface LadderRule {
  readonly subject: string
  readonly ruleId: string
  readonly ruleVersion: number
  /** True for upper limits. */
  readonly isHigh: boolean
  readonly rungs: readonly Rung[]
  readonly offDelayMs: number
  /** How long a value may be taken as still true without a new one, ms; Infinity for points that report on change. */
  readonly holdMs: number
}

/** State of a ladder between samples: plain JSON. Times are UTC ms, −1 for none. */
export interface LadderState {
  rank: number
  startMs: number
  peak: number
  area: number
  isUnknown: boolean
  lastMs: number
  lastValue: number
  /** The value was no longer known from here on. */
  heldToMs: number
  /** Area has been counted up to here. */
  areaMs: number
  /** Samples in a row beyond each rung, and since when. */
  counts: number[]
  since: number[]
  fallMs: number
  fallRank: number
  /** Time of the newest transition: later ones never lie before it. */
  atMs: number
}

/** Follows one number through the levels of one rule. */
export class Ladder {
  readonly rule: LadderRule
  state: LadderState
  readonly #emit: (transition: Transition) => void
  readonly #sign: number
  readonly #lowest: Rung
  readonly #hasDelays: boolean

  constructor(rule: LadderRule, emit: (transition: Transition) => void) {
    this.rule = rule
    this.#emit = emit
    this.#sign = rule.isHigh ? 1 : -1
    this.#lowest = rule.rungs[0] as Rung
    this.#hasDelays = rule.offDelayMs > 0 || rule.rungs.some((rung) => rung.onDelayMs > 0)
    this.state = idleState(rule.rungs.length)
  }

  /** Nothing is active and nothing has begun. */
  get isIdle(): boolean {
    return this.state.rank === 0 && this.state.counts[0] === 0
  }

  /** A value that can be trusted, at `t`; `minSamples` asks for more samples in a row than the rule does. */
  offer(t: number, x: number, minSamples = 1): void {
    const s = this.state
    if (s.rank === 0 && s.counts[0] === 0 && !this.isBeyond(x)) return
    this.due(t)
    if (s.lastMs >= 0 && t - s.lastMs > this.rule.holdMs) this.#forgetPending()
    this.#integrate(t)
    if (s.isUnknown) this.#know(t, x)
    const target = this.#count(t, x, minSamples)
    this.#track(t, x)
    if (target > s.rank) this.#move(t, target)
    else this.#fall(t, target)
  }

  /** The value is not known from `t` on: nothing that is active ends by that. */
  unknown(t: number, quality: number): void {
    const s = this.state
    if (this.isIdle) return
    this.due(t)
    this.#integrate(t)
    s.heldToMs = s.heldToMs < 0 ? t : s.heldToMs
    s.fallMs = -1
    if (s.rank === 0 || s.isUnknown) return
    s.isUnknown = true
    this.#say('value-unknown', t, s.rank, 0, quality)
  }

  /** Values from `t` on are none (calibration, filed stop): what had begun is forgotten, what is active stays. */
  suspend(t: number): void {
    const s = this.state
    if (this.isIdle) return
    this.due(t)
    this.#integrate(t)
    s.heldToMs = s.heldToMs < 0 ? t : s.heldToMs
    this.#forgetPending()
  }

  /** Event time has passed `nowMs`: delays that ended before it take effect at the moment at which they ended. */
  due(nowMs: number): void {
    if (!this.#hasDelays) return
    const s = this.state
    for (;;) {
      if (this.isIdle) return
      const end = this.#heldEnd()
      let at = Math.min(nowMs, end === Number.POSITIVE_INFINITY ? nowMs : end + 1)
      let target = -1
      for (const [i, rung] of this.rule.rungs.entries()) {
        const atRung = (s.since[i] as number) + rung.onDelayMs
        if (rung.rank <= s.rank || (s.counts[i] as number) < rung.minSamples || atRung >= at) continue
        at = atRung
        target = rung.rank
      }
      const isFall = s.fallMs >= 0 && s.fallMs + this.rule.offDelayMs < at
      if (!isFall && target < 0) return
      if (isFall) this.#settle(s.fallMs + this.rule.offDelayMs)
      else {
        this.#integrate(at)
        this.#move(at, target)
      }
    }
  }

  /** Puts the alarm at a rank without counting samples: for rules whose condition is a time or an event. */
  set(atMs: number, rank: number, x: number, startMs: number): void {
    const s = this.state
    if (rank === s.rank) return
    if (s.rank === 0) {
      s.startMs = startMs
      s.peak = x
      s.area = 0
    }
    s.lastValue = x
    if (this.#sign * (x - s.peak) > 0) s.peak = x
    this.#move(atMs, rank)
  }

  /** The value is known again, for rules that use set. */
  know(t: number, x: number): void {
    if (this.state.isUnknown) this.#know(t, x)
  }

  /** Whether a value lies beyond the lowest limit. */
  isBeyond(x: number): boolean {
    return this.#exceeds(this.#lowest, x)
  }

  #exceeds(rung: Rung, x: number): boolean {
    const beyond = this.#sign * (x - rung.limit)
    return rung.isInclusive ? beyond >= 0 : beyond > 0
  }

  #hasCleared(rung: Rung, x: number): boolean {
    const above = this.#sign * (x - rung.clear)
    return rung.isInclusive ? above < 0 : above <= 0
  }

  // The rank at which this sample puts the alarm: levels that are confirmed now, or active and not yet cleared.
  #count(t: number, x: number, minSamples: number): number {
    const s = this.state
    let target = 0
    const { rungs } = this.rule
    for (let i = 0; i < rungs.length; i++) {
      const rung = rungs[i] as Rung
      if (this.#exceeds(rung, x)) {
        if (s.counts[i] === 0) s.since[i] = t
        const count = (s.counts[i] as number) + 1
        s.counts[i] = count
        const isConfirmed = count >= Math.max(rung.minSamples, minSamples) && t - (s.since[i] as number) >= rung.onDelayMs
        if (rung.rank <= s.rank || isConfirmed) target = rung.rank
      } else {
        s.counts[i] = 0
        if (rung.rank <= s.rank && !this.#hasCleared(rung, x)) target = rung.rank
      }
    }
    return target
  }

  #track(t: number, x: number): void {
    const s = this.state
    if (s.rank === 0 && s.counts[0] === 1) {
      s.startMs = t
      s.peak = x
      s.area = 0
    } else if (this.#sign * (x - s.peak) > 0) s.peak = x
    s.lastMs = t
    s.areaMs = t
    s.heldToMs = -1
    s.lastValue = x
  }

  #fall(t: number, target: number): void {
    const s = this.state
    if (target === s.rank) {
      s.fallMs = -1
      return
    }
    if (this.rule.offDelayMs === 0) {
      this.#move(t, target)
      return
    }
    if (s.fallMs < 0) {
      s.fallMs = t
      s.fallRank = target
    } else s.fallRank = Math.max(s.fallRank, target)
    if (t - s.fallMs < this.rule.offDelayMs) return
    this.#settle(t)
    // The last sample may lie lower still: that fall begins now.
    if (target < s.rank) {
      s.fallMs = t
      s.fallRank = target
    }
  }

  #settle(at: number): void {
    const s = this.state
    this.#integrate(at)
    s.fallMs = -1
    this.#move(at, s.fallRank)
  }

  #forgetPending(): void {
    const s = this.state
    s.fallMs = -1
    for (let i = 0; i < s.counts.length; i++) {
      if ((this.rule.rungs[i] as Rung).rank > s.rank) s.counts[i] = 0
    }
  }

  #heldEnd(): number {
    const s = this.state
    const end = s.lastMs + this.rule.holdMs
    return s.heldToMs >= 0 ? Math.min(end, s.heldToMs) : end
  }

  // A value holds until the next one, but not longer than it can be believed.
  #integrate(toMs: number): void {
    const s = this.state
    if (s.lastMs < 0 || (s.rank === 0 && s.counts[0] === 0)) return
    const end = Math.min(toMs, this.#heldEnd())
    if (end <= s.areaMs) return
    s.area += (Math.max(0, this.#sign * (s.lastValue - this.#lowest.limit)) * (end - s.areaMs)) / 1000
    s.areaMs = end
  }

  #know(t: number, x: number): void {
    const s = this.state
    s.isUnknown = false
    s.lastValue = x
    this.#say('value-known', t, s.rank, 0)
  }

  #move(at: number, rank: number): void {
    const s = this.state
    const from = s.rank
    s.rank = rank
    if (s.isUnknown) s.isUnknown = false
    if (rank === 0) this.#say('clear', at, from, from)
    else if (from === 0) this.#say('raise', at, rank, 0)
    else this.#say(rank > from ? 'escalate' : 'deescalate', at, rank, from)
  }

  #say(kind: TransitionKind, at: number, rank: number, from: number, quality?: number): void {
    const s = this.state
    const { subject, ruleId, ruleVersion, rungs } = this.rule
    const atMs = Math.max(at, s.atMs)
    s.atMs = atMs
    const rung = rungs.find((r) => r.rank === rank) as Rung
    const previous = levelOf(from)
    this.#emit({
      kind,
      alarmId: alarmId({ subject, ruleId, ruleVersion, startMs: s.startMs }),
      ruleId,
      ruleVersion,
      subject,
      atMs,
      startMs: s.startMs,
      level: levelOf(rank) as Level,
      ...(previous !== undefined && { previousLevel: previous }),
      value: s.lastValue,
      limit: rung.limit,
      peak: s.peak,
      durationMs: atMs - s.startMs,
      area: s.area,
      ...(quality !== undefined && { quality }),
    })
  }
}

function idleState(rungs: number): LadderState {
  return {
    rank: 0,
    startMs: -1,
    peak: 0,
    area: 0,
    isUnknown: false,
    lastMs: -1,
    lastValue: 0,
    heldToMs: -1,
    areaMs: -1,
    counts: Array.from({ length: rungs }, () => 0),
    since: Array.from({ length: rungs }, () => -1),
    fallMs: -1,
    fallRank: 0,
    atMs: -1,
  }
}
