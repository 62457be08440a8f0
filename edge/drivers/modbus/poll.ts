/*
 * One pass over some points of a device: its reads go into the line's queue, answers become readings, and a read that
 * fails is asked again, then taken apart once so that one bad register does not blind its neighbours.
 * Not here: whose turn it is (line.ts), whether the unit is alive (device.ts).
 */
import { type CodedError, Q, type Reason, reasonCode, type SampleBuilder } from '@orewatch/core'
import type { Failure } from './channel.ts'
import type { Area } from './framing.ts'
import { decodePoint, type Plan, type PlannedRead, type PointRecipe, rawText } from './plan.ts'
import type { Job } from './queue.ts'

/** A read that waits for its turn. */
export interface ReadJob extends Job {
  readonly read: PlannedRead
  readonly attempts: number
  readonly timeoutMs: number
  answered(pdu: Buffer): void
  failed(failure: Failure): void
}

/** What a pass needs of its device. */
export interface PollHost {
  readonly retries: number
  readonly timeoutMs: number
  /** Filled and handed on for each answer; reused. */
  readonly builder: SampleBuilder
  nowMs(): number
  enqueue(job: ReadJob): void
  /** A read that worked last, other than the given one: asking it tells a dead unit from a bad register. */
  knownGood(other: PlannedRead): PlannedRead | undefined
  planAlone(index: number): Plan
  /** The device serves a point by itself no more; it is left out of joint reads until it does. */
  refuse(index: number, reason: Reason, failure: Failure): void
  /** A point that was asked by itself gave a reading. */
  accept(index: number): void
  /** Every point of a joint read worked alone: the device dislikes the joining. */
  refuseJoin(area: Area): void
}

/** Where a pass puts what it finds. */
export interface PollOutlet {
  readings(columns: SampleBuilder): void
  /** The raw contents of a point, where somebody wants to see them. */
  raw?(index: number, text: string): void
  /** Exactly once: all reads are through, or the pass was aborted with an error. */
  finished(error?: CodedError): void
}

/** A plan under way; `alone` marks the points that are read by themselves. */
interface Batch {
  readonly plan: Plan
  readonly stored: (Buffer | undefined)[]
  readonly isolation: Isolation | undefined
}

interface Isolation {
  readonly area: Area
  remaining: number
  hasRefused: boolean
}

const DEVICE_EXCEPTION = reasonCode('device-exception')
const BUSY_PAUSE_MS = 200
const RETRY_PAUSE_MS = 20

/** One pass over a plan. */
export class Poll {
  readonly #host: PollHost
  readonly #outlet: PollOutlet
  readonly #deadlineMs: number
  #open = 0
  #isFinished = false

  constructor(host: PollHost, outlet: PollOutlet, deadlineMs: number) {
    this.#host = host
    this.#outlet = outlet
    this.#deadlineMs = deadlineMs
  }

  /** Puts the reads of the plan into the queue, and those of `alone` each by itself. */
  start(plan: Plan, alone: readonly number[] = []): void {
    this.#open++
    this.#begin(plan, undefined)
    for (const index of alone) this.#begin(this.#host.planAlone(index), { area: 'holding', remaining: 1, hasRefused: true })
    this.#close()
  }

