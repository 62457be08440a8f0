/*
 * Alarms from stored samples: every mine has a watch, every transition goes to the journal and to whoever listens.
 * Promises: an alarm is told once its sample is durable and never waits for the database; what a crash takes is found again
 * from checkpoint and store; a backlog makes records of then and changes nothing that is live.
 */
import { AlarmEvaluator, parseTransition, type Rule, type RulePoint, type RuleSet, type Transition, TRANSITION_SCHEMA } from '@orewatch/alarm-rules'
import { type Clock, SAMPLE_FLAGS, SampleBuilder, type SampleColumns, systemClock } from '@orewatch/core'
import type { Logger, Metrics, PartHealth } from '@orewatch/observability'
import type { RecordBatch } from '../records/index.ts'
import type { PointRow, Registry } from '../registry/index.ts'
import type { Alarm, AlarmAction, AlarmCheckpoints, AlarmJournal, BacklogSpan, PlacedTransition, RuleWords } from './alarms.ts'
import { type LinkSource, LinkWatch, NO_DATA_RULE } from './link-watch.ts'
import type { AlarmFacts } from './load.ts'
import { inTimeOrder, MineWatch, type SampleSource } from './mine-watch.ts'
import { TransitionOutlet } from './outlet.ts'

const MEASURES: Readonly<Record<Rule['kind'], RuleWords['measures']>> = {
  limit: 'value',
  rate: 'value',
  spike: 'value',
  rain: 'rain',
  stale: 'seconds',
  stuck: 'periods',
  'sensor-fault': 'truth',
  combination: 'truth',
}

/** What the engine stands on. */
export interface AlarmEngineParts {
  readonly ruleSet: RuleSet
  readonly facts: AlarmFacts
  readonly journal: AlarmJournal
  readonly checkpoints: AlarmCheckpoints
  readonly store: SampleSource
  readonly registry: Pick<Registry, 'points'>
  readonly log: Logger
  readonly clock?: Clock
  readonly metrics?: Metrics
}

/** Intervals, ms, and a bound; all have defaults. */
export interface AlarmEngineTimes {
  /** Transitions that may wait for the database. */
  readonly maxWaiting?: number
  readonly tickMs?: number
  readonly checkpointMs?: number
  readonly refreshMs?: number
  /** How long a backlog must be over before it is looked through. */
  readonly backlogRestMs?: number
  /** How often the links of the way are looked at. */
  readonly linksMs?: number
  /** How long after a start silence means nothing. */
  readonly startGraceMs?: number
}

const PAGE_POINTS = 1_000
// What a sample takes on its way, at most while all is well: silence is judged this far behind the clock.
const WAY_MS = 15_000
// After a start gateways connect, are born and send what waits; until then nobody's silence means anything.
const START_GRACE_MS = 60_000
const HISTORY_WINDOW_MS = 3_600_000
// How far before a backlog the evaluation begins, so that what had begun before it keeps its start.
const HISTORY_LEAD_MS = 3_600_000
const RETRY_MS = 2_000
const ROOM_MS = 20
/** Rest between checkpoints, as a multiple of what one takes. */
const CHECKPOINT_REST = 20

/** Opens the engine; nothing happens before `start`. */
export function openAlarmEngine(parts: AlarmEngineParts, times: AlarmEngineTimes = {}): AlarmEngine {
  return new AlarmEngine(parts, times)
}

/** Watches all mines. */
export class AlarmEngine {
  readonly #parts: AlarmEngineParts
  readonly #times: Required<Omit<AlarmEngineTimes, 'maxWaiting'>>
  readonly #clock: Clock
  readonly #outlet: TransitionOutlet
  readonly #watches = new Map<string, MineWatch>()
  readonly #mineOf = new Map<number, string>()
  readonly #stopping = new AbortController()
  readonly #timers: NodeJS.Timeout[] = []
  readonly #scratch = new Map<string, SampleBuilder>()
  readonly #busy = new Set<Promise<void>>()
  readonly #lastBacklogMs = new Map<string, number>()
  // Backlogs that are in the store now. They are noted once more, since a write may have taken so long that somebody looked before it.
  readonly #storedBacklog = new Map<string, BacklogSpan>()
  #isSaving = false
  #nextCheckpointMs = Number.NEGATIVE_INFINITY
  #isRefreshDue = false
  #refreshing: Promise<void> | undefined
  #isLookingBack = false
  #startedMs = 0
  #linkWatch: LinkWatch | undefined
  #evaluated = 0

