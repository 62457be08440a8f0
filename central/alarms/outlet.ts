import { type Clock, CodedError } from '@orewatch/core'
import type { Logger, PartHealth } from '@orewatch/observability'
import type { Alarm, AlarmJournal, PlacedTransition } from './alarms.ts'

const MAX_BATCH = 200
// Some 50 MB; a county makes that many in a day of a bad flood.
const MAX_WAITING = 100_000
const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 5_000

/** Brings transitions into the journal in their order, retrying for ever, and tells listeners of what changed. */
export class TransitionOutlet {
  readonly #journal: Pick<AlarmJournal, 'apply'>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #maxWaiting: number
  readonly #listeners = new Set<(alarms: readonly Alarm[]) => void>()
  #waiting: PlacedTransition[] = []
  #running: Promise<void> | undefined
  #failedSinceMs: number | undefined
  #failure = ''
  #isOverflown = false
  #isStopped = false

  constructor({
    journal,
    clock,
    log,
    maxWaiting = MAX_WAITING,
  }: { readonly journal: Pick<AlarmJournal, 'apply'>; readonly clock: Clock; readonly log: Logger; readonly maxWaiting?: number | undefined }) {
    this.#journal = journal
    this.#clock = clock
    this.#log = log
    this.#maxWaiting = maxWaiting
  }

  /** Transitions not in the journal yet. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Whether whoever can wait with more need not. */
  get hasRoom(): boolean {
    return this.#waiting.length <= this.#maxWaiting / 2
  }

  /** More waited than there is room for: what came since is told, but in no journal; it is to be found again in the store. */
  get hasOverflown(): boolean {
    return this.#isOverflown
  }

  /** Takes transitions again after an overflow. */
  reopen(): void {
    this.#isOverflown = false
  }

  /** Takes transitions; returns at once. */
  put(transitions: readonly PlacedTransition[]): void {
    // Whatever comes at once finds room where nothing waits.
    this.#isOverflown ||= this.#waiting.length > 0 && this.#waiting.length + transitions.length > this.#maxWaiting
    if (this.#isOverflown || this.#failedSinceMs !== undefined) this.#publishUnrecorded(transitions)
    if (this.#isOverflown) return
    for (const transition of transitions) this.#waiting.push(transition)
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Resolves when all that was put so far is in the journal: true; or false when the journal takes nothing now. */
  async flush(): Promise<boolean> {
    while (this.#running !== undefined) {
      if (this.#failedSinceMs !== undefined) return false
      await Promise.race([this.#running, new Promise((resolve) => setTimeout(resolve, 50))])
    }
    return this.#waiting.length === 0 && !this.#isOverflown
  }

  /** Tells listeners; what one of them throws is logged. */
  publish(alarms: readonly Alarm[]): void {
    if (alarms.length === 0) return
    for (const listener of this.#listeners) {
      try {
        listener(alarms)
      } catch (err) {
        this.#log.error({ err }, 'a listener of alarms failed')
      }
    }
  }

  /** Calls back with alarms as they change; returns how to stop. */
  subscribe(listener: (alarms: readonly Alarm[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Whether alarms reach the database, and a sentence for a person. */
  health(): PartHealth {
    if (this.#failedSinceMs === undefined) return { ok: true, note: 'alarms are recorded' }
    const seconds = Math.round((this.#clock.monotonicMs() - this.#failedSinceMs) / 1_000)
    return { ok: false, note: `${this.#waiting.length} changes of alarms cannot be recorded for ${seconds} s: ${this.#failure}` }
  }

  /** Stops retrying; what is not in the journal then is found again from the last checkpoint. */
  async stop(): Promise<void> {
    await this.flush()
    this.#isStopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS
    while (this.#waiting.length > 0 && !this.#isStopped) {
      const batch = this.#waiting.slice(0, MAX_BATCH)
      try {
        const changed = await this.#journal.apply(batch, 'central')
        this.#waiting = this.#waiting.slice(batch.length)
        if (this.#failedSinceMs !== undefined) this.#log.info('alarms are recorded again')
        this.#failedSinceMs = undefined
        pauseMs = FIRST_PAUSE_MS
        this.publish(changed)
      } catch (err) {
        if (err instanceof CodedError && err.retry === 'never' && batch.length > 0) await this.#oneByOne(batch)
        else {
          // Somebody has to hear of an alarm also while it cannot be written down.
          if (this.#failedSinceMs === undefined) this.#publishUnrecorded(this.#waiting)
          this.#fail(err)
          await new Promise((resolve) => setTimeout(resolve, pauseMs))
          pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)
        }
      }
    }
  }

  // One transition that the database refuses for good must not hold up the others.
  async #oneByOne(batch: readonly PlacedTransition[]): Promise<void> {
    for (const placed of batch) {
      try {
        this.publish(await this.#journal.apply([placed], 'central'))
      } catch (err) {
        if (!(err instanceof CodedError) || err.retry !== 'never') {
          this.#fail(err)
          return
        }
        this.#log.error({ err, transition: placed.transition }, 'a change of an alarm was refused for good')
      }
      this.#waiting = this.#waiting.slice(1)
    }
  }

  #publishUnrecorded(transitions: readonly PlacedTransition[]): void {
    this.publish(transitions.map(unrecorded))
  }

  #fail(err: unknown): void {
    this.#failure = err instanceof Error ? err.message.slice(0, 300) : String(err)
    if (this.#failedSinceMs !== undefined) return
    this.#failedSinceMs = this.#clock.monotonicMs()
    this.#log.error({ err }, 'alarms cannot be recorded; trying again')
  }
}

// As far as the transition tells; revision 0, so that whatever the journal says later is newer.
function unrecorded({ transition: t, pointId, subjectCode }: PlacedTransition): Alarm {
  return {
    id: t.alarmId,
    ruleId: t.ruleId,
    ruleVersion: t.ruleVersion,
    subject: t.subject,
    level: t.level,
    startMs: t.startMs,
    atMs: t.atMs,
    value: t.value,
    limit: t.limit,
    peak: t.peak,
    area: t.area,
    isActive: t.kind !== 'clear',
    isValueUnknown: t.kind === 'value-unknown',
    isHistorical: false,
    isAcknowledged: false,
    isOutOfService: false,
    revision: 0,
    ...(t.kind === 'clear' && { endMs: t.atMs }),
    ...(pointId !== undefined && { pointId }),
    ...(subjectCode !== undefined && { subjectCode }),
  }
}
