import { DATA_TYPES, encodePayload, encodeStored, formatTopic, OUTBOX_METRICS, type Stream } from '@orewatch/protocol'
import { type Clock, type PositionRange, RangeSet } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { Counters } from './counters.ts'
import type { GatewaySession } from './session.ts'
import type { IngestSource } from './source.ts'

const RETRY_MS = 500

/** Tells gateways what is durable, joining what happens within a few milliseconds into one command per gateway. */
export class Acknowledger {
  readonly #source: IngestSource
  readonly #counters: Counters
  readonly #clock: Clock
  readonly #log: Logger
  readonly #delayMs: number
  readonly #due = new Set<GatewaySession>()
  #timer: NodeJS.Timeout | undefined

  constructor(parts: { readonly source: IngestSource; readonly counters: Counters; readonly clock: Clock; readonly log: Logger; readonly delayMs: number }) {
    this.#source = parts.source
    this.#counters = parts.counters
    this.#clock = parts.clock
    this.#log = parts.log
    this.#delayMs = parts.delayMs
  }

  /** Says that a gateway's ledger has unsent ranges. */
  schedule(session: GatewaySession): void {
    this.#due.add(session)
    this.#timer ??= setTimeout(() => this.#flush(), this.#delayMs)
  }

  /** Answers a birth: everything that is stored of the gateway's outbox. */
  async answerBirth(session: GatewaySession): Promise<void> {
    const { ledger } = session
    if (ledger === undefined) return
    ledger.unsent = new Map()
    await this.#send(session, true, ledger.incarnation, ledger.stored)
  }

  /** Sends a command that is not about the outbox, such as the request for births. */
  async command(session: GatewaySession, metric: string): Promise<void> {
    const payload = encodePayload({ timestampMs: this.#clock.nowMs(), metrics: [{ name: metric, dataType: DATA_TYPES.Boolean, value: true }] })
    await this.#source.send(topicOf(session), payload)
  }

  /** Sends what is due and no more. */
  stop(): void {
    this.#flush()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #flush(): void {
    this.#timer = undefined
    if (!this.#source.isConnected) {
      if (this.#due.size > 0) this.#timer = setTimeout(() => this.#flush(), RETRY_MS)
      return
    }
    for (const session of this.#due) {
      const { ledger } = session
      if (ledger === undefined || ledger.unsent.size === 0) continue
      const { unsent } = ledger
      ledger.unsent = new Map()
      // Lost on the way, it is told again in the answer to the next birth, or when the gateway sends the message again.
      this.#send(session, false, ledger.incarnation, unsent).catch((err: unknown) => this.#log.debug({ err, gateway: session.key }, 'an acknowledgement could not be sent'))
    }
    this.#due.clear()
  }

  async #send(session: GatewaySession, isComplete: boolean, incarnation: string, ranges: ReadonlyMap<Stream, RangeSet>): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const streams = new Map<Stream, readonly PositionRange[]>()
    for (const [stream, set] of ranges) streams.set(stream, set.ranges())
    const value = encodeStored({ incarnation, isComplete, streams })
    const metrics = [{ name: OUTBOX_METRICS.stored, timestampMs: nowMs, dataType: DATA_TYPES.Bytes, value }]
    await this.#source.send(topicOf(session), encodePayload({ timestampMs: nowMs, metrics }))
    this.#counters.acknowledgements++
  }
}

function topicOf(session: GatewaySession): string {
  return formatTopic({ group: session.group, type: 'NCMD', node: session.node })
}
