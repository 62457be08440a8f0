/*
 * The composition root of the gateway: settings → drivers → pipeline → outbox → uplink. One process, one data directory.
 * Not here: arguments and signals (cli/), protocols (drivers/), the wire (uplink/).
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, systemClock } from '@orewatch/core'
import { Health, type Logger, Metrics, type ProbeServer, serveProbes } from '@orewatch/observability'
import type { DeviceStatus } from '@orewatch/protocol'
import type { LineDriver } from './drivers/driver.ts'
import { createLine } from './drivers/registry.ts'
import { openOutbox } from './outbox/index.ts'
import type { Outbox } from './outbox/outbox.ts'
import { ClockWatch } from './pipeline/clock-watch.ts'
import { Pipeline } from './pipeline/pipeline.ts'
import { type DeviceSetting, type GatewaySettings, loadSettings } from './settings/load.ts'
import type { LineConfig } from './settings/schema.ts'
import { Tap } from './tap.ts'
import type { DeviceIdentity } from './uplink/births.ts'
import { Uplink } from './uplink/uplink.ts'

/** What a gateway is started with. */
export interface GatewayOptions {
  /** Path of the configuration file. */
  readonly file: string
  readonly log: Logger
  readonly clock?: Clock
}

/** The version that the gateway announces. */
export const SOFTWARE = 'orewatch-edge/0.1.0'

interface RunningLine {
  readonly config: LineConfig
  readonly driver: LineDriver
}

/** A running gateway. */
export class Gateway {
  readonly #file: string
  readonly #log: Logger
  readonly #clock: Clock
  readonly #lines = new Map<string, RunningLine>()
  readonly #metrics = new Metrics({ process: true })
  readonly #health = new Health()
  #settings: GatewaySettings
  readonly #outbox: Outbox
  readonly #pipeline: Pipeline
  readonly #uplink: Uplink
  readonly #clockWatch: ClockWatch
  readonly #tap: Tap | undefined
  #probes: ProbeServer | undefined
  #reloading: Promise<void> = Promise.resolve()

