/*
 * The open alarms as this page knows them, merged from lists of the API and events of the live feed. Rules: a revision
 * never goes back; a whole list ends what it no longer has, except what the feed told of only just now.
 */
import type { AlarmCount, AlarmItem } from '../api/contract.ts'
import { isCalling, isCounted, isOpen, rankOf } from './levels.ts'

/** More open alarms than this are not held; the page then says that it does not show all. */
export const MOST_OPEN = 20_000
// Closed ones are kept so that an older list cannot open them again, and so that rows in view can say how they ended.
const MOST_CLOSED = 5_000
/** An event may overtake what a list reads: what was told this short a time before the list began outlives it once. */
export const GRACE_MS = 5_000

interface Entry {
  readonly alarm: AlarmItem
  /** When it was last told, by the clock of the caller. */
  readonly toldMs: number
}

/** A list that is being read page by page. */
export interface ListMerge {
  add(alarms: readonly AlarmItem[], nowMs: number): void
  /** Ends what the whole list did not have; gives how many were spared because they were told of just before it. */
  finish(): number
}

/** See the head of the file. Not for React alone: it knows nothing of it. */
export class AlarmBook {
  readonly #open = new Map<string, Entry>()
  readonly #closed = new Map<string, AlarmItem>()
  readonly #listeners = new Set<() => void>()
  readonly #instantListeners = new Set<() => void>()
  readonly #defer: (run: () => void) => void
  #isAnnouncing = false
  #sorted: readonly AlarmItem[] | undefined
  #calling: readonly AlarmItem[] | undefined
  #hasOverflowed = false
  #version = 0

  /** `defer` runs what tells `watch` a moment later, so that a flood redraws a page some times a second and not a thousand. */
  constructor(defer: (run: () => void) => void = (run) => void setTimeout(run, 100)) {
    this.#defer = defer
  }

  /** Takes one alarm; false when it is known in this or a later revision. */
  apply(alarm: AlarmItem, nowMs: number): boolean {
    const isNew = this.#put(alarm, nowMs)
    if (isNew) this.#announce()
    return isNew
  }

  /** Begins to take a list of all open alarms that is asked for at `nowMs`. */
  beginList(nowMs: number): ListMerge {
    const listed = new Set<string>()
    this.#hasOverflowed = false
    return {
      add: (alarms, pageMs) => {
        for (const alarm of alarms) {
          listed.add(alarm.id)
          this.#put(alarm, pageMs)
        }
        this.#announce()
      },
      finish: () => {
        let spared = 0
        for (const [id, { toldMs }] of this.#open) {
          if (listed.has(id)) continue
          if (toldMs < nowMs - GRACE_MS) this.#open.delete(id)
          else if (toldMs <= nowMs) spared += 1
        }
        this.#announce()
        return spared
      },
    }
  }

  /** The newest known revision of an alarm, also of one that has ended since the page was opened. */
  get(id: string): AlarmItem | undefined {
    return this.#open.get(id)?.alarm ?? this.#closed.get(id)
  }

  /** Open alarms, newest start first; the same array until something changes. */
  get open(): readonly AlarmItem[] {
    this.#sorted ??= [...this.#open.values()].map(({ alarm }) => alarm).toSorted(byStart)
    return this.#sorted
  }

  /** Those that call for a signature, newest start first. */
  get calling(): readonly AlarmItem[] {
    this.#calling ??= this.open.filter(isCalling)
    return this.#calling
  }

  /** Whether there were more open alarms than are held. */
  get hasOverflowed(): boolean {
    return this.#hasOverflowed
  }

  /** Counts changes. */
  get version(): number {
    return this.#version
  }

  /** Alarms that ended since the page was opened, in no order; at most 5,000. */
  get closed(): readonly AlarmItem[] {
    return [...this.#closed.values()]
  }

  /** Whether central counts the same; if not, something was not heard. Alarms of no mine are not counted there. */
  agreesWith(counts: readonly AlarmCount[]): boolean {
    const expected = new Map(counts.filter(({ count }) => count > 0).map((row) => [`${row.subjectCode} ${row.level}`, `${row.count} ${row.unacknowledged}`]))
    const own = new Map<string, { count: number; unacknowledged: number }>()
    for (const alarm of this.open) {
      if (alarm.subjectCode === undefined || !isCounted(alarm)) continue
      const key = `${alarm.subjectCode} ${alarm.level}`
      const { count, unacknowledged } = own.get(key) ?? { count: 0, unacknowledged: 0 }
      own.set(key, { count: count + 1, unacknowledged: unacknowledged + (alarm.isAcknowledged ? 0 : 1) })
    }
    return own.size === expected.size && [...own].every(([key, { count, unacknowledged }]) => expected.get(key) === `${count} ${unacknowledged}`)
  }

  /** Calls back a moment after changes, many at once; gives the function that ends it. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls back at each change, for what must not wait. */
  watchInstantly(listener: () => void): () => void {
    this.#instantListeners.add(listener)
    return () => this.#instantListeners.delete(listener)
  }

  #put(alarm: AlarmItem, nowMs: number): boolean {
    const known = this.get(alarm.id)
    if (known && known.revision >= alarm.revision) return false
    if (isOpen(alarm)) {
      if (!this.#open.has(alarm.id) && this.#open.size >= MOST_OPEN && !this.#makeRoomFor(alarm)) return false
      this.#closed.delete(alarm.id)
      this.#open.set(alarm.id, { alarm, toldMs: nowMs })
      return true
    }
    this.#open.delete(alarm.id)
    this.#closed.delete(alarm.id)
    this.#closed.set(alarm.id, alarm)
    const [oldest] = this.#closed.keys()
    if (this.#closed.size > MOST_CLOSED && oldest !== undefined) this.#closed.delete(oldest)
    return true
  }

  // A red alarm of now never stays out because thousands of lesser ones fill the book.
  #makeRoomFor(alarm: AlarmItem): boolean {
    this.#hasOverflowed = true
    let least = alarm
    for (const { alarm: one } of this.#open.values()) if (isLess(one, least)) least = one
    return least !== alarm && this.#open.delete(least.id)
  }

  #announce(): void {
    this.#sorted = undefined
    this.#calling = undefined
    this.#version += 1
    for (const listener of this.#instantListeners) listener()
    if (this.#isAnnouncing) return
    this.#isAnnouncing = true
    this.#defer(() => {
      this.#isAnnouncing = false
      for (const listener of this.#listeners) listener()
    })
  }
}

function isLess(a: AlarmItem, b: AlarmItem): boolean {
  return rankOf(a.level) - rankOf(b.level) < 0 || (a.level === b.level && a.startMs < b.startMs)
}

/** Newest start first; equals by identity, as central lists them. */
export function byStart(a: AlarmItem, b: AlarmItem): number {
  return b.startMs - a.startMs || (a.id < b.id ? 1 : -1)
}
