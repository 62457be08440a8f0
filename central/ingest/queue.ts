/*
 * What was taken from the broker and is not yet durable: bounded in bytes, fair between gateways, grouped into batches
 * by lane. Not here: writing (writer.ts).
 */
import { type Clock, SampleBuilder } from '@orewatch/core'
import { Batch, type BatchPart, type Lane } from './batch.ts'
import type { GatewaySession } from './session.ts'

/** Bounds of the queue. */
export interface QueueLimits {
  /** Bytes of messages held in all; a decoded message counts twice its length. */
  readonly maxBytes: number
  /** Rows at which a batch is closed. */
  readonly batchRows: number
  /** How long a batch waits for more, ms. */
  readonly batchDelayMs: number
}

// Decoded columns take up to about twice the bytes of the message.
const COST_FACTOR = 2
const COST_PER_MESSAGE = 256
// A gateway without a share yet, and one that nobody registered, in bytes.
const UNREGISTERED_BYTES = 512 * 1024
const SPARE_BUILDERS = 8

/** Messages on their way to the store. */
export class IngestQueue {
  readonly limits: QueueLimits
  readonly #clock: Clock
  readonly #open = new Map<Lane, Batch>()
  readonly #closed = new Map<Lane, Batch[]>([
    ['records', []],
    ['live', []],
    ['backlog', []],
  ])
  readonly #spare: SampleBuilder[] = []
  #holders = 0
  #sinceBacklog = 0
  heldBytes = 0
  backlogBytes = 0
  #onDue: () => void = () => undefined
  #timer: NodeJS.Timeout | undefined

  constructor(limits: QueueLimits, clock: Clock) {
    this.limits = limits
    this.#clock = clock
  }

  /** Called when a batch may be taken. */
  onDue(listener: () => void): void {
    this.#onDue = listener
  }

  /** What a message costs. */
  costOf(payload: Uint8Array): number {
    return payload.length * COST_FACTOR + COST_PER_MESSAGE
  }

  /**
   * Reserves room; false when there is none. While the queue is less than half full everybody may take;
   * then each gateway only its share, so that one that floods does not push out the others. The first message of a
   * gateway needs no share, or a large one could never pass; `ofSame` is what that message holds already.
   */
  reserve(session: GatewaySession, bytes: number, isRegistered: boolean, ofSame = 0): boolean {
    const total = this.heldBytes + bytes
    const own = session.heldBytes + bytes
    if (total > this.limits.maxBytes) return false
    const share = this.limits.maxBytes / (this.#holders + 1)
    const isBeyondShare = isRegistered ? total > this.limits.maxBytes / 2 && own > share : own > UNREGISTERED_BYTES
    if (isBeyondShare && session.heldBytes > ofSame) return false
    if (session.heldBytes === 0) this.#holders++
    session.heldBytes = own
    this.heldBytes = total
    return true
  }

  /** Gives room back. */
  release(session: GatewaySession, bytes: number): void {
    session.heldBytes -= bytes
    this.heldBytes -= bytes
    if (session.heldBytes === 0) this.#holders--
  }

  /** Whether the backlog may take this much; it never holds more than half, so that live data always finds room. */
  hasRoomForBacklog(bytes: number): boolean {
    return this.backlogBytes + bytes <= this.limits.maxBytes / 2
  }

  /** The open batch of a lane. */
  batch(lane: Lane): Batch {
    let batch = this.#open.get(lane)
    if (batch === undefined) {
      batch = new Batch(lane, this.#spare.pop() ?? new SampleBuilder(1_024), this.#clock.monotonicMs())
      this.#open.set(lane, batch)
    }
    return batch
  }

  /** Says that a message went into a batch of this queue. */
  add(batch: Batch, part: BatchPart): void {
    batch.parts.push(part)
    batch.bytes += part.bytes
    if (batch.lane === 'backlog') this.backlogBytes += part.bytes
    if (batch.samples.count >= this.limits.batchRows || batch.refused.length >= this.limits.batchRows || batch.records.length >= 1_000) {
      this.#close(batch)
      this.#onDue()
    } else this.#timer ??= setTimeout(() => this.#tick(), this.limits.batchDelayMs)
  }

  /** Takes the next batch: records first, then live data, and after three of those one of the backlog, unless that is to wait. */
  take(backlog: 'may-go' | 'waits' = 'may-go'): Batch | undefined {
    const order: Lane[] = this.#sinceBacklog >= 3 ? ['records', 'backlog', 'live'] : ['records', 'live', 'backlog']
    for (const lane of order) {
      if (lane === 'backlog' && backlog === 'waits') continue
      const batch = this.#closed.get(lane)?.shift() ?? this.#takeOpen(lane)
      if (batch === undefined) continue
      this.#sinceBacklog = lane === 'live' ? this.#sinceBacklog + 1 : 0
      return batch
    }
    return undefined
  }

  /** A batch is done with: its memory and room are free again. */
  recycle(batch: Batch): void {
    for (const part of batch.parts) this.release(part.session, part.bytes)
    if (batch.lane === 'backlog') this.backlogBytes -= batch.bytes
    batch.samples.clear()
    if (this.#spare.length < SPARE_BUILDERS) this.#spare.push(batch.samples)
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return [...this.#closed.values()].every((list) => list.length === 0) && [...this.#open.values()].every((batch) => batch.parts.length === 0)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #takeOpen(lane: Lane): Batch | undefined {
    const batch = this.#open.get(lane)
    if (batch === undefined || batch.parts.length === 0) return undefined
    if (this.#clock.monotonicMs() - batch.sinceMs < this.limits.batchDelayMs) {
      this.#timer ??= setTimeout(() => this.#tick(), this.limits.batchDelayMs)
      return undefined
    }
    this.#open.delete(lane)
    return batch
  }

  #close(batch: Batch): void {
    this.#open.delete(batch.lane)
    this.#closed.get(batch.lane)?.push(batch)
  }

  #tick(): void {
    this.#timer = undefined
    this.#onDue()
  }
}
