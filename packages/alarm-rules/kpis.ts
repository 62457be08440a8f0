/* How the alarm system itself does (IEC 62682): rate and floods per operator, chattering, stale alarms, top contributors. */
import type { Transition } from './transition.ts'

/** Limits of the figures; the defaults are those of IEC 62682 as the field quotes them (unsure, to be confirmed). */
export interface KpiLimits {
  /** Window of rate and floods, ms. */
  readonly windowMs: number
  /** A flood begins with more than this many alarms in a window for one operator … */
  readonly floodAbove: number
  /** … and ends with fewer than this. */
  readonly floodBelow: number
  /** So many transitions within `chatterMs` are chattering. */
  readonly chatterCount: number
  readonly chatterMs: number
  /** Active for longer than this is stale, ms. */
  readonly staleMs: number
}

/** 10 min; a flood from 11 to 4 alarms; 3 transitions a minute; 24 h. */
export const KPI_DEFAULTS: KpiLimits = { windowMs: 600_000, floodAbove: 10, floodBelow: 5, chatterCount: 3, chatterMs: 60_000, staleMs: 86_400_000 }

/** A flood of alarms at one operator; `endMs` is absent while it lasts. */
export interface Flood {
  readonly operator: string
  readonly startMs: number
  endMs?: number
  alarms: number
}

/** A rule on a subject, and how often. */
export interface Contribution {
  readonly subject: string
  readonly ruleId: string
  readonly count: number
  /** Of all alarms, 0 to 1. */
  readonly share: number
}

interface Desk {
  times: number[]
  head: number
  flood: Flood | undefined
}

interface Source {
  readonly subject: string
  readonly ruleId: string
  raises: number
  /** Newest transitions, at most chatterCount. */
  readonly recent: number[]
  chatteringMs: number
}

/** Counts over transitions as they come, in ascending time; memory grows with sources, open alarms and one window, not with history. */
export class AlarmKpis {
  readonly #limits: KpiLimits
  readonly #desks = new Map<string, Desk>()
  readonly #sources = new Map<string, Source>()
  readonly #open = new Map<string, number>()
  #floods: Flood[] = []
  #alarms = 0

  constructor(limits: Partial<KpiLimits> = {}) {
    this.#limits = { ...KPI_DEFAULTS, ...limits }
  }

  /** Counts one transition that `operator` was told of. */
  add(transition: Transition, operator: string): void {
    const { kind, atMs, alarmId } = transition
    if (kind === 'value-unknown' || kind === 'value-known') return
    if (kind === 'raise') this.#open.set(alarmId, transition.startMs)
    if (kind === 'clear') this.#open.delete(alarmId)
    const source = this.#sourceOf(transition)
    this.#chatter(source, atMs)
    if (kind !== 'raise' && kind !== 'escalate') return
    if (kind === 'raise') {
      source.raises++
      this.#alarms++
    }
    this.#annunciate(operator, atMs)
  }

  /** Alarms that an operator was given in the window that ends at `nowMs`. */
  rateOf(operator: string, nowMs: number): number {
    const desk = this.#desks.get(operator)
    if (desk === undefined) return 0
    this.#expire(desk, nowMs)
    return desk.times.length - desk.head
  }

  /** Floods since the last roll, those that last first. */
  floods(nowMs: number): readonly Flood[] {
    for (const desk of this.#desks.values()) this.#expire(desk, nowMs)
    return this.#floods.toSorted((a, b) => Number(a.endMs !== undefined) - Number(b.endMs !== undefined) || a.startMs - b.startMs)
  }

  /** Rules and subjects that chattered within `chatterMs` before `nowMs`. */
  chattering(nowMs: number): { readonly subject: string; readonly ruleId: string }[] {
    return [...this.#sources.values()].filter((s) => s.chatteringMs >= 0 && nowMs - s.chatteringMs <= this.#limits.chatterMs).map(({ subject, ruleId }) => ({ subject, ruleId }))
  }

  /** Ids of alarms that have been active for longer than `staleMs`. */
  stale(nowMs: number): string[] {
    return [...this.#open].filter(([, startMs]) => nowMs - startMs > this.#limits.staleMs).map(([id]) => id)
  }

  /** The rules and subjects with most alarms since the last roll. */
  topContributors(count: number): Contribution[] {
    return [...this.#sources.values()]
      .filter((s) => s.raises > 0)
      .toSorted((a, b) => b.raises - a.raises || (a.subject + a.ruleId < b.subject + b.ruleId ? -1 : 1))
      .slice(0, count)
      .map(({ subject, ruleId, raises }) => ({ subject, ruleId, count: raises, share: raises / this.#alarms }))
  }

  /** Begins a new reporting period: counts and ended floods go, open alarms and windows stay. */
  roll(): void {
    this.#alarms = 0
    this.#sources.clear()
    this.#floods = this.#floods.filter((flood) => flood.endMs === undefined)
  }

  #sourceOf({ subject, ruleId }: Transition): Source {
    const key = JSON.stringify([subject, ruleId])
    const known = this.#sources.get(key)
    if (known !== undefined) return known
    const made: Source = { subject, ruleId, raises: 0, recent: [], chatteringMs: -1 }
    this.#sources.set(key, made)
    return made
  }

  #chatter(source: Source, atMs: number): void {
    source.recent.push(atMs)
    if (source.recent.length > this.#limits.chatterCount) source.recent.shift()
    if (source.recent.length === this.#limits.chatterCount && atMs - (source.recent[0] as number) <= this.#limits.chatterMs) source.chatteringMs = atMs
  }

  #annunciate(operator: string, atMs: number): void {
    const desk = this.#desks.get(operator) ?? { times: [], head: 0, flood: undefined }
    this.#desks.set(operator, desk)
    this.#expire(desk, atMs)
    desk.times.push(atMs)
    const inWindow = desk.times.length - desk.head
    if (desk.flood !== undefined) desk.flood.alarms++
    else if (inWindow > this.#limits.floodAbove) {
      desk.flood = { operator, startMs: desk.times[desk.head] as number, alarms: inWindow }
      this.#floods.push(desk.flood)
    }
  }

  // Every alarm leaves the window at a moment of its own, and a flood ends at one of these moments.
  #expire(desk: Desk, nowMs: number): void {
    const { windowMs, floodBelow } = this.#limits
    while (desk.head < desk.times.length && (desk.times[desk.head] as number) + windowMs <= nowMs) {
      const leftMs = (desk.times[desk.head++] as number) + windowMs
      if (desk.flood !== undefined && desk.times.length - desk.head < floodBelow) {
        desk.flood.endMs = leftMs
        desk.flood = undefined
      }
    }
    if (desk.head > 64 && desk.head * 2 > desk.times.length) {
      desk.times = desk.times.slice(desk.head)
      desk.head = 0
    }
  }
}