  /** Ends the pass; answers that still come are ignored. */
  abort(error: CodedError): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#outlet.finished(error)
  }

  #begin(plan: Plan, isolation: Isolation | undefined): void {
    const batch: Batch = { plan, stored: [], isolation }
    plan.reads.forEach((read, index) => {
      this.#open++
      this.#ask(batch, read, index, 0, 0)
    })
  }

  #ask(batch: Batch, read: PlannedRead, index: number, attempts: number, pauseMs: number): void {
    const host = this.#host
    host.enqueue({
      read,
      attempts,
      deadlineMs: this.#deadlineMs,
      notBeforeMs: pauseMs === 0 ? 0 : host.nowMs() + pauseMs,
      timeoutMs: host.timeoutMs,
      answered: (pdu) => {
        if (!this.#isFinished) this.#answered(batch, read, index, pdu)
      },
      failed: (failure) => {
        if (!this.#isFinished) this.#failed(batch, read, index, attempts, failure)
      },
    })
  }

  #answered(batch: Batch, read: PlannedRead, index: number, pdu: Buffer): void {
    const { builder } = this.#host
    builder.clear()
    for (const recipe of read.whole) decodePoint(recipe, () => pdu, builder)
    if (read.shared.length > 0) this.#decodeShared(batch, read, index, pdu)
    if (this.#outlet.raw !== undefined) {
      for (const recipe of read.whole) this.#outlet.raw(recipe.index, rawText(recipe, pdu))
    }
    if (batch.isolation !== undefined) {
      for (let row = 0; row < builder.count; row++) this.#host.accept(builder.key[row] as number)
    }
    if (builder.count > 0) this.#outlet.readings(builder)
    this.#settleIsolation(batch)
    this.#close()
  }

  #decodeShared(batch: Batch, read: PlannedRead, index: number, pdu: Buffer): void {
    batch.stored[index] = Buffer.from(pdu)
    const pduOf = (of: number): Buffer => batch.stored[of] as Buffer
    for (const recipe of read.shared) {
      if (!recipe.reads.every((needed) => batch.stored[needed] !== undefined)) continue
      decodePoint(recipe, pduOf, this.#host.builder)
      this.#outlet.raw?.(recipe.index, rawText(recipe, pduOf(recipe.value.read)))
    }
  }

  #failed(batch: Batch, read: PlannedRead, index: number, attempts: number, failure: Failure): void {
    const { retries } = this.#host
    const code = failure.kind === 'exception' ? failure.code : 0
    const points = [...read.whole, ...read.shared]
    const isBusy = code === 5 || code === 6
    if (code >= 1 && code <= 3 && points.length > 1 && batch.isolation === undefined) return this.#isolate(read, points)
    if (attempts < retries) {
      if (failure.kind !== 'exception') this.#vouch(read)
      return this.#ask(batch, read, index, attempts + 1, isBusy ? BUSY_PAUSE_MS * 2 ** attempts : RETRY_PAUSE_MS)
    }
    if (failure.kind === 'exception' && code > 3) this.#report(points, code === 4 || code === 8 ? Q.sensorFault : Q.commLost, DEVICE_EXCEPTION)
    else if (points.length > 1 && batch.isolation === undefined) return this.#isolate(read, points)
    else this.#refuse(batch, points, failure)
    this.#settleIsolation(batch)
    this.#close()
  }

  /** A unit that answers another read is alive, so that one silent register cannot make it count as lost. */
  #vouch(read: PlannedRead): void {
    const good = this.#host.knownGood(read)
    if (good === undefined) return
    this.#open++
    const through = (): void => {
      if (!this.#isFinished) this.#close()
    }
    this.#host.enqueue({ read: good, attempts: 0, deadlineMs: this.#deadlineMs, notBeforeMs: 0, timeoutMs: this.#host.timeoutMs, answered: through, failed: through })
  }

  #isolate(read: PlannedRead, points: readonly PointRecipe[]): void {
    const isolation: Isolation = { area: read.area, remaining: 0, hasRefused: false }
    for (const { index } of points) {
      const plan = this.#host.planAlone(index)
      isolation.remaining += plan.reads.length
      this.#begin(plan, isolation)
    }
    this.#close()
  }

  #settleIsolation({ isolation }: Batch): void {
    if (isolation === undefined) return
    isolation.remaining--
    if (isolation.remaining === 0 && !isolation.hasRefused) this.#host.refuseJoin(isolation.area)
  }

  #refuse(batch: Batch, points: readonly PointRecipe[], failure: Failure): void {
    if (batch.isolation !== undefined) batch.isolation.hasRefused = true
    const reason = reasonOfFailure(failure)
    for (const { index } of points) this.#host.refuse(index, reason, failure)
    this.#report(points, Q.commLost, reasonCode(reason))
  }

  #report(points: readonly PointRecipe[], quality: number, reason: number): void {
    const { builder } = this.#host
    builder.clear()
    for (const { index } of points) builder.push(index, Number.NaN, Number.NaN, quality, reason)
    this.#outlet.readings(builder)
  }

  #close(): void {
    this.#open--
    if (this.#open > 0 || this.#isFinished) return
    this.#isFinished = true
    this.#outlet.finished()
  }
}

/** The reason that a sample or a state carries for a failure. */
export function reasonOfFailure(failure: Failure): Reason {
  switch (failure.kind) {
    case 'timeout':
      return 'timeout'
    case 'bad-crc':
      return 'protocol-error'
    case 'closed':
      return 'connection-lost'
    case 'exception':
      return failure.code <= 3 ? 'illegal-address' : 'device-exception'
  }
}
