import type { AlarmCount, AlarmPage } from '../api/contract.ts'
import { type AlarmBook, GRACE_MS, MOST_OPEN } from './alarm-book.ts'

/** Whether the open alarms are known: being read, known, or not to be had at the moment. */
export type ReaderState = 'reading' | 'known' | 'failed'

const PAGE = 500
const RETRY_MS = 3_000
// In a flood the counts differ each time; the events tell of it anyway, so the whole list is then read only so often.
const FLOOD_GAP_MS = 15_000

/** What a reader is made of; tests give their own clock and pages. */
export interface AlarmReaderOptions {
  readonly book: AlarmBook
  readonly readPage: (after: string | undefined) => Promise<AlarmPage>
  readonly onState: (state: ReaderState) => void
  readonly nowMs: () => number
}

/** Reads all open alarms into the book, again after a failure; stop it. */
export class AlarmReader {
  static readonly PAGE = PAGE
  readonly #options: AlarmReaderOptions
  #isReading = false
  #isWanted = false
  #isStopped = false
  #hasAgreed = false
  #begunMs = Number.NEGATIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: AlarmReaderOptions) {
    this.#options = options
  }

  /** Reads the list; when it is being read already, once more afterwards. */
  refresh(): void {
    this.#isWanted = true
    if (!this.#isReading && !this.#isStopped) void this.#run()
  }

  /** Reads the list when central counts otherwise: at once when the counts were the same before, else at most every 15 s. */
  compare(counts: readonly AlarmCount[]): void {
    const { book, nowMs } = this.#options
    if (this.#isReading || book.hasOverflowed) return
    if (book.agreesWith(counts)) {
      this.#hasAgreed = true
      return
    }
    if (!this.#hasAgreed && nowMs() - this.#begunMs < FLOOD_GAP_MS) return
    this.#hasAgreed = false
    this.refresh()
  }

  /** Ends it; what is under way is dropped. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #run(): Promise<void> {
    this.#isReading = true
    clearTimeout(this.#timer)
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false
      const isRead = await this.#readAll()
      if (this.#isStopped) return
      this.#options.onState(isRead ? 'known' : 'failed')
      if (!isRead) {
        this.#timer = setTimeout(() => this.refresh(), RETRY_MS)
        break
      }
    }
    this.#isReading = false
  }

  async #readAll(): Promise<boolean> {
    const { book, readPage, nowMs } = this.#options
    this.#begunMs = nowMs()
    const list = book.beginList(this.#begunMs)
    let after: string | undefined
    try {
      for (let read = 0; read <= MOST_OPEN; read += PAGE) {
        const page = await readPage(after)
        if (this.#isStopped) return false
        list.add(page.items, nowMs())
        after = page.next
        if (after === undefined) {
          // What was spared this time shows with the next list whether it has ended.
          if (list.finish() > 0) this.#timer = setTimeout(() => this.refresh(), GRACE_MS + 1)
          return true
        }
      }
      // More than the book holds: it says so itself, and nothing may be ended by a list that is not whole.
      return true
    } catch {
      return false
    }
  }
}
