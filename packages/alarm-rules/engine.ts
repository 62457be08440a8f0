/*
 * The evaluator: samples in event time in, transitions out. It has no clock, does no I/O, and all it remembers can be saved
 * and restored. The gateway and central each run one; from the same samples both raise the same alarms with the same ids.
 */
import { invariant, Q, SAMPLE_FLAGS, type SampleColumns } from '@orewatch/core'
import { alarmId } from './alarm-id.ts'
import { bindCombinations } from './bind.ts'
import { Ladder, type LadderState } from './ladder.ts'
import { type Level, levelOf } from './levels.ts'
import { PointJudge } from './point-judge.ts'
import type { RulePoint } from './point.ts'
import { resolveRules, type Resolution } from './resolve.ts'
import type { CombinationRun } from './runs/combination-run.ts'
import type { Listening } from './runs/stale-run.ts'
import { PeerChanges } from './runs/stuck-run.ts'
import type { RuleSet } from './schema.ts'
import type { Transition } from './transition.ts'

/** How an evaluator is set up. */
export interface EvaluatorOptions {
  /** UTC ms from which silence counts for points that have never been heard. */
  readonly sinceMs: number
  /** When somebody began to listen, for a silence over a restart; without it every silence counts. */
  readonly listening?: Listening
  /** live: backfilled samples change nothing. history: they count, for records of what happened while nobody could see it. */
  readonly mode?: 'live' | 'history'
}

/** An alarm that was open in a saved state and that no rule of the new rule set continues; somebody must close it. */
export interface OrphanedAlarm {
  readonly alarmId: string
  readonly subject: string
  readonly ruleId: string
  readonly ruleVersion: number
  readonly startMs: number
  readonly level: Level
}

interface SavedRun {
  readonly ruleId: string
  readonly ruleVersion: number
  readonly ladder: LadderState
  readonly memory?: unknown
}

/** Everything an evaluator remembers, as plain JSON. */
export interface SavedEvaluator {
  readonly format: 1
  readonly points: Readonly<Record<string, { readonly newestMs: number; readonly runs: readonly SavedRun[] }>>
  readonly groups: Readonly<Record<string, readonly SavedRun[]>>
}

/** Evaluates the rules of a rule set on the samples of its points. */
export class AlarmEvaluator {
  readonly #judges = new Map<number, PointJudge>()
  readonly #combinations: readonly CombinationRun[]
  readonly #isHistory: boolean
  #out: Transition[] = []
  #ignored = 0
  #lateFromMs = Number.POSITIVE_INFINITY
  #lateToMs = -1

