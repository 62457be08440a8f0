import type { Clock } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { CompletenessEvents, CompletenessKind, SecurityEventKind, SecurityEvents } from '../records/records.ts'

// One event of a kind about a subject this often; what comes meanwhile is counted into the next.
const PAUSE_MS = 10_000
const MAX_REMEMBERED = 10_000
const MAX_IN_FLIGHT = 64

/** Tells of security and completeness without ever holding up a message: bounded, rate-limited, failures only logged. */
export class EventOutlet {
  readonly #security: Pick<SecurityEvents, 'add'>
  readonly #completeness: Pick<CompletenessEvents, 'add'>
  readonly #log: Logger
  readonly #clock: Clock
  readonly #last = new Map<string, { atMs: number; suppressed: number }>()
  #inFlight = 0

  constructor(parts: { readonly security: Pick<SecurityEvents, 'add'>; readonly completeness: Pick<CompletenessEvents, 'add'>; readonly log: Logger; readonly clock: Clock }) {
    this.#security = parts.security
    this.#completeness = parts.completeness
    this.#log = parts.log
    this.#clock = parts.clock
  }

  security(kind: SecurityEventKind, subject: string, detail: { readonly why: string } & Readonly<Record<string, unknown>>): void {
    const suppressed = this.#pass(`${kind} ${subject} ${detail.why}`)
    if (suppressed === undefined) return
    this.#log.warn({ kind, subject, ...detail, suppressed }, 'security event')
    this.#send(() => this.#security.add(kind, subject, suppressed === 0 ? detail : { ...detail, suppressed }))
  }

  completeness(gateway: number, kind: CompletenessKind, detail: Readonly<Record<string, unknown>>): void {
    this.#send(() => this.#completeness.add(gateway, kind, detail))
  }

  #pass(key: string): number | undefined {
    const nowMs = this.#clock.monotonicMs()
    const last = this.#last.get(key)
    if (last !== undefined && nowMs - last.atMs < PAUSE_MS) {
      last.suppressed++
      return undefined
    }
    if (this.#last.size >= MAX_REMEMBERED) this.#last.clear()
    this.#last.set(key, { atMs: nowMs, suppressed: 0 })
    return last?.suppressed ?? 0
  }

  #send(add: () => Promise<void>): void {
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      this.#log.warn('too many events at once; one was only logged')
      return
    }
    this.#inFlight++
    void add()
      .catch((err: unknown) => this.#log.error({ err }, 'an event could not be stored'))
      .finally(() => {
        this.#inFlight--
      })
  }
}
