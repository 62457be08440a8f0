/*
 * The port of the driver family. A driver talks one protocol on one line (a TCP connection, a serial bus, an OPC UA
 * session) to the devices on it. It knows neither pipeline nor outbox; it hands readings to a sink.
 * Conformance: conformance.ts. Units: modbus/, opcua/.
 */
import type { Clock, SampleColumns } from '@orewatch/core'
import type { ModbusQuirks, OpcUaEvent, ResolvedPoint } from '@orewatch/firmware-adapters'
import type { Logger } from '@orewatch/observability'

/** A device on a line, with its points resolved. */
export interface DeviceSpec {
  readonly id: string
  readonly points: readonly ResolvedPoint[]
  /** Modbus unit identifier. */
  readonly unit?: number
  readonly quirks?: ModbusQuirks
  /** OPC UA events that are subscribed to. */
  readonly events?: readonly OpcUaEvent[]
}

/** Something that happened at a device, or with the stream of its events. */
export interface DeviceEvent {
  /** Meaning of the body, such as `positioning.passage/1`. */
  readonly schema: string
  /** When it happened by the device's clock, UTC ms; NaN where the device does not say. */
  readonly timeMs: number
  readonly body: Readonly<Record<string, unknown>>
}

/** How a device stands; each kind carries what is known in it. */
export type DeviceState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'live'; readonly sinceMs: number }
  /** Does not answer; `reason` is one of REASONS, `detail` a sentence for a person. */
  | { readonly kind: 'lost'; readonly sinceMs: number; readonly reason: string; readonly detail: string }
  /** Not asked until the pause is over, so that it does not cost its bus mates time. */
  | { readonly kind: 'paused'; readonly untilMs: number; readonly reason: string; readonly detail: string }

/** Where a driver puts what it reads. */
export interface ReadingSink {
  /**
   * Readings of one device. `key` is the index into the device's points; `value` is decoded but not yet scaled;
   * `timeMs` is the device's own time where it gives one, otherwise NaN; `quality` and `reason` are what the protocol
   * said. The columns may be reused by the driver after the call returns.
   * Rows with the flag `backfilled` come from the device's own history: they keep `timeMs`, which is never NaN, and their
   * `gatewayDeltaMs` is the gateway's clock minus the device's. History and live rows never share a call.
   */
  readings(device: string, readings: SampleColumns): void
  /** The device's state changed. The pipeline makes the one bad-quality sample per point out of `lost`. */
  state(device: string, state: DeviceState): void
  /** An event of a device. Taken whether or not `ready` resolves: an event cannot be read again later. */
  event(device: string, event: DeviceEvent): void
}

/** What a driver is given by the gateway. */
export interface DriverContext {
  readonly clock: Clock
  readonly log: Logger
  readonly sink: ReadingSink
  /**
   * Resolves when the pipeline can take more. A driver awaits it before each poll, so that a full disk or a slow one
   * slows reading down instead of filling the memory.
   */
  ready(): Promise<void>
}

/** One value of a single reading, for `orewatch-edge read` and commissioning. */
export interface RawReading {
  readonly point: string
  /** As on the wire: hexadecimal registers, or the OPC UA variant. */
  readonly raw: string
  /** Decoded, before scale; NaN when there is none. */
  readonly value: number
  readonly quality: number
  readonly reason: number
}

/** Counters of a line, for metrics and `the way of a reading`. */
export interface LineStats {
  readonly requests: number
  readonly answers: number
  readonly timeouts: number
  readonly exceptions: number
  /** Frames thrown away: foreign transaction or unit, wrong CRC, half frames. */
  readonly discarded: number
  readonly reconnects: number
}

/** A running line. Creating one touches no network; `start` connects in the background and never gives up. */
export interface LineDriver {
  start(): void
  /** Adds a device, or replaces the one of the same id, without touching the others. */
  setDevice(device: DeviceSpec): void
  /** Takes a device off the line; the others go on. */
  removeDevice(id: string): void
  /** Reads every point of a device once, through the same queue. Rejects with a coded error when the device does not answer. */
  readOnce(device: string, signal: AbortSignal): Promise<readonly RawReading[]>
  states(): ReadonlyMap<string, DeviceState>
  stats(): LineStats
  /** Disconnects. Safe to call twice. */
  stop(): Promise<void>
}
