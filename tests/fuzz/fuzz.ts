/*
 * Makes cases, has them judged and counts. A case is made of the seed and its number only: `--seed s --case n` makes it
 * again. Kinds are given, so that a test can give one that is wrong.
 */
import { invariant } from '@orewatch/core'
import { Dice } from '../dice.ts'
import type { FuzzCase, FuzzKind, Peer, Question, Verdict } from './kind.ts'

/** What is to be run. */
export interface FuzzPlan {
  readonly seed: number
  readonly firstCase: number
  readonly cases: number
  readonly kinds: readonly FuzzKind[]
  /** Who answers questions; without one no kind may ask any. */
  readonly peer?: Peer
  /** Called before each case, for a watchdog. */
  onCase?(number: number): void
  /** Called with a line that says what was wrong with a case and how to repeat it. */
  report(line: string): void
}

/** What one kind came to. */
export interface KindFigures {
  cases: number
  accepted: number
  refused: number
  crashes: number
  wrong: number
  /** Cases in a format with a checksum, and how many of them had the right one. */
  checksummed: number
  checksumRight: number
  /** How often each named difference was met. */
  readonly rules: Record<string, number>
}

/** What a run came to. */
export interface FuzzResult extends Omit<KindFigures, 'rules'> {
  readonly seed: number
  readonly acceptedShare: number
  readonly checksumRightShare: number
  readonly kinds: Readonly<Record<string, KindFigures>>
  readonly ok: boolean
}

// So many questions wait for one answer of the other process: writing and reading one by one would be most of the time.
const QUESTIONS_AT_ONCE = 256
const MAX_REPORTS = 20
/** Share of cases with a checksum that must have the right one: a decoder that only ever sees wrong ones is not tested. */
const MIN_CHECKSUM_RIGHT_SHARE = 0.3

interface Waiting {
  readonly number: number
  readonly kind: FuzzKind
  readonly fuzzed: FuzzCase
  readonly question: Question
}

/** The case of a number: which kind it is and its bytes. */
export function makeCase(plan: Pick<FuzzPlan, 'seed' | 'kinds'>, number: number): { readonly kind: FuzzKind; readonly fuzzed: FuzzCase } {
  const dice = new Dice(Math.imul(plan.seed ^ 0x51ed270b, 0x2545f491) ^ Math.imul(number + 1, 0x9e3779b1))
  let throwOf = dice.next() * plan.kinds.reduce((sum, { weight }) => sum + weight, 0)
  const kind = plan.kinds.find(({ weight }) => (throwOf -= weight) < 0) ?? plan.kinds[0]
  invariant(kind !== undefined, 'a plan without kinds')
  return { kind, fuzzed: kind.make(dice) }
}

/** Runs a plan to its end. */
export async function runFuzz(plan: FuzzPlan): Promise<FuzzResult> {
  const tally = new Tally(plan)
  let waiting: Waiting[] = []
  for (let number = plan.firstCase; number < plan.firstCase + plan.cases; number++) {
    plan.onCase?.(number)
    const { kind, fuzzed } = makeCase(plan, number)
    const verdict = tally.guard(number, kind, fuzzed, () => kind.judge(fuzzed))
    if (verdict === undefined) continue
    if ('ask' in verdict) waiting.push({ number, kind, fuzzed, question: verdict })
    else tally.note(number, kind, fuzzed, verdict)
    if (waiting.length < QUESTIONS_AT_ONCE) continue
    await askAll(plan, waiting, tally)
    waiting = []
  }
  await askAll(plan, waiting, tally)
  return tally.result()
}

async function askAll(plan: FuzzPlan, waiting: readonly Waiting[], tally: Tally): Promise<void> {
  if (waiting.length === 0) return
  const answers = (await plan.peer?.ask(waiting.map(({ question }) => question.ask))) ?? []
  for (const [i, { number, kind, fuzzed, question }] of waiting.entries()) {
    const verdict = tally.guard(number, kind, fuzzed, () => question.judge(answers[i]))
    if (verdict !== undefined) tally.note(number, kind, fuzzed, verdict)
  }
}

class Tally {
  readonly #plan: FuzzPlan
  readonly #kinds = new Map<string, KindFigures>()
  #reports = 0

  constructor(plan: FuzzPlan) {
    this.#plan = plan
  }

  /** What `judge` says; a throw is a crash and says nothing. */
  guard<T>(number: number, kind: FuzzKind, fuzzed: FuzzCase, judge: () => T): T | undefined {
    try {
      return judge()
    } catch (err) {
      this.#figures(kind, fuzzed).crashes++
      this.#report(number, kind, fuzzed, `crash: ${err instanceof Error ? (err.stack ?? err.message).split('\n').slice(0, 4).join(' | ') : String(err)}`)
      return undefined
    }
  }

  note(number: number, kind: FuzzKind, fuzzed: FuzzCase, verdict: Verdict): void {
    const figures = this.#figures(kind, fuzzed)
    figures[verdict.kind]++
    if (verdict.kind === 'wrong') this.#report(number, kind, fuzzed, `wrong: ${verdict.why}`)
    else for (const rule of verdict.rules ?? []) figures.rules[rule] = (figures.rules[rule] ?? 0) + 1
  }

  result(): FuzzResult {
    const kinds = [...this.#kinds.values()]
    const sum = (key: Exclude<keyof KindFigures, 'rules'>): number => kinds.reduce((total, figures) => total + figures[key], 0)
    const [cases, accepted, crashes, wrong, checksummed, checksumRight] = [sum('cases'), sum('accepted'), sum('crashes'), sum('wrong'), sum('checksummed'), sum('checksumRight')]
    const checksumRightShare = checksummed === 0 ? 1 : checksumRight / checksummed
    return {
      seed: this.#plan.seed,
      cases,
      accepted,
      acceptedShare: rounded(accepted / Math.max(1, cases)),
      refused: sum('refused'),
      crashes,
      wrong,
      checksummed,
      checksumRight,
      checksumRightShare: rounded(checksumRightShare),
      kinds: Object.fromEntries(this.#kinds),
      // A run in which nothing was taken, or too few checksums were right, has compared nothing.
      ok: crashes === 0 && wrong === 0 && cases === this.#plan.cases && (accepted > 0 || cases < 100) && (checksumRightShare >= MIN_CHECKSUM_RIGHT_SHARE || checksummed < 100),
    }
  }

  #figures({ name }: FuzzKind, { isChecksumRight }: FuzzCase): KindFigures {
    const figures = this.#kinds.get(name) ?? { cases: 0, accepted: 0, refused: 0, crashes: 0, wrong: 0, checksummed: 0, checksumRight: 0, rules: {} }
    this.#kinds.set(name, figures)
    figures.cases++
    if (isChecksumRight !== undefined) figures.checksummed++
    if (isChecksumRight === true) figures.checksumRight++
    return figures
  }

  #report(number: number, kind: FuzzKind, fuzzed: FuzzCase, what: string): void {
    if (this.#reports++ < MAX_REPORTS) this.#plan.report(describeCase(this.#plan.seed, number, kind, fuzzed, what))
  }
}

/** A line that says how to repeat a case. */
export function describeCase(seed: number, number: number, kind: FuzzKind, fuzzed: FuzzCase, what: string): string {
  return `--seed ${seed} --case ${number} ${kind.name} ${Buffer.from(fuzzed.bytes).toString('hex')}\n  ${what}`
}

function rounded(share: number): number {
  return Math.round(share * 1_000) / 1_000
}
