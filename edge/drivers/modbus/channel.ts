/*
 * Requests and answers over one transport: matches answers to requests, times them out, throws away what belongs to
 * nobody, and gives the connection up when it can no longer be trusted. One channel is one connection; it never
 * reconnects. Not here: whose turn it is (line.ts) and what an answer means (poll.ts).
 */
import type { Clock } from '@orewatch/core'
import { encodeMbap, encodeRtu, judgeAnswer, MbapReceiver, type ModbusRequest, RtuReceiver } from './framing.ts'
import type { Transport, TransportEvents } from './transport.ts'

/** Why a request got no answer. */
export type Failure = { readonly kind: 'timeout' } | { readonly kind: 'bad-crc' } | { readonly kind: 'closed'; readonly cause: string } | { readonly kind: 'exception'; readonly code: number }

/** One request under way and who waits for it. */
export interface Exchange {
  readonly request: ModbusRequest
  readonly timeoutMs: number
  /** The PDU is only valid during the call. */
  onAnswer(pdu: Buffer): void
  onFailure(failure: Failure): void
}

/** Counters that outlive channels. */
export interface ChannelCounters {
  requests: number
  answers: number
  timeouts: number
  exceptions: number
  discarded: number
}

/** What a channel is made of. */
export interface ChannelOptions {
  readonly framing: 'tcp' | 'rtu'
  readonly clock: Clock
  readonly counters: ChannelCounters
  /** Requests in a row without a single byte back, after which the connection is given up; never where absent. */
  readonly maxSilentTimeouts?: number
  /** Answers in a row that belong to nobody, after which the connection is given up. */
  readonly maxSlips: number
  /** Called after answers and failures, when there may be room for more requests. */
  onRoom(): void
  /** A frame of this unit came that nobody waits for: its late answer is through. */
  onForeign(unit: number): void
  onClose(cause: string): void
}

interface Pending {
  readonly exchange: Exchange
  readonly timer: NodeJS.Timeout
}

/** One connection with its requests under way. */
export class Channel implements TransportEvents {
  readonly #options: ChannelOptions
  readonly #pending = new Map<number, Pending>()
  readonly #mbap = new MbapReceiver()
  readonly #rtu = new RtuReceiver()
  #transport: Transport | undefined
  #transactionId = Math.floor(Math.random() * 0x10000)
  #slips = 0
  #silentTimeouts = 0
  #lastByteMs = Number.NEGATIVE_INFINITY
  #hasAnswered = false
  #isClosed = false

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.#pending.size
  }

  /** Whether any device has answered on this connection. */
  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  /** When the last byte came, monotonic ms: on a bus, silence counts from there, whoever sent it. */
  get lastByteMs(): number {
    return this.#lastByteMs
  }

  /** Takes over the connected transport. */
  attach(transport: Transport): void {
    if (this.#isClosed) transport.close()
    else this.#transport = transport
  }

  /** Sends a request; its exchange is called exactly once. */
  send(exchange: Exchange): void {
    if (this.#isClosed) return queueMicrotask(() => exchange.onFailure({ kind: 'closed', cause: 'the connection is closed' }))
    const { framing, counters } = this.#options
    this.#transactionId = (this.#transactionId + 1) & 0xffff
    const id = this.#transactionId
    const timer = setTimeout(() => this.#expire(id), exchange.timeoutMs)
    this.#pending.set(id, { exchange, timer })
    counters.requests++
    if (framing === 'rtu' && this.#rtu.reset()) counters.discarded++
    this.#transport?.write(framing === 'tcp' ? encodeMbap(exchange.request, id) : encodeRtu(exchange.request))
  }

  /** Holds requests back to send them together. */
  cork(): void {
    this.#transport?.cork()
  }

  /** Sends what was held back. */
  uncork(): void {
    this.#transport?.uncork()
  }

  onBytes(bytes: Buffer): void {
    this.#silentTimeouts = 0
    this.#lastByteMs = this.#options.clock.monotonicMs()
    if (this.#isClosed) return
    if (this.#options.framing === 'rtu') this.#onRtuBytes(bytes)
    else if (!this.#mbap.push(bytes, (id, unit, pdu) => this.#onFrame(id, unit, pdu))) {
      this.#options.counters.discarded++
      this.close('the stream is not Modbus TCP any more')
    }
    if (!this.#isClosed) this.#options.onRoom()
  }

  onClose(cause: string): void {
    this.close(cause)
  }

  /** Gives the connection up; whatever is under way fails as closed. Safe to call twice. */
  close(cause: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#transport?.close()
    const waiting = [...this.#pending.values()]
    this.#pending.clear()
    for (const { exchange, timer } of waiting) {
      clearTimeout(timer)
      exchange.onFailure({ kind: 'closed', cause })
    }
    this.#options.onClose(cause)
  }

  #onFrame(id: number, unit: number, pdu: Buffer): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return this.#discard(unit)
    this.#judge(id, pending, unit, pdu)
  }

  #onRtuBytes(bytes: Buffer): void {
    const first = this.#pending.entries().next()
    const [id, pending] = first.done === true ? [0, undefined] : first.value
    const outcome = this.#rtu.push(bytes, pending?.exchange.request)
    for (const unit of this.#rtu.foreignUnits.splice(0)) this.#discard(unit)
    if (this.#isClosed || pending === undefined) return
    if (outcome.kind === 'answer') this.#judge(id, pending, outcome.unit, outcome.pdu)
    if (outcome.kind === 'bad-crc') {
      this.#options.counters.discarded++
      this.#settle(id, pending).onFailure({ kind: 'bad-crc' })
    }
  }

  #judge(id: number, pending: Pending, unit: number, pdu: Buffer): void {
    const verdict = judgeAnswer(pending.exchange.request, unit, pdu)
    if (verdict.kind === 'foreign') return this.#discard(unit)
    this.#slips = 0
    this.#hasAnswered = true
    const exchange = this.#settle(id, pending)
    this.#options.counters.answers++
    if (verdict.kind === 'answer') return exchange.onAnswer(pdu)
    this.#options.counters.exceptions++
    exchange.onFailure(verdict)
  }

  /** After a late answer some clients stay one answer behind for ever; this one throws it away, and starts anew when it goes on. */
  #discard(unit: number): void {
    this.#options.counters.discarded++
    this.#slips++
    this.#options.onForeign(unit)
    if (this.#slips >= this.#options.maxSlips) this.close(`${this.#slips} answers in a row belonged to no request`)
  }

  #settle(id: number, pending: Pending): Exchange {
    clearTimeout(pending.timer)
    this.#pending.delete(id)
    return pending.exchange
  }

  #expire(id: number): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#options.counters.timeouts++
    this.#silentTimeouts++
    this.#settle(id, pending).onFailure({ kind: 'timeout' })
    const { framing, counters, maxSilentTimeouts = Number.POSITIVE_INFINITY } = this.#options
    if (framing === 'rtu' && this.#rtu.reset()) counters.discarded++
    // Half a frame would be taken for the head of the next answer, so nothing after it could be trusted.
    if (framing === 'tcp' && this.#mbap.hasPartial) {
      counters.discarded++
      this.close('half an answer, then silence')
    } else if (this.#silentTimeouts >= maxSilentTimeouts) this.close(`nothing came back for ${this.#silentTimeouts} requests`)
    if (!this.#isClosed) this.#options.onRoom()
  }
}
