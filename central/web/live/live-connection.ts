import type { AlarmItem, GatewaySummary, LiveSample, SystemStatus } from '../api/contract.ts'

/** Without any event for this long the page is not live; central sends its status every 5 s. */
export const SILENCE_LIMIT_MS = 12_000

/** Where the live feed stands. */
export type LiveState =
  | { readonly kind: 'connecting'; readonly sinceMs: number }
  | { readonly kind: 'live'; readonly sinceMs: number }
  /** Without `retryMs` an attempt is under way. */
  | { readonly kind: 'down'; readonly sinceMs: number; readonly attempt: number; readonly retryMs?: number }

/** What comes over the live feed. */
export interface LiveListener {
  onSamples(samples: readonly LiveSample[]): void
  onGateway(gateway: GatewaySummary): void
  onStatus(status: SystemStatus): void
  /** An alarm came or changed; told at once. */
  onAlarm(alarm: AlarmItem): void
  /** A stream speaks for the first time: what happened before it, also while another mine was chosen, was not heard. */
  onOpened(): void
  onState(state: LiveState): void
  /** It is live again after it was down: what came between was not heard. */
  onReturn(): void
  /** The feed could not be opened: the session may have ended. */
  onRefused(): void
}

/** The part of EventSource that the connection needs. */
export interface EventStream {
  readonly readyState: number
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void
  close(): void
}

/** What a live connection is made of; tests give their own clock and streams. */
export interface LiveConnectionOptions {
  readonly listener: LiveListener
  readonly open: (url: string) => EventStream
  readonly nowMs: () => number
  /** Between 0 and 1. */
  readonly random: () => number
}

/**
 * The page's one connection to the live feed. It reconnects for ever, with back-off and jitter, and notices
 * silence as well as errors. Call `tick` about once a second; it holds no timer of its own.
 */
export class LiveConnection {
  readonly #options: LiveConnectionOptions
  #stream: EventStream | undefined
  #openedStream: EventStream | undefined
  #state: LiveState
  #subjectCode: string | undefined
  #lastEventMs = 0
  #attempt = 0

  constructor(options: LiveConnectionOptions) {
    this.#options = options
    this.#state = { kind: 'connecting', sinceMs: options.nowMs() }
  }

  /** Where the feed stands now. */
  get state(): LiveState {
    return this.#state
  }

  /** Opens the feed; `subjectCode` asks for the samples of one mine, without it only health and gateways come. */
  start(subjectCode?: string): void {
    this.#subjectCode = subjectCode
    this.#connect()
  }

  /** Changes the mine whose samples come; the page stays live while the new stream opens. */
  show(subjectCode: string | undefined): void {
    if (subjectCode === this.#subjectCode) return
    this.#subjectCode = subjectCode
    // While down, the next attempt asks for the right mine.
    if (this.#stream) this.#connect()
  }

  /** Looks for silence and for the time to try again. */
  tick(): void {
    const nowMs = this.#options.nowMs()
    if (this.#state.kind === 'down' && this.#state.retryMs !== undefined) {
      if (nowMs >= this.#state.retryMs) this.#connect()
      return
    }
    if (nowMs - this.#lastEventMs > SILENCE_LIMIT_MS) this.#lose()
  }

  /** Tries at once, as when the user asks for it or the network is back. */
  retryNow(): void {
    if (this.#state.kind === 'down') this.#connect()
  }

  /** Closes the feed. */
  stop(): void {
    this.#stream?.close()
    this.#stream = undefined
  }

  #connect(): void {
    this.stop()
    const search = this.#subjectCode === undefined ? '' : `?mine=${encodeURIComponent(this.#subjectCode)}`
    const stream = this.#options.open(`/api/live${search}`)
    this.#stream = stream
    // The silence limit counts from here, so that a stream that opens and says nothing is noticed too.
    this.#lastEventMs = this.#options.nowMs()
    if (this.#state.kind === 'down') this.#enter({ kind: 'down', sinceMs: this.#state.sinceMs, attempt: this.#state.attempt })
    const { listener } = this.#options
    stream.addEventListener('error', () => {
      if (stream === this.#stream) this.#lose()
    })
    this.#hear(stream, 'alarm', (alarm: AlarmItem) => listener.onAlarm(alarm))
    this.#hear(stream, 'samples', ({ items }: { items: readonly LiveSample[] }) => {
      // Without a mine the feed has the samples of the whole scope, which nobody here shows.
      if (this.#subjectCode !== undefined) listener.onSamples(items)
    })
    this.#hear(stream, 'gateway', (gateway: GatewaySummary) => listener.onGateway(gateway))
    this.#hear(stream, 'status', (status: SystemStatus) => listener.onStatus(status))
  }

  #hear<T>(stream: EventStream, name: string, take: (content: T) => void): void {
    stream.addEventListener(name, (event) => {
      if (stream !== this.#stream) return
      const content = parseEvent<T>(event.data)
      // What cannot be read is no sign of life: twelve seconds of it and the page is not live.
      if (content === undefined) return
      this.#lastEventMs = this.#options.nowMs()
      this.#attempt = 0
      this.#enterLive()
      if (this.#openedStream !== stream) {
        this.#openedStream = stream
        this.#options.listener.onOpened()
      }
      take(content)
    })
  }

  #enterLive(): void {
    const before = this.#state.kind
    if (before === 'live') return
    this.#enter({ kind: 'live', sinceMs: this.#lastEventMs })
    if (before === 'down') this.#options.listener.onReturn()
  }

  #lose(): void {
    this.stop()
    const { nowMs, random, listener } = this.#options
    this.#attempt += 1
    const retryMs = nowMs() + backOffMs(this.#attempt, random())
    const sinceMs = this.#state.kind === 'down' ? this.#state.sinceMs : this.#lossBegan()
    this.#enter({ kind: 'down', sinceMs, attempt: this.#attempt, retryMs })
    listener.onRefused()
  }

  // What was shown after the last event may be wrong already, so the loss began there.
  #lossBegan(): number {
    return this.#state.kind === 'live' ? this.#lastEventMs : this.#state.sinceMs
  }

  #enter(state: LiveState): void {
    this.#state = state
    this.#options.listener.onState(state)
  }
}

function parseEvent<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}

/** Wait before the n-th attempt: 1, 2, 4, 8, then 15 s, each shortened by up to a quarter so that pages do not return in step. */
export function backOffMs(attempt: number, random: number): number {
  const fullMs = Math.min(15_000, 1_000 * 2 ** (attempt - 1))
  return Math.round(fullMs * (1 - random / 4))
}
