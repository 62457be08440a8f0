import { type Clock, type Sample, type SampleColumns, samplesOf, systemClock } from '@orewatch/core'
import type { ResolvedPoint } from '@orewatch/firmware-adapters'
import { silentLogger } from '@orewatch/observability'
import type { DeviceEvent, DeviceState, DriverContext, ReadingSink } from '../driver.ts'

/** A sink that keeps what it is given and lets a test wait for it. */
export class RecordingSink implements ReadingSink {
  readonly rows: (Sample & { readonly device: string })[] = []
  readonly stateLog: { readonly device: string; readonly state: DeviceState }[] = []
  readonly events: (DeviceEvent & { readonly device: string })[] = []
  readonly #waiting = new Set<() => void>()

  readings(device: string, columns: SampleColumns): void {
    for (const sample of samplesOf(columns)) this.rows.push({ device, ...sample })
    for (const look of this.#waiting) look()
  }

  state(device: string, state: DeviceState): void {
    this.stateLog.push({ device, state })
    for (const look of this.#waiting) look()
  }

  event(device: string, event: DeviceEvent): void {
    this.events.push({ device, ...event })
    for (const look of this.#waiting) look()
  }

  /** Readings of one point, oldest first. */
  of(device: string, key: number): readonly Sample[] {
    return this.rows.filter((row) => row.device === device && row.key === key)
  }

  /** The states that a device went through. */
  kinds(device: string): readonly string[] {
    return this.stateLog.filter((entry) => entry.device === device).map(({ state }) => state.kind)
  }

  /** Forgets everything so far. */
  clear(): void {
    this.rows.length = 0
    this.stateLog.length = 0
    this.events.length = 0
  }

  /** Resolves when the condition holds; the test's own time limit is the failure. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return
        this.#waiting.delete(look)
        clearInterval(timer)
        resolve()
      }
      const timer = setInterval(look, 20)
      this.#waiting.add(look)
      look()
    })
  }

  /** Resolves when the device has given `count` more good readings. */
  untilGood(device: string, count = 1): Promise<void> {
    const from = this.rows.length
    return this.until(() => this.rows.slice(from).filter((row) => row.device === device && row.quality === 0).length >= count)
  }

  /** Resolves when the device was in a state of this kind since the last clear. */
  untilState(device: string, kind: DeviceState['kind']): Promise<void> {
    return this.until(() => this.kinds(device).includes(kind))
  }
}

/** A context around a sink. */
export function contextOf(sink: ReadingSink, ready: () => Promise<void> = async () => {}, clock: Clock = systemClock): DriverContext {
  return { clock, log: silentLogger(), sink, ready }
}

/** A resolved point with nothing but what a driver looks at. */
export function pointOf(name: string, source: ResolvedPoint['source'], periodMs = 50): ResolvedPoint {
  return { name, title: { zh: name, en: name }, sensorType: '0101', unit: 'ppm', scale: 1, offset: 0, resolution: 1, periodMs, isBoolean: false, priority: 'vital', source }
}