  constructor(ruleSet: RuleSet, points: readonly RulePoint[], options: EvaluatorOptions) {
    this.#isHistory = options.mode === 'history'
    const emit = (transition: Transition): void => {
      this.#out.push(transition)
    }
    const peers = new Map<string, PeerChanges>()
    for (const point of points) {
      invariant(!this.#judges.has(point.key), `two points have the key ${point.key}`)
      this.#judges.set(point.key, new PointJudge(point, resolveRules(ruleSet, point), { emit, sinceMs: options.sinceMs, listening: options.listening, peers }))
    }
    this.#combinations = bindCombinations(ruleSet, points, emit).map(({ run, members }) => {
      for (const { key, slot } of members) this.#judges.get(key)?.feeds.push({ run, slot })
      return run
    })
  }

  /** Samples that changed nothing because they were not newer than the newest of their point, were backfilled, or of no known point. */
  get ignored(): number {
    return this.#ignored
  }

  /** Time of the newest evaluated sample of a point, UTC ms; undefined before the first. */
  newestMsOf(key: number): number | undefined {
    const newestMs = this.#judges.get(key)?.newestMs
    return newestMs === undefined || newestMs < 0 ? undefined : newestMs
  }

  /** Span of the samples that came after a newer one of their point had been evaluated, UTC ms, since it was last asked for. */
  takeLate(): { readonly fromMs: number; readonly toMs: number } | undefined {
    const late = this.#lateToMs < 0 ? undefined : { fromMs: this.#lateFromMs, toMs: this.#lateToMs }
    this.#lateFromMs = Number.POSITIVE_INFINITY
    this.#lateToMs = -1
    return late
  }

  /** What holds for a point, or undefined where the evaluator does not know it. */
  resolutionOf(key: number): Resolution | undefined {
    return this.#judges.get(key)?.resolution
  }

  /**
   * Takes samples, those of one point in ascending time, and adds what follows from them to `out`.
   * A sample that is not newer than the newest of its point changes nothing, so a repetition is harmless.
   */
  evaluate(samples: SampleColumns, out: Transition[]): void {
    this.#out = out
    const { key, timeMs, value, quality, flags, count } = samples
    for (let i = 0; i < count; i++) {
      const judge = this.#judges.get(key[i] as number)
      const q = quality[i] as number
      const isBackfilled = ((flags[i] as number) & SAMPLE_FLAGS.backfilled) !== 0 || q === Q.backfilled
      const t = timeMs[i] as number
      if (judge !== undefined && t > judge.newestMs && (!isBackfilled || this.#isHistory)) judge.take(t, value[i] as number, q)
      else {
        this.#ignored++
        if (judge !== undefined && !isBackfilled && t < judge.newestMs) this.#noteLate(t)
      }
    }
  }

  #noteLate(t: number): void {
    if (t < this.#lateFromMs) this.#lateFromMs = t
    if (t > this.#lateToMs) this.#lateToMs = t
  }

  /**
   * Says that event time has passed `nowMs`, so that silence and delays take effect without a sample. Samples that are still
   * on their way count nevertheless; so call it with a time that lies behind by what the way takes.
   */
  advance(nowMs: number, out: Transition[]): void {
    this.#out = out
    for (const judge of this.#judges.values()) judge.due(nowMs)
    for (const run of this.#combinations) run.due(nowMs)
  }

  /** All that is remembered. */
  save(): SavedEvaluator {
    const points: Record<string, { newestMs: number; runs: SavedRun[] }> = {}
    for (const judge of this.#judges.values()) {
      points[judge.point.code] = { newestMs: judge.newestMs, runs: judge.runs.map((run) => saved(run.ladder, run.save())) }
    }
    const groups: Record<string, SavedRun[]> = {}
    for (const run of this.#combinations) (groups[run.ladder.rule.subject] ??= []).push(saved(run.ladder, run.save()))
    return structuredClone({ format: 1, points, groups })
  }

  /** Goes on from a saved state; gives the alarms that were open and that no rule continues (rule gone, or of another version). */
  restore(state: SavedEvaluator): OrphanedAlarm[] {
    const orphans: OrphanedAlarm[] = []
    const judges = new Map([...this.#judges.values()].map((judge) => [judge.point.code, judge]))
    for (const [code, { newestMs, runs }] of Object.entries(structuredClone(state.points))) {
      const judge = judges.get(code)
      judge?.resume(newestMs)
      restoreRuns(code, runs, judge?.runs ?? [], orphans)
    }
    for (const [group, runs] of Object.entries(structuredClone(state.groups))) {
      restoreRuns(
        group,
        runs,
        this.#combinations.filter((run) => run.ladder.rule.subject === group),
        orphans,
      )
    }
    return orphans
  }
}

interface Restorable {
  readonly ladder: Ladder
  restore(memory: unknown): void
}

function saved(ladder: Ladder, memory: unknown): SavedRun {
  const { ruleId, ruleVersion } = ladder.rule
  return { ruleId, ruleVersion, ladder: ladder.state, ...(memory !== undefined && { memory }) }
}

function restoreRuns(subject: string, from: readonly SavedRun[], to: readonly Restorable[], orphans: OrphanedAlarm[]): void {
  for (const { ruleId, ruleVersion, ladder, memory } of from) {
    const run = to.find(({ ladder: { rule } }) => rule.ruleId === ruleId && rule.ruleVersion === ruleVersion)
    const isSame = run !== undefined && run.ladder.rule.rungs.length === ladder.counts.length && (ladder.rank === 0 || run.ladder.rule.rungs.some(({ rank }) => rank === ladder.rank))
    if (isSame) {
      run.ladder.state = ladder
      if (memory !== undefined) run.restore(memory)
    } else if (ladder.rank > 0) {
      const { startMs, rank } = ladder
      orphans.push({ alarmId: alarmId({ subject, ruleId, ruleVersion, startMs }), subject, ruleId, ruleVersion, startMs, level: levelOf(rank) as Level })
    }
  }
}
