import type { AlarmItem } from '../api/contract.ts'
import type { LiveListener } from './live-connection.ts'

/** Who hears alarms of the live feed. */
export type AlarmListener = Pick<LiveListener, 'onAlarm' | 'onOpened'>

/** Passes what the feed tells of alarms on to those who asked for it, at once. */
export class AlarmRelay implements AlarmListener {
  readonly #listeners = new Set<AlarmListener>()

  /** Tells a listener from now on; gives the function that ends it. */
  hear(listener: AlarmListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** See LiveListener. */
  onAlarm(alarm: AlarmItem): void {
    for (const listener of this.#listeners) listener.onAlarm(alarm)
  }

  /** See LiveListener. */
  onOpened(): void {
    for (const listener of this.#listeners) listener.onOpened()
  }
}
