import type { Counters } from './counters.ts'
import type { EventOutlet } from './event-outlet.ts'
import type { Rebirths } from './rebirths.ts'
import type { GatewaySession } from './session.ts'

/** Gaps in `seq` that were seen and not yet told. */
export interface SequenceGap {
  /** UTC ms of the last message before the first gap and of the first one after the last. */
  readonly fromMs: number
  readonly toMs: number
  readonly gaps: number
  /** Messages missing, modulo 256 each time. */
  readonly missing: number
}

const TELL_INTERVAL_MS = 1_000

/**
 * Watches `seq` of gateways without acknowledgement: with it a lost message comes again by itself, without it a gap is
 * all that tells of the loss. Gaps that follow each other closely are told as one.
 */
export class SequenceWatch {
  readonly #outlet: EventOutlet
  readonly #rebirths: Rebirths
  readonly #counters: Counters
  readonly #untold = new Map<GatewaySession, SequenceGap>()
  #timer: NodeJS.Timeout | undefined

  constructor(outlet: EventOutlet, rebirths: Rebirths, counters: Counters) {
    this.#outlet = outlet
    this.#rebirths = rebirths
    this.#counters = counters
  }

  /** A message with this `seq` came. */
  saw(session: GatewaySession, seq: number | undefined, receivedMs: number): void {
    if (seq === undefined) return
    const missing = session.seq < 0 ? 0 : (seq - session.seq - 1) & 255
    const lastMs = session.lastSequenceMs
    session.seq = seq
    session.lastSequenceMs = receivedMs
    if (missing === 0 || session.ledger !== undefined) return
    this.#counters.sequenceGaps++
    const older = this.#untold.get(session)
    this.#untold.set(session, { fromMs: older?.fromMs ?? lastMs, toMs: receivedMs, gaps: (older?.gaps ?? 0) + 1, missing: (older?.missing ?? 0) + missing })
    this.#rebirths.request(session, 'a gap in seq')
    this.#timer ??= setTimeout(() => this.tell(), TELL_INTERVAL_MS)
  }

  /** Tells of everything seen so far. */
  tell(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [session, gap] of this.#untold) {
      if (session.birth !== undefined) this.#outlet.completeness(session.birth.identity, 'sequence-gap', { ...gap })
    }
    this.#untold.clear()
  }
}
