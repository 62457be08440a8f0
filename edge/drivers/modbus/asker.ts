/*
 * Asks one unit single questions for `probe.ts`: one connection that is built anew when it was lost, a bounded number of
 * requests, a pause before each. It reads and never writes. When it is cancelled, nothing more is sent, and what is under
 * way is waited for, so that no device is left in the middle of an answer.
 */
import { type Clock, pause } from '@orewatch/core'
import { Channel, type ChannelCounters, type Failure } from './channel.ts'
import type { ModbusLineConfig } from './config.ts'
import type { ReadShape } from './device.ts'
import { openerOf } from './opener.ts'
import { silenceMs, Wire } from './wire.ts'

/** What came of a question. */
export type Reply = { readonly kind: 'answer'; readonly pdu: Buffer; readonly tookMs: number } | Failure

/** What an asker is made of. */
export interface AskerOptions {
  readonly config: ModbusLineConfig
  readonly unit: number
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Pause between connecting and the first request, ms. */
  readonly pauseAfterConnectMs: number
  /** No more requests than these are sent. */
  readonly maxRequests: number
  /** Waits; the real one when absent. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Why an asker stops asking. */
export type StopCause = 'cancelled' | 'budget'

/** Thrown by an asker that must not go on; never leaves `probe.ts`. */
export class AskingStopped {
  readonly cause: StopCause
  constructor(cause: StopCause) {
    this.cause = cause
  }
}

const MAX_SLIPS = 1_000

/** Asks one unit. */
export class Asker {
  readonly #options: AskerOptions
  readonly #opener: ReturnType<typeof openerOf>
  readonly #wire: Wire
  readonly #pause: (ms: number, signal: AbortSignal) => Promise<void>
  readonly #counters: ChannelCounters = { requests: 0, answers: 0, timeouts: 0, exceptions: 0, discarded: 0 }
  readonly answerTimesMs: number[] = []
  #channel: Channel | undefined

  constructor(options: AskerOptions) {
    this.#options = options
    this.#opener = openerOf(options.config)
    this.#wire = new Wire(options.config)
    this.#pause = options.pause ?? pause
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#counters.requests
  }

  /** Sends some reads at once, after a pause, and resolves when each is answered, refused or timed out. Rejects with a coded error when there is no connection, and with AskingStopped. */
  async ask(reads: readonly ReadShape[], pauseMs: number): Promise<readonly Reply[]> {
    const { maxRequests } = this.#options
    await this.#rest(pauseMs)
    if (this.requests + reads.length > maxRequests) throw new AskingStopped('budget')
    const channel = this.#channel ?? (await this.#connect())
    channel.cork()
    const replies = reads.map((read) => this.#send(channel, read))
    channel.uncork()
    return await Promise.all(replies)
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    this.#channel?.close('the probe is over')
    await this.#opener.released()
  }

  async #connect(): Promise<Channel> {
    const { clock, signal, pauseAfterConnectMs } = this.#options
    const channel = new Channel({
      framing: this.#wire.isBus ? 'rtu' : 'tcp',
      clock,
      counters: this.#counters,
      maxSlips: MAX_SLIPS,
      onRoom: () => {},
      onForeign: () => {},
      onClose: () => {
        if (this.#channel === channel) this.#channel = undefined
      },
    })
    this.#channel = channel
    try {
      channel.attach(await this.#opener.open(channel, signal))
    } catch (err) {
      this.#channel = undefined
      if (signal.aborted) throw new AskingStopped('cancelled')
      throw err
    }
    await this.#rest(pauseAfterConnectMs)
    return channel
  }

  async #rest(ms: number): Promise<void> {
    const { config, signal } = this.#options
    // On a serial port the silence between two frames is kept in any case.
    await this.#pause(Math.max(ms, config.serial === undefined ? 0 : silenceMs(config.serial.baudRate)), signal)
    if (signal.aborted) throw new AskingStopped('cancelled')
  }

  #send(channel: Channel, read: ReadShape): Promise<Reply> {
    const { config, unit, clock } = this.#options
    const request = { kind: 'read', unit, area: read.area, address: read.address, count: read.count } as const
    const sentMs = clock.monotonicMs()
    return new Promise((resolve) => {
      channel.send({
        request,
        timeoutMs: config.timeoutMs + this.#wire.travelMs(request),
        onAnswer: (pdu) => {
          const tookMs = clock.monotonicMs() - sentMs
          this.answerTimesMs.push(tookMs)
          resolve({ kind: 'answer', pdu: Buffer.from(pdu), tookMs })
        },
        onFailure: resolve,
      })
    })
  }
}
