/*
 * What is sent when: live data first, the backlog beside it, records before both, each lane within its acknowledgement
 * window. Bookkeeping only; bytes and sockets are in session.ts.
 */
import { type PositionRange, RangeSet } from '@orewatch/core'
import { countOf, type Stream, STREAMS } from '@orewatch/protocol'
import type { Outbox } from '../outbox/outbox.ts'

/** The part of the outbox that lanes look at. */
export type PendingPositions = Pick<Outbox, 'next' | 'firstPending'>

/** Lanes in the order in which they are served. */
export type LaneName = 'record' | 'live' | 'backlog'

/** Bytes a lane may have sent without an acknowledgement. */
export type Windows = Readonly<Record<LaneName, number>>

/** What to read next for a lane. */
export interface Task {
  readonly lane: LaneName
  readonly stream: Stream
  readonly from: number
  readonly limit: number
  readonly isResend: boolean
}

/** A message on its way. */
interface InFlight {
  readonly lane: LaneName
  readonly stream: Stream
  readonly runs: readonly PositionRange[]
  readonly bytes: number
  readonly dueMs: number
  readonly timeoutMs: number
}

interface Cursor {
  live: number
  backlog: number
  /** Where the backlog ends and the live lane began. */
  liveStart: number
}

/** How long an acknowledgement may take before its message is sent again; doubles with every resend. */
export const FIRST_TIMEOUT_MS = 5_000
const LAST_TIMEOUT_MS = 60_000

/** The sending state of one session. */
export class Lanes {
  readonly #outbox: PendingPositions
  readonly #windows: Windows
  readonly #cursors = new Map<Stream, Cursor>()
  readonly #inFlight = new Set<InFlight>()
  readonly #bytes: Record<LaneName, number> = { record: 0, live: 0, backlog: 0 }
  #resends: { lane: LaneName; stream: Stream; run: PositionRange; timeoutMs: number }[] = []
  #resent = 0

  /** Starts a session: everything before `liveStart` of a sample stream is backlog. */
  constructor(outbox: PendingPositions, windows: Windows, liveStart: (stream: Stream) => number) {
    this.#outbox = outbox
    this.#windows = windows
    for (const stream of STREAMS) {
      const start = laneOf(stream) === 'record' ? 0 : Math.min(liveStart(stream), outbox.next(stream))
      this.#cursors.set(stream, { live: start, backlog: 0, liveStart: start })
    }
  }

  get inFlightBytes(): number {
    return this.#bytes.record + this.#bytes.live + this.#bytes.backlog
  }

  get resent(): number {
    return this.#resent
  }

  /** Records that wait before the live lane. */
  backlogSize(): number {
    let size = 0
    for (const [, cursor] of this.#cursors) size += Math.max(0, cursor.liveStart - cursor.backlog)
    return size
  }

  /** The next thing worth reading for a lane, or undefined when its window is full or nothing waits. */
  next(lane: LaneName): Task | undefined {
    if (this.#bytes[lane] >= this.#windows[lane]) return undefined
    const resend = this.#resends.find((r) => r.lane === lane)
    if (resend !== undefined) return { lane, stream: resend.stream, from: resend.run.first, limit: resend.run.first + resend.run.count, isResend: true }
    for (const stream of STREAMS) {
      if ((laneOf(stream) === 'record') !== (lane === 'record')) continue
      const cursor = this.#cursors.get(stream) as Cursor
      const from = lane === 'backlog' ? cursor.backlog : cursor.live
      const limit = lane === 'backlog' ? cursor.liveStart : this.#outbox.next(stream)
      const gap = from < limit ? this.#outbox.firstPending(stream, from, limit) : undefined
      if (gap !== undefined) return { lane, stream, from: gap.first, limit, isResend: false }
      this.#advance(lane, cursor, limit)
    }
    return undefined
  }

  /** Reading a task found rows up to `end`; the lane goes on behind them. */
  taken(task: Task, end: number): void {
    if (task.isResend) {
      const index = this.#resends.findIndex((r) => r.lane === task.lane && r.stream === task.stream && r.run.first <= task.from)
      const resend = this.#resends[index]
      if (resend === undefined) return
      const left = resend.run.first + resend.run.count - end
      if (left > 0) this.#resends[index] = { ...resend, run: { first: end, count: left } }
      else this.#resends.splice(index, 1)
      return
    }
    this.#advance(task.lane, this.#cursors.get(task.stream) as Cursor, end)
  }

  /** A message left. `nowMs` is monotonic. */
  sent(lane: LaneName, stream: Stream, runs: readonly PositionRange[], bytes: number, nowMs: number, timeoutMs = FIRST_TIMEOUT_MS): void {
    this.#inFlight.add({ lane, stream, runs, bytes, dueMs: nowMs + timeoutMs, timeoutMs })
    this.#bytes[lane] += bytes
  }

  /** The time-out that the next message of a task gets: longer when its rows were sent before. */
  timeoutFor(task: Task): number {
    const resend = task.isResend ? this.#resends.find((r) => r.lane === task.lane && r.stream === task.stream && r.run.first <= task.from) : undefined
    return resend === undefined ? FIRST_TIMEOUT_MS : resend.timeoutMs
  }

  /** Opens the windows by what the outbox knows to be confirmed by now. */
  settle(): void {
    for (const message of this.#inFlight) {
      const isConfirmed = message.runs.every((run) => this.#outbox.firstPending(message.stream, run.first, run.first + run.count) === undefined)
      if (isConfirmed) this.#forget(message)
    }
  }

  /** Queues messages whose acknowledgement is overdue for sending again. */
  expire(nowMs: number): void {
    for (const message of this.#inFlight) {
      if (message.dueMs > nowMs) continue
      this.#forget(message)
      this.#resent += countOf(message.runs)
      const timeoutMs = Math.min(LAST_TIMEOUT_MS, message.timeoutMs * 2)
      for (const run of message.runs) this.#resends.push({ lane: message.lane, stream: message.stream, run, timeoutMs })
    }
  }

  /** Gives up catching up live and lets the backlog lane do it: the freshest values go first. */
  skipToLive(stream: Stream): void {
    const cursor = this.#cursors.get(stream) as Cursor
    const next = this.#outbox.next(stream)
    if (cursor.backlog >= cursor.liveStart) cursor.backlog = cursor.live
    cursor.live = next
    cursor.liveStart = next
  }

  /** Where the live lane of a stream stands. */
  liveCursor(stream: Stream): number {
    return (this.#cursors.get(stream) as Cursor).live
  }

  #advance(lane: LaneName, cursor: Cursor, to: number): void {
    if (lane === 'backlog') cursor.backlog = Math.max(cursor.backlog, to)
    else cursor.live = Math.max(cursor.live, to)
  }

  #forget(message: InFlight): void {
    this.#inFlight.delete(message)
    this.#bytes[message.lane] -= message.bytes
  }
}

/** Whether a stream carries records or samples. */
export function laneOf(stream: Stream): 'record' | 'sample' {
  return stream === 'alarm' || stream === 'event' ? 'record' : 'sample'
}

/** The positions of single rows of a chunk, merged to runs again. */
export function runsOfRows(runs: readonly PositionRange[], rows: readonly number[]): PositionRange[] {
  const set = new RangeSet()
  let run = 0
  let before = 0
  for (const row of rows) {
    while (row >= before + (runs[run] as PositionRange).count) before += (runs[run++] as PositionRange).count
    set.add((runs[run] as PositionRange).first + row - before, 1)
  }
  return set.ranges()
}
