import { createSocket } from 'node:dgram'
import type { Clock } from '@orewatch/core'

/** What is known of the gateway's clock. */
export interface ClockState {
  /** `sntp` when a time server was asked, `system` when nobody told us one. */
  readonly source: 'sntp' | 'system'
  /** Time server minus our clock, ms, when one was asked and answered. */
  readonly offsetMs?: number
  readonly isTrusted: boolean
}

/** A step of the wall clock against the monotonic one. */
export interface ClockStep {
  readonly atMs: number
  /** Positive when the clock jumped forward. */
  readonly stepMs: number
}

/** How the clock is watched. */
export interface ClockWatchOptions {
  readonly clock: Clock
  /** `host` or `host:port` of an NTP server; absent: the system clock is believed. */
  readonly server?: string
  /** Beyond this offset the clock is not trusted, ms. */
  readonly maxOffsetMs: number
  readonly onStep: (step: ClockStep) => void
}

const CHECK_MS = 1_000
const QUERY_MS = 64_000
// Scheduling delays of a loaded machine move both clocks alike; half a second between them is a step.
const STEP_MS = 500

/** Watches the gateway's clock: steps against the monotonic clock, and the offset to a time server when one is set. */
export class ClockWatch {
  readonly #options: ClockWatchOptions
  #timer: NodeJS.Timeout | undefined
  #differenceMs: number
  #offsetMs: number | undefined
  #nextQueryMs = 0

  constructor(options: ClockWatchOptions) {
    this.#options = options
    this.#differenceMs = options.clock.nowMs() - options.clock.monotonicMs()
  }

  start(): void {
    this.#timer = setInterval(() => this.check(), CHECK_MS)
    this.#timer.unref()
    this.check()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  state(): ClockState {
    if (this.#options.server === undefined) return { source: 'system', isTrusted: true }
    const offsetMs = this.#offsetMs
    const isTrusted = offsetMs !== undefined && Math.abs(offsetMs) <= this.#options.maxOffsetMs
    return { source: 'sntp', isTrusted, ...(offsetMs !== undefined && { offsetMs }) }
  }

  /** Looks for a step now and asks the time server when it is time. */
  check(): void {
    const { clock, onStep, server } = this.#options
    const differenceMs = clock.nowMs() - clock.monotonicMs()
    const stepMs = differenceMs - this.#differenceMs
    this.#differenceMs = differenceMs
    if (Math.abs(stepMs) >= STEP_MS) {
      onStep({ atMs: clock.nowMs(), stepMs: Math.round(stepMs) })
      this.#nextQueryMs = 0
    }
    if (server !== undefined && clock.monotonicMs() >= this.#nextQueryMs) {
      this.#nextQueryMs = clock.monotonicMs() + QUERY_MS
      void querySntp(server, clock).then((offsetMs) => {
        this.#offsetMs = offsetMs
      })
    }
  }
}

const NTP_UNIX_S = 2_208_988_800

/** Asks a time server once (SNTP v4, RFC 4330). Resolves to its offset from our clock in ms, or undefined after 2 s. */
export function querySntp(server: string, clock: Clock): Promise<number | undefined> {
  const [host = '', port = '123'] = server.split(':')
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const finish = (offsetMs: number | undefined): void => {
      clearTimeout(timer)
      socket.close()
      resolve(offsetMs)
    }
    const timer = setTimeout(() => finish(undefined), 2_000)
    const request = Buffer.alloc(48)
    request[0] = 0x23 // no leap warning, version 4, client
    const sentMs = clock.nowMs()
    request.writeUInt32BE(Math.floor(sentMs / 1000) + NTP_UNIX_S, 40)
    socket.on('error', () => finish(undefined))
    socket.on('message', (answer) => finish(offsetOf(answer, sentMs, clock.nowMs())))
    socket.send(request, Number(port), host)
  })
}

// RFC 4330, 5: offset = ((T2 − T1) + (T3 − T4)) / 2. Stratum 0 and unsynchronised answers tell nothing.
function offsetOf(answer: Buffer, sentMs: number, receivedMs: number): number | undefined {
  if (answer.length < 48 || (answer[0] as number) >>> 6 === 3 || answer[1] === 0) return undefined
  const at = (offset: number): number => (answer.readUInt32BE(offset) - NTP_UNIX_S) * 1000 + (answer.readUInt32BE(offset + 4) / 2 ** 32) * 1000
  return (at(32) - sentMs + (at(40) - receivedMs)) / 2
}
