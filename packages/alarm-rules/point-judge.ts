/* All rules of one point: the hot path. A value between all limits costs two comparisons for all limit rules together. */
import { Q } from '@orewatch/core'
import { Ladder } from './ladder.ts'
import { factOf, type PointTraits, type RulePoint, traitsOf } from './point.ts'
import type { Resolution, ResolvedRule } from './resolve.ts'
import type { CombinationRun } from './runs/combination-run.ts'
import { LimitRun } from './runs/limit-run.ts'
import { RainRun } from './runs/rain-run.ts'
import { RateRun } from './runs/rate-run.ts'
import type { Run } from './runs/run.ts'
import { SensorFaultRun } from './runs/sensor-fault-run.ts'
import { SpikeRun } from './runs/spike-run.ts'
import { type Listening, StaleRun } from './runs/stale-run.ts'
import { PeerChanges, StuckRun } from './runs/stuck-run.ts'
import type { Transition } from './transition.ts'

/** What the runs of a point share with those of others. */
export interface JudgeSurroundings {
  readonly emit: (transition: Transition) => void
  readonly sinceMs: number
  readonly listening: Listening | undefined
  /** By class and subject. */
  readonly peers: Map<string, PeerChanges>
}

/** Judges the samples of one point in event time. */
export class PointJudge {
  readonly point: RulePoint
  readonly resolution: Resolution
  readonly runs: readonly Run[]
  /** Combinations that this point takes part in. */
  readonly feeds: { readonly run: CombinationRun; readonly slot: number }[] = []
  /** Time of the newest sample that was evaluated, UTC ms. */
  newestMs = -1
  readonly #limits: readonly LimitRun[]
  readonly #others: readonly Run[]
  readonly #quietLo: number
  readonly #quietHi: number
  #isQuiet = false

  constructor(point: RulePoint, resolution: Resolution, surroundings: JudgeSurroundings) {
    this.point = point
    this.resolution = resolution
    const traits = traitsOf(point)
    this.runs = resolution.rules.map((rule) => runOf(rule, point, traits, surroundings))
    this.#limits = this.runs.filter((run) => run instanceof LimitRun)
    this.#others = this.runs.filter((run) => !(run instanceof LimitRun))
    const lowest = this.#limits.map(({ ladder: { rule } }) => ({ isHigh: rule.isHigh, limit: rule.rungs[0]?.limit as number }))
    this.#quietLo = Math.max(...lowest.filter((l) => !l.isHigh).map((l) => l.limit), Number.NEGATIVE_INFINITY)
    this.#quietHi = Math.min(...lowest.filter((l) => l.isHigh).map((l) => l.limit), Number.POSITIVE_INFINITY)
  }

  /** Takes a sample that is newer than all before. */
  take(t: number, value: number, quality: number): void {
    this.newestMs = t
    const isGood = (quality === Q.good || quality === Q.manual || quality === Q.backfilled) && Number.isFinite(value)
    if (isGood) {
      if (!this.#isQuiet || !(value > this.#quietLo && value < this.#quietHi)) this.#takeByLimits(t, value)
      for (let i = 0; i < this.#others.length; i++) (this.#others[i] as Run).good(t, value, quality)
    } else {
      // A good quality without a number is a mistake of the sender, not a reading.
      const q = quality === Q.good || quality === Q.manual || quality === Q.backfilled ? Q.suspect : quality
      for (const run of this.runs) run.bad(t, value, q)
      this.#isQuiet = false
    }
    if (this.feeds.length === 0) return
    for (const { run, slot } of this.feeds) {
      if (isGood) run.set(slot, t, value)
      else run.lose(slot, t)
    }
  }

  /** Event time has passed `nowMs`. */
  due(nowMs: number): void {
    for (const run of this.runs) run.due(nowMs)
  }

  /** Goes on after a sample at `newestMs`; the runs are restored apart. */
  resume(newestMs: number): void {
    this.newestMs = newestMs
    this.#isQuiet = false
  }

  #takeByLimits(t: number, value: number): void {
    let isQuiet = true
    for (const run of this.#limits) {
      run.good(t, value)
      if (!run.ladder.isIdle) isQuiet = false
    }
    this.#isQuiet = isQuiet
  }
}

function runOf(resolved: ResolvedRule, point: RulePoint, traits: PointTraits, { emit, sinceMs, listening, peers }: JudgeSurroundings): Run {
  const { rule, isHigh, levels, offDelayMs } = resolved
  const ladder = new Ladder({ subject: point.code, ruleId: rule.id, ruleVersion: rule.version, isHigh, rungs: levels, offDelayMs, holdMs: traits.holdMs }, emit)
  switch (rule.kind) {
    case 'limit':
      return new LimitRun(ladder, traits)
    case 'rate':
      return new RateRun(ladder, rule)
    case 'rain':
      return new RainRun(ladder, rule.overS * 1000, factOf(point, 'rainInput') === 'interval' ? 'interval' : 'counter')
    case 'stale':
      return new StaleRun(ladder, sinceMs, listening)
    case 'stuck':
      return new StuckRun(ladder, traits, rule.peers === 'vary' ? peersOf(peers, `${point.sensorType} ${traits.subject}`) : undefined)
    case 'spike':
      return new SpikeRun(ladder)
    case 'sensor-fault':
      return new SensorFaultRun(ladder, rule.qualities)
  }
}

function peersOf(peers: Map<string, PeerChanges>, group: string): PeerChanges {
  const known = peers.get(group)
  if (known !== undefined) return known
  const made = new PeerChanges()
  peers.set(group, made)
  return made
}