  private constructor(options: GatewayOptions, settings: GatewaySettings, outbox: Outbox, tap: Tap | undefined) {
    this.#file = options.file
    this.#log = options.log
    this.#clock = options.clock ?? systemClock
    this.#settings = settings
    this.#outbox = outbox
    this.#tap = tap
    const { config } = settings
    this.#clockWatch = new ClockWatch({
      clock: this.#clock,
      maxOffsetMs: config.clock.maxOffsetMs,
      ...(config.clock.server !== undefined && { server: config.clock.server }),
      onStep: ({ atMs, stepMs }) => {
        this.#log.warn({ stepMs }, 'the clock was set')
        this.#pipeline.record('event', { schema: 'clock.step/1', timeMs: atMs, body: { stepMs } })
      },
    })
    this.#pipeline = new Pipeline({ outbox, clock: this.#clock, log: this.#log, isClockTrusted: () => this.#clockWatch.state().isTrusted })
    this.#uplink = new Uplink({
      config: config.uplink,
      group: config.gateway.group,
      node: config.gateway.node,
      subject: config.gateway.subject,
      software: SOFTWARE,
      outbox,
      clock: this.#clock,
      log: this.#log,
      devices: () => this.#identities(),
      status: () => ({ devices: this.deviceStates(), clock: this.#clockWatch.state() }),
      onReload: () => {
        void this.reload()
      },
    })
  }

  /** Opens the outbox, starts reading and sending. Rejects when the configuration or the outbox is unusable. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const settings = loadSettings(options.file)
    const { config, dataDirectory } = settings
    mkdirSync(dataDirectory, { recursive: true, mode: 0o750 })
    const tap = config.outbox.tapSocket === undefined ? undefined : await Tap.open(config.outbox.tapSocket)
    const outbox: Outbox = await openOutbox({
      directory: join(dataDirectory, 'outbox'),
      clock: options.clock ?? systemClock,
      log: options.log,
      syncIntervalMs: config.outbox.syncIntervalMs,
      maxBytes: config.outbox.maxBytes,
      maxAgeMs: config.outbox.maxAgeDays * 86_400_000,
      ...(tap !== undefined && { onAccepted: (accepted, rows) => tap.tell(accepted, rows, outbox.catalog()) }),
    })
    const gateway = new Gateway(options, settings, outbox, tap)
    try {
      await gateway.#begin()
    } catch (err) {
      await gateway.stop()
      throw err
    }
    return gateway
  }

  async #begin(): Promise<void> {
    this.#measure()
    this.#clockWatch.start()
    const { probes } = this.#settings.config
    this.#probes = await serveProbes({ health: this.#health, metrics: this.#metrics, port: probes.port, host: probes.host })
    await this.#apply(this.#settings)
    this.#uplink.start()
    this.#log.info({ probes: this.#probes.port, devices: this.#settings.devices.size }, 'gateway runs')
  }

  /** Port of the probes. */
  get probePort(): number | undefined {
    return this.#probes?.port
  }

  /** Reads the configuration again. Devices that did not change are not touched; a faulty file changes nothing. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(async () => {
      try {
        const settings = loadSettings(this.#file)
        if (JSON.stringify(settings.config.uplink) !== JSON.stringify(this.#settings.config.uplink)) this.#log.warn({}, 'changes of the uplink need a restart of the gateway')
        await this.#apply(settings)
        this.#settings = settings
        this.#uplink.rebirth()
        this.#log.info({ devices: settings.devices.size }, 'configuration is reloaded')
      } catch (err) {
        this.#log.error({ err }, 'configuration is faulty; the old one stays in force')
      }
    })
    return this.#reloading
  }

  /** How each device stands. */
  deviceStates(): Record<string, DeviceStatus> {
    const states: Record<string, DeviceStatus> = {}
    const { lastReadMs, lostSinceMs } = this.#pipeline.stats()
    for (const [lineId, { driver }] of this.#lines) {
      for (const [device, state] of driver.states()) {
        const last = lastReadMs.get(device)
        states[device] = {
          line: lineId,
          state: state.kind,
          sinceMs: state.kind === 'live' ? state.sinceMs : (lostSinceMs.get(device) ?? 0),
          ...((state.kind === 'lost' || state.kind === 'paused') && { reason: state.reason, detail: state.detail }),
          ...(last !== undefined && { lastReadMs: last }),
        }
      }
    }
    return states
  }

  /** Stops reading, says goodbye, closes the outbox. What is not confirmed stays on disk. */
  async stop(): Promise<void> {
    this.#clockWatch.stop()
    await Promise.all([...this.#lines.values()].map(({ driver }) => driver.stop()))
    await this.#uplink.stop()
    this.#pipeline.close()
    await this.#outbox.close()
    this.#tap?.close()
    await this.#probes?.close()
  }

  async #apply(settings: GatewaySettings): Promise<void> {
    for (const [id, line] of this.#lines) {
      const wanted = settings.lines.get(id)
      if (wanted !== undefined && JSON.stringify(wanted) === JSON.stringify(line.config)) continue
      this.#lines.delete(id)
      await line.driver.stop()
    }
    for (const [id, old] of this.#settings.devices) {
      const wanted = settings.devices.get(id)
      if (wanted !== undefined && wanted.line === old.line) continue
      this.#lines.get(old.line)?.driver.removeDevice(id)
      this.#pipeline.removeDevice(id)
    }
    const added = new Set<string>()
    for (const [id, config] of settings.lines) {
      if (this.#lines.has(id)) continue
      this.#lines.set(id, { config, driver: await this.#openLine(config) })
      added.add(id)
    }
    const isFirst = settings === this.#settings
    for (const [id, device] of settings.devices) {
      const isSame = !isFirst && !added.has(device.line) && JSON.stringify(this.#settings.devices.get(id)) === JSON.stringify(device)
      if (!isSame) this.#setDevice(device)
    }
    for (const id of added) this.#lines.get(id)?.driver.start()
  }

  #setDevice(device: DeviceSetting): void {
    this.#pipeline.setDevice({ id: device.id, profile: device.profile, points: device.points, time: device.time })
    this.#lines.get(device.line)?.driver.setDevice(device.spec)
  }

  #openLine(config: LineConfig): Promise<LineDriver> {
    const context = { clock: this.#clock, log: this.#log.child({ line: config.id }), sink: this.#pipeline, ready: () => this.#pipeline.ready() }
    return createLine(config, context, { pkiDirectory: join(this.#settings.dataDirectory, 'pki') })
  }

  #identities(): Map<string, DeviceIdentity> {
    return new Map([...this.#settings.devices].map(([id, { family, profile, title }]) => [id, { family, profile, title }]))
  }

  #measure(): void {
    const metrics = this.#metrics
    const streams = Object.keys(this.#outbox.status().streams) as (keyof ReturnType<Outbox['status']>['streams'])[]
    const sum = (read: (s: { pending: number; bytes: number; oldestMs: number | undefined }) => number): number => streams.reduce((total, s) => total + read(this.#outbox.status().streams[s]), 0)
    metrics.gauge('edge_outbox_pending_records', 'Records accepted and not confirmed by central.', () => sum((s) => s.pending))
    metrics.gauge('edge_outbox_disk_bytes', 'Disk that the outbox takes.', () => this.#outbox.status().diskBytes)
    metrics.gauge('edge_outbox_oldest_unacknowledged_seconds', 'Age of the oldest record that central has not confirmed.', () => {
      const oldest = streams.flatMap((s) => this.#outbox.status().streams[s].oldestMs ?? [])
      return oldest.length === 0 ? 0 : Math.max(0, (this.#clock.nowMs() - Math.min(...oldest)) / 1000)
    })
    metrics.gauge('edge_samples_accepted_total', 'Samples on disk since the start.', () => this.#pipeline.stats().accepted)
    metrics.gauge('edge_samples_bad_total', 'Samples whose quality is not 0.', () => this.#pipeline.stats().bad)
    metrics.gauge('edge_uplink_in_flight_bytes', 'Bytes sent and not acknowledged.', () => this.#uplink.state().inFlightBytes)
    metrics.gauge('edge_uplink_resent_records_total', 'Records sent again because no acknowledgement came.', () => this.#uplink.state().resent)
    metrics.gauge('edge_uplink_open', '1 while central takes data.', () => (this.#uplink.state().state === 'open' ? 1 : 0))
    metrics.gauge('edge_devices_lost', 'Devices that do not answer.', () => Object.values(this.deviceStates()).filter((d) => d.state === 'lost' || d.state === 'paused').length)
    for (const key of ['requests', 'answers', 'timeouts', 'exceptions', 'discarded', 'reconnects'] as const) {
      metrics.gauge(`edge_driver_${key}_total`, `Driver counter over all lines: ${key}.`, () => [...this.#lines.values()].reduce((total, { driver }) => total + driver.stats()[key], 0))
    }
    this.#health.add('outbox', () => {
      const { failure } = this.#outbox.status()
      return failure === undefined ? { ok: true, note: 'takes data' } : { ok: false, note: failure }
    })
    this.#health.add('uplink', () => {
      const { state, lastError } = this.#uplink.state()
      return { ok: state === 'open', note: lastError === undefined ? state : `${state}: ${lastError}` }
    })
    this.#health.add('devices', () => {
      const states = Object.entries(this.deviceStates())
      const lost = states.filter(([, d]) => d.state === 'lost' || d.state === 'paused').map(([id]) => id)
      // Lost devices are the mine's trouble, not the gateway's: it does its work when it says so.
      return { ok: true, note: lost.length === 0 ? `${states.length} devices` : `${lost.length} of ${states.length} devices do not answer: ${lost.slice(0, 5).join(', ')}` }
    })
  }
}