  constructor(parts: AlarmEngineParts, { maxWaiting, ...times }: AlarmEngineTimes) {
    this.#parts = parts
    this.#clock = parts.clock ?? systemClock
    this.#times = { tickMs: 1_000, checkpointMs: 10_000, refreshMs: 1_000, backlogRestMs: 10_000, linksMs: 5_000, startGraceMs: START_GRACE_MS, ...times }
    this.#outlet = new TransitionOutlet({ journal: parts.journal, clock: this.#clock, log: parts.log, maxWaiting })
    parts.metrics?.gauge('central_alarm_samples_total', 'Samples evaluated for alarms since the start.', () => this.#evaluated)
    parts.metrics?.gauge('central_alarm_transitions_waiting', 'Transitions of alarms that are not in the database yet.', () => this.#outlet.waiting)
    parts.metrics?.gauge('central_alarm_mines_catching_up', 'Mines whose alarms are behind the store.', () => [...this.#watches.values()].filter(({ isCaughtUp }) => !isCaughtUp).length)
  }

  /** Reads register and checkpoints and begins to watch; what the store has since the last checkpoint is evaluated in the background. */
  async start(): Promise<void> {
    this.#startedMs = this.#clock.nowMs()
    const states = await this.#parts.checkpoints.load()
    const byMine = Map.groupBy(await this.#readPoints(), ({ subjectCode }) => subjectCode)
    for (const [subjectCode, points] of byMine) this.#watch(subjectCode, points, states.get(subjectCode))
    this.#every(this.#times.tickMs, () => this.#tick())
    this.#every(this.#times.checkpointMs, () => this.#follow(this.#checkpointInTurn()))
    this.#every(this.#times.refreshMs, () => this.#follow(this.#refresh()))
    this.#every(this.#times.backlogRestMs / 2, () => this.#follow(this.#lookBack()))
  }

  /** Takes stored samples; `skip` names rows that were not stored. Synchronous, never throws on data. */
  take(samples: SampleColumns, skip: ReadonlySet<number>): void {
    // Neighbours are mostly of one mine, so they are copied by the run.
    let from = 0
    let mine: string | undefined
    for (let row = 0; row <= samples.count; row++) {
      const next = row === samples.count || skip.has(row) || ((samples.flags[row] as number) & SAMPLE_FLAGS.backfilled) !== 0 ? undefined : this.#mineAt(samples.key[row] as number)
      if (next === mine) continue
      if (mine !== undefined) this.#scratchOf(mine).append(samples, from, row)
      mine = next
      from = row
    }
    for (const span of this.#spansOf(samples).spans.values()) this.#storedBacklog.set(span.subjectCode, joined(span, this.#storedBacklog.get(span.subjectCode)))
    for (const [subjectCode, scratch] of this.#scratch) {
      if (scratch.count === 0) continue
      const out: Transition[] = []
      this.#watches.get(subjectCode)?.take(scratch, out)
      this.#evaluated += scratch.count
      scratch.clear()
      this.#tell(out)
    }
  }

  #mineAt(point: number): string | undefined {
    const subjectCode = this.#mineOf.get(point)
    if (subjectCode === undefined) this.#isRefreshDue = true
    return subjectCode
  }

  #scratchOf(subjectCode: string): SampleBuilder {
    let scratch = this.#scratch.get(subjectCode)
    if (scratch === undefined) {
      scratch = new SampleBuilder(256)
      this.#scratch.set(subjectCode, scratch)
    }
    return scratch
  }

  /** Remembers which spans came as a backlog; resolves when that survives a power cut, so that the gateway may forget them. */
  async noteBacklog(samples: SampleColumns): Promise<void> {
    const known = this.#spansOf(samples)
    // Of a gateway that has just been born: its points are in the register, and nobody will bring its samples again.
    if (!known.isWhole) await this.#refresh()
    const { spans } = known.isWhole ? known : this.#spansOf(samples)
    await this.#addBacklog([...spans.values()])
  }

  async #addBacklog(spans: readonly BacklogSpan[]): Promise<void> {
    if (spans.length === 0) return
    await this.#parts.checkpoints.addBacklog(spans)
    for (const { subjectCode } of spans) this.#lastBacklogMs.set(subjectCode, this.#clock.monotonicMs())
  }

  // By mine; whole when the mine of every sample is known.
  #spansOf(samples: SampleColumns): { readonly spans: ReadonlyMap<string, BacklogSpan>; readonly isWhole: boolean } {
    // Written in place: a county's backlog is hundreds of thousands of rows a second.
    const spans = new Map<string, { readonly subjectCode: string; fromMs: number; toMs: number }>()
    let isWhole = true
    for (let row = 0; row < samples.count; row++) {
      if (((samples.flags[row] as number) & SAMPLE_FLAGS.backfilled) === 0) continue
      const subjectCode = this.#mineAt(samples.key[row] as number)
      if (subjectCode === undefined) {
        isWhole = false
        continue
      }
      const timeMs = samples.timeMs[row] as number
      const span = spans.get(subjectCode)
      if (span === undefined) spans.set(subjectCode, { subjectCode, fromMs: timeMs, toMs: timeMs })
      else if (timeMs < span.fromMs) span.fromMs = timeMs
      else if (timeMs > span.toMs) span.toMs = timeMs
    }
    return { spans, isWhole }
  }

  /** Takes the alarms among the records of gateways; resolves when they survive a power cut. */
  async takeRecords(batches: readonly RecordBatch[]): Promise<void> {
    const placed: PlacedTransition[] = []
    for (const { gateway, records } of batches) {
      for (const { record } of records) {
        if (record.schema !== TRANSITION_SCHEMA) continue
        const transition = parseTransition(record.body)
        if (typeof transition === 'string') this.#parts.log.warn({ gateway, why: transition }, 'an alarm of a gateway cannot be read; it stays among its records')
        else placed.push(this.#place(transition))
      }
    }
    if (placed.length > 0) this.#outlet.publish(await this.#parts.journal.apply(placed, 'gateway'))
  }

  /** Watches the links of the way from now on; `refresh` brings what the source knows up to date. */
  watchLinks(links: LinkSource & { refresh(): Promise<void> }): void {
    const watch = (this.#linkWatch = new LinkWatch({
      links,
      journal: this.#parts.journal,
      clock: this.#clock,
      put: (transitions) => this.#outlet.put(transitions),
      publish: (alarms) => this.#outlet.publish(alarms),
    }))
    let isLooking = false
    this.#every(this.#times.linksMs, () => {
      if (isLooking) return
      isLooking = true
      this.#follow(
        links
          .refresh()
          .then(() => watch.look())
          .finally(() => {
            isLooking = false
          }),
      )
    })
  }

  /** Does what a person asks and tells the listeners. */
  async act(id: string, revision: number, actor: string, action: AlarmAction): Promise<Alarm> {
    const alarm = await this.#parts.journal.act(id, revision, actor, action)
    this.#outlet.publish([alarm])
    return alarm
  }

  /** Calls back with alarms as they change; returns how to stop. */
  onChange(listener: (alarms: readonly Alarm[]) => void): () => void {
    return this.#outlet.subscribe(listener)
  }

  /** What a rule is called, and what the numbers of its alarms are. */
  describeRule(ruleId: string): RuleWords {
    const link = LinkWatch.titleOf(ruleId)
    if (link !== undefined) return { title: link, measures: 'seconds' }
    const rule = this.#parts.ruleSet.rules.find(({ id }) => id === ruleId)
    return rule === undefined ? { title: { zh: ruleId, en: ruleId }, measures: 'value' } : { title: rule.title, measures: MEASURES[rule.kind] }
  }

  /** Whether alarms are up to date, and a sentence for a person. */
  health(): PartHealth {
    const outlet = this.#outlet.health()
    if (!outlet.ok) return outlet
    const behind = [...this.#watches.values()].filter(({ isCaughtUp }) => !isCaughtUp).length
    return behind === 0 ? { ok: true, note: `${this.#watches.size} mines watched` } : { ok: false, note: `alarms of ${behind} of ${this.#watches.size} mines are still catching up with the store` }
  }

  /** Writes what waits and a last checkpoint. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all(this.#busy)
    await this.#outlet.stop()
    await this.#checkpoint().catch((err: unknown) => this.#parts.log.warn({ err }, 'the last checkpoint of the alarms was not written; the next start reads more from the store'))
  }

  #every(periodMs: number, act: () => void): void {
    this.#timers.push(setInterval(act, periodMs).unref())
  }

  // Background work: one failure is told and tried again at the next turn.
  #follow(work: Promise<void>): void {
    const followed = work.catch((err: unknown) => this.#parts.log.warn({ err }, 'background work of the alarms failed and is tried again')).finally(() => this.#busy.delete(followed))
    this.#busy.add(followed)
  }

  #watch(subjectCode: string, points: readonly PointRow[], state: ReturnType<AlarmEvaluator['save']> | undefined): void {
    const { ruleSet } = this.#parts
    const rulePoints = points.map((point) => this.#toRulePoint(point))
    // Gateways take seconds to come back to a central that was away, and hold what they read meanwhile.
    const listening = { sinceMs: this.#startedMs, countsFromMs: this.#startedMs + this.#times.startGraceMs }
    const nowMs = this.#clock.nowMs()
    const sinceMs = nowMs < listening.countsFromMs ? listening.sinceMs : nowMs
    const watch = new MineWatch(subjectCode, rulePoints, { ruleSet, sinceMs, listening, ...(state !== undefined && { state }) })
    this.#watches.set(subjectCode, watch)
    for (const { id } of points) this.#mineOf.set(id, subjectCode)
    this.#follow(this.#catchUp(watch))
  }

  async #catchUp(watch: MineWatch): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted && this.#watches.get(watch.subjectCode) === watch) {
      try {
        await watch.catchUp(this.#parts.store, this.#startedMs, (transitions) => this.#tellWithRoom(transitions), signal)
        return
      } catch (err) {
        this.#parts.log.warn({ err, mine: watch.subjectCode }, 'alarms cannot catch up with the store; trying again')
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  // The store gives faster than the database takes, and an overflow would begin all over again.
  async #tellWithRoom(transitions: readonly Transition[]): Promise<void> {
    this.#tell(transitions)
    while (!this.#outlet.hasRoom && !this.#stopping.signal.aborted) await new Promise((resolve) => setTimeout(resolve, ROOM_MS))
  }

  #tick(): void {
    const out: Transition[] = []
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#startedMs >= this.#times.startGraceMs) for (const watch of this.#watches.values()) watch.advance(nowMs - WAY_MS, out)
    this.#tell(out)
    this.#follow(this.#parts.journal.unshelveDue().then((alarms) => this.#outlet.publish(alarms)))
  }

  #tell(transitions: readonly Transition[]): void {
    if (transitions.length === 0) return
    this.#outlet.put(transitions.map((transition) => this.#place(transition)))
  }

  #place(transition: Transition): PlacedTransition {
    const subjectCode = transition.subject.slice(0, 12)
    const point = this.#watches.get(subjectCode)?.pointByCode.get(transition.subject)
    const suppressedBy = point !== undefined && transition.ruleId === NO_DATA_RULE ? this.#linkWatch?.rootOf(point.key) : undefined
    return { transition, subjectCode, ...(point !== undefined && { pointId: point.key }), ...(suppressedBy !== undefined && { suppressedBy }) }
  }

  // A county is saved in a moment, a province takes seconds: then less often, since it costs the thread that everything runs on.
  async #checkpointInTurn(): Promise<void> {
    const startMs = this.#clock.monotonicMs()
    if (this.#isSaving || startMs < this.#nextCheckpointMs) return
    this.#isSaving = true
    try {
      await this.#checkpoint()
    } finally {
      this.#isSaving = false
      const endMs = this.#clock.monotonicMs()
      this.#nextCheckpointMs = endMs + CHECKPOINT_REST * (endMs - startMs)
    }
  }

  // A state is saved only when all that led to it is in the journal: what it knows will not be told again.
  async #checkpoint(): Promise<void> {
    await this.#noteLate()
    if (this.#outlet.hasOverflown) {
      if (this.#outlet.waiting === 0 && !this.#stopping.signal.aborted) await this.#readAgain()
      return
    }
    const taken = [...this.#watches.values()].filter(({ isDirty, isCaughtUp }) => isDirty && isCaughtUp).map((watch) => ({ watch, state: watch.evaluator.save() }))
    for (const { watch } of taken) watch.isDirty = false
    if (!(await this.#outlet.flush())) {
      for (const { watch } of taken) watch.isDirty = true
      return
    }
    for (const { watch, state } of taken) await this.#parts.checkpoints.save(watch.subjectCode, state)
  }

  // As after a crash: from the last checkpoints everything that could not be recorded is found in the store once more.
  async #readAgain(): Promise<void> {
    const states = await this.#parts.checkpoints.load()
    const byMine = Map.groupBy(await this.#readPoints(), ({ subjectCode }) => subjectCode)
    this.#outlet.reopen()
    for (const [subjectCode, points] of byMine) this.#watch(subjectCode, points, states.get(subjectCode))
    this.#linkWatch?.forget()
  }

  // Two writes may have overtaken each other; what was passed over is looked through like a backlog.
  async #noteLate(): Promise<void> {
    const spans: BacklogSpan[] = []
    for (const watch of this.#watches.values()) {
      const late = watch.evaluator.takeLate()
      if (late !== undefined) spans.push({ subjectCode: watch.subjectCode, ...late })
    }
    if (spans.length > 0) await this.#parts.checkpoints.addBacklog(spans)
  }

  // Who asks while one is running waits for another: the running one may have read the register before the point came.
  async #refresh(): Promise<void> {
    await this.#refreshing?.catch(() => undefined)
    if (this.#isRefreshDue)
      this.#refreshing ??= this.#readRegister().finally(() => {
        this.#refreshing = undefined
      })
    await this.#refreshing
  }

  async #readRegister(): Promise<void> {
    this.#isRefreshDue = false
    try {
      const byMine = Map.groupBy(await this.#readPoints(), ({ subjectCode }) => subjectCode)
      for (const [subjectCode, points] of byMine) {
        const known = this.#watches.get(subjectCode)
        if (known === undefined || !isSame(known.points, points)) this.#watch(subjectCode, points, known?.evaluator.save())
      }
    } catch (err) {
      this.#isRefreshDue = true
      throw err
    }
  }

  async #readPoints(): Promise<readonly PointRow[]> {
    const points: PointRow[] = []
    let after: { readonly after?: string } = {}
    for (;;) {
      const page = await this.#parts.registry.points({ scope: { divisionPrefix: '' }, limit: PAGE_POINTS, ...after })
      points.push(...page.rows)
      if (page.next === undefined) return points
      after = { after: page.next }
    }
  }

  #toRulePoint({ id, pointCode, subjectCode, sensorType, rangeLo, rangeHi, periodMs, place }: PointRow): RulePoint {
    const { facts } = this.#parts
    return {
      key: id,
      code: pointCode,
      sensorType,
      subject: subjectCode,
      periodMs,
      facts: { ...(place !== undefined && { place }), ...facts.mines[subjectCode], ...facts.points[pointCode] },
      ...(rangeLo !== undefined && { rangeLo }),
      ...(rangeHi !== undefined && { rangeHi }),
    }
  }

  /** Looks through what came as a backlog, a mine at a time, an hour at a time. */
  async #lookBack(): Promise<void> {
    if (this.#isLookingBack) return
    this.#isLookingBack = true
    try {
      await this.#noteStored()
      for (const span of await this.#parts.checkpoints.backlog()) {
        const restedMs = this.#clock.monotonicMs() - (this.#lastBacklogMs.get(span.subjectCode) ?? Number.NEGATIVE_INFINITY)
        const watch = this.#watches.get(span.subjectCode)
        if (this.#stopping.signal.aborted || watch === undefined || restedMs < this.#times.backlogRestMs) continue
        await this.#lookThrough(watch, span)
        if (this.#stopping.signal.aborted) return
        await this.#parts.checkpoints.backlogDone(span)
      }
    } finally {
      this.#isLookingBack = false
    }
  }

  async #noteStored(): Promise<void> {
    const spans = [...this.#storedBacklog.values()]
    this.#storedBacklog.clear()
    try {
      await this.#addBacklog(spans)
    } catch (err) {
      for (const span of spans) this.#storedBacklog.set(span.subjectCode, joined(span, this.#storedBacklog.get(span.subjectCode)))
      throw err
    }
  }

  async #lookThrough({ points }: MineWatch, { fromMs, toMs }: BacklogSpan): Promise<void> {
    const startMs = fromMs - HISTORY_LEAD_MS
    const evaluator = new AlarmEvaluator(this.#parts.ruleSet, points, { sinceMs: startMs, mode: 'history' })
    for (let atMs = startMs; atMs <= toMs && !this.#stopping.signal.aborted; atMs += HISTORY_WINDOW_MS) {
      const from = points.map(({ key }) => ({ point: key, fromMs: atMs }))
      for await (const samples of inTimeOrder(this.#parts.store, from, { toMs: Math.min(atMs + HISTORY_WINDOW_MS, toMs + 1), signal: this.#stopping.signal })) {
        const out: Transition[] = []
        evaluator.evaluate(samples, out)
        // What began before the backlog was seen live; only what the backlog itself shows is new.
        const shown = out.filter((transition) => transition.atMs >= fromMs)
        if (shown.length > 0)
          await this.#parts.journal.apply(
            shown.map((transition) => this.#place(transition)),
            'backlog',
          )
      }
    }
  }
}

function joined(a: BacklogSpan, b: BacklogSpan | undefined): BacklogSpan {
  return b === undefined ? a : { ...a, fromMs: Math.min(a.fromMs, b.fromMs), toMs: Math.max(a.toMs, b.toMs) }
}

function isSame(known: readonly RulePoint[], points: readonly PointRow[]): boolean {
  const codes = new Set(known.map(({ key }) => key))
  return known.length === points.length && points.every(({ id }) => codes.has(id))
}
