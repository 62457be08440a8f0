/*
 * The alarms of one mine: its evaluator, how far it has come, and whether it is up to date with the store. The store is
 * the log of samples; after a crash the evaluator is restored and reads on from where it was, so no alarm is missed.
 */
import { AlarmEvaluator, type Listening, type RulePoint, type RuleSet, type SavedEvaluator, type Transition } from '@orewatch/alarm-rules'
import { SampleBuilder, type SampleColumns } from '@orewatch/core'
import type { TelemetryStore } from '../telemetry/store.ts'

/** What a watch reads. */
export type SampleSource = Pick<TelemetryStore, 'latest' | 'range'>

const PAGE_ROWS = 20_000
const LEAST_ROWS = 20
const MAX_HELD_ROWS = 100_000

/** One mine under watch. */
export class MineWatch {
  readonly subjectCode: string
  readonly points: readonly RulePoint[]
  readonly pointByCode: ReadonlyMap<string, RulePoint>
  readonly evaluator: AlarmEvaluator
  /** Something was evaluated since the last checkpoint. */
  isDirty = false
  /** Live samples are evaluated as they come. */
  isCaughtUp = false
  /** Samples that came while it was catching up; what does not fit is read from the store. */
  readonly #held = new SampleBuilder(64)
  #isBehind = false

  constructor(subjectCode: string, points: readonly RulePoint[], setup: { readonly ruleSet: RuleSet; readonly sinceMs: number; readonly listening: Listening; readonly state?: SavedEvaluator }) {
    this.subjectCode = subjectCode
    this.points = points
    this.pointByCode = new Map(points.map((point) => [point.code, point]))
    this.evaluator = new AlarmEvaluator(setup.ruleSet, points, { sinceMs: setup.sinceMs, listening: setup.listening })
    if (setup.state !== undefined) this.evaluator.restore(setup.state)
  }

  /** Takes live samples, which are in the store; while it catches up they wait. */
  take(samples: SampleColumns, out: Transition[]): void {
    if (this.isCaughtUp) this.#evaluate(samples, out)
    else if (this.#held.count + samples.count <= MAX_HELD_ROWS) this.#held.append(samples)
    else this.#isBehind = true
  }

  /** Lets silence and delays take effect. */
  advance(nowMs: number, out: Transition[]): void {
    if (!this.isCaughtUp) return
    const before = out.length
    this.evaluator.advance(nowMs, out)
    if (out.length > before) this.isDirty = true
  }

  /**
   * Reads from the store what it has not evaluated yet, handing transitions on page by page, until nothing is left.
   * `sinceMs` is where points begin that were never evaluated. Rejects with the store's errors; then call it again.
   */
  async catchUp(source: SampleSource, sinceMs: number, onTransitions: (transitions: readonly Transition[]) => Promise<void>, signal: AbortSignal): Promise<void> {
    const newestOf = (point: number): number => this.evaluator.newestMsOf(point) ?? sinceMs
    do {
      this.#isBehind = false
      this.#held.clear()
      const latest = await source.latest(this.points.map(({ key }) => key))
      const behind = latest.filter(({ point, timeMs }) => timeMs > newestOf(point)).map(({ point }) => ({ point, fromMs: newestOf(point) + 1 }))
      for await (const samples of inTimeOrder(source, behind, { signal })) {
        if (signal.aborted) return
        const out: Transition[] = []
        this.#evaluate(samples, out)
        if (out.length > 0) await onTransitions(out)
      }
    } while (this.#isBehind && !signal.aborted)
    // What the store gave already is not newer and changes nothing.
    const out: Transition[] = []
    this.#evaluate(this.#held, out)
    this.#held.clear()
    this.isCaughtUp = true
    if (out.length > 0) await onTransitions(out)
  }

  #evaluate(samples: SampleColumns, out: Transition[]): void {
    this.evaluator.evaluate(samples, out)
    this.isDirty = true
  }
}

/**
 * Samples of several points, merged by time, a bounded number of rows at a time. Combinations of points need them in the
 * order in which they happened.
 */
export async function* inTimeOrder(
  source: Pick<TelemetryStore, 'range'>,
  from: readonly { readonly point: number; readonly fromMs: number }[],
  { toMs = Number.MAX_SAFE_INTEGER, signal }: { readonly toMs?: number; readonly signal: AbortSignal },
): AsyncGenerator<SampleColumns> {
  const cursors = from.map(({ point, fromMs }) => ({ point, fromMs: fromMs as number | undefined, page: new SampleBuilder(1) as SampleColumns, row: 0 }))
  const rows = Math.max(LEAST_ROWS, Math.floor(PAGE_ROWS / Math.max(1, cursors.length)))
  for (;;) {
    for (const cursor of cursors) {
      if (cursor.row < cursor.page.count || cursor.fromMs === undefined) continue
      if (signal.aborted) return
      const { samples, nextMs } = await source.range(cursor.point, cursor.fromMs, toMs, rows)
      cursor.page = samples
      cursor.row = 0
      cursor.fromMs = nextMs
    }
    const open = cursors.filter(({ row, page }) => row < page.count)
    if (open.length === 0) return
    // Up to the end of the page that ends first everything is known.
    const horizonMs = Math.min(...open.map(({ page, fromMs }) => (fromMs === undefined ? Number.POSITIVE_INFINITY : (page.timeMs[page.count - 1] as number))))
    const taken: { readonly page: SampleColumns; readonly row: number; readonly timeMs: number }[] = []
    for (const cursor of open) {
      while (cursor.row < cursor.page.count && (cursor.page.timeMs[cursor.row] as number) <= horizonMs) {
        taken.push({ page: cursor.page, row: cursor.row, timeMs: cursor.page.timeMs[cursor.row] as number })
        cursor.row++
      }
    }
    taken.sort((a, b) => a.timeMs - b.timeMs)
    const merged = new SampleBuilder(Math.max(1, taken.length))
    for (const { page, row } of taken) merged.append(page, row, row + 1)
    yield merged
  }
}
