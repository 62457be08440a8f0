import type { Clock } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import { OUTBOX_METRICS } from '@orewatch/protocol'
import type { Acknowledger } from './acknowledger.ts'
import type { Counters } from './counters.ts'
import type { EventOutlet } from './event-outlet.ts'
import type { GatewaySession } from './session.ts'
import type { IngestSource } from './source.ts'

const FIRST_PAUSE_MS = 5_000
const MAX_PAUSE_MS = 60_000
// A gateway that was well for this long is asked without delay again.
const FORGET_MS = 600_000
const TICK_MS = 1_000
// After central was away every gateway may need it; their births must not all come at once.
const MAX_PER_TICK = 50

/** Asks gateways for new births, each at most every few seconds, and all together at a bounded rate. */
export class Rebirths {
  readonly #parts: { readonly source: IngestSource; readonly acknowledger: Acknowledger; readonly outlet: EventOutlet; readonly counters: Counters; readonly clock: Clock; readonly log: Logger }
  readonly #due = new Set<GatewaySession>()
  readonly #timer: NodeJS.Timeout
  #left = MAX_PER_TICK

  constructor(parts: { readonly source: IngestSource; readonly acknowledger: Acknowledger; readonly outlet: EventOutlet; readonly counters: Counters; readonly clock: Clock; readonly log: Logger }) {
    this.#parts = parts
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Births of this gateway are needed; asks now or as soon as it may. */
  request(session: GatewaySession, why: string): void {
    session.rebirthDue ??= why
    if (!this.#ask(session)) this.#due.add(session)
  }

  /** A birth came. */
  satisfied(session: GatewaySession): void {
    session.rebirthDue = undefined
    this.#due.delete(session)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    this.#left = MAX_PER_TICK
    for (const session of this.#due) {
      if (session.rebirthDue === undefined || this.#ask(session)) this.#due.delete(session)
    }
  }

  #ask(session: GatewaySession): boolean {
    const { clock, source, acknowledger, outlet, counters, log } = this.#parts
    const why = session.rebirthDue
    const nowMs = clock.monotonicMs()
    if (why === undefined || this.#left <= 0 || !source.isConnected || nowMs - session.rebirthAskedMs < session.rebirthPauseMs) return false
    this.#left--
    session.rebirthDue = undefined
    if (nowMs - session.rebirthAskedMs > FORGET_MS) session.rebirthPauseMs = 0
    session.rebirthAskedMs = nowMs
    session.rebirthPauseMs = Math.min(Math.max(FIRST_PAUSE_MS, session.rebirthPauseMs * 2), MAX_PAUSE_MS)
    counters.rebirthRequests++
    log.info({ gateway: session.key, why }, 'asking for births')
    acknowledger.command(session, OUTBOX_METRICS.rebirth).catch((err: unknown) => log.debug({ err, gateway: session.key }, 'births could not be asked for'))
    if (session.birth !== undefined) outlet.completeness(session.birth.identity, 'rebirth-requested', { why })
    return true
  }
}
