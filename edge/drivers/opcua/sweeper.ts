import type { ClientSession } from 'node-opcua-client'
import type { DriverContext } from '../driver.ts'
import type { OpcUaLineConfig } from './config.ts'
import { type OpcUaLibrary, within } from './connection.ts'
import type { Item, OpcUaDevice } from './device.ts'

/** What a sweeper works on. */
export interface SweeperOptions {
  readonly library: OpcUaLibrary
  readonly session: ClientSession
  readonly config: OpcUaLineConfig
  readonly ctx: DriverContext
  readonly counters: { requests: number; answers: number; timeouts: number }
  devices(): Iterable<OpcUaDevice>
  onReading(device: OpcUaDevice, add: () => void): void
  /** The session does not serve reads any more. */
  onFailed(): void
}

interface Grid {
  dueMs: number
  /** When the sweep before began. */
  sweptMs: number
  isBusy: boolean
}

const NODES_PER_READ = 200

/**
 * Reads, each period, the items that gave nothing during that period: a subscription is silent about values that do not
 * change, but completeness and stuck detection need every sample.
 */
export class Sweeper {
  readonly #options: SweeperOptions
  readonly #grids = new Map<number, Grid>()
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: SweeperOptions) {
    this.#options = options
  }

  /** Begins; the first sweep of a period is one period from now. */
  start(): void {
    this.refresh()
  }

  /** Takes up the periods of devices that came since. */
  refresh(): void {
    if (this.#isStopped) return
    const nowMs = this.#options.ctx.clock.monotonicMs()
    for (const device of this.#options.devices()) {
      for (const { periodMs } of device.items) {
        if (!this.#grids.has(periodMs)) this.#grids.set(periodMs, { dueMs: nowMs + periodMs, sweptMs: nowMs, isBusy: false })
      }
    }
    this.#arm()
  }

  /** Ends it. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const soonestMs = Math.min(...[...this.#grids.values()].map((grid) => grid.dueMs))
    if (this.#isStopped || !Number.isFinite(soonestMs)) return
    this.#timer = setTimeout(() => this.#tick(), Math.min(3_600_000, Math.max(1, Math.ceil(soonestMs - this.#options.ctx.clock.monotonicMs()))))
  }

  #tick(): void {
    const nowMs = this.#options.ctx.clock.monotonicMs()
    for (const [periodMs, grid] of this.#grids) {
      if (grid.dueMs > nowMs) continue
      grid.dueMs += (1 + Math.floor((nowMs - grid.dueMs) / periodMs)) * periodMs
      // A sweep that is still waiting stands for this one too: cycles are left out, never queued.
      if (!grid.isBusy) void this.#sweep(periodMs, grid)
    }
    this.#arm()
  }

  async #sweep(periodMs: number, grid: Grid): Promise<void> {
    grid.isBusy = true
    try {
      await this.#options.ctx.ready()
      await this.#readQuiet(periodMs, grid)
    } catch (err) {
      if (this.#isStopped) return
      this.#options.counters.timeouts++
      this.#options.ctx.log.warn({ err }, 'OPC UA read failed')
      this.#options.onFailed()
    } finally {
      grid.isBusy = false
    }
  }

  async #readQuiet(periodMs: number, grid: Grid): Promise<void> {
    const { ctx, onReading } = this.#options
    const nowMs = ctx.clock.monotonicMs()
    const sinceMs = grid.sweptMs
    grid.sweptMs = nowMs
    const quiet: [OpcUaDevice, Item][] = []
    for (const device of this.#options.devices()) {
      for (const item of device.items) {
        if (item.periodMs !== periodMs || item.lastMs > sinceMs) continue
        if (item.nodeId === undefined) onReading(device, () => device.addUnknown(item, nowMs))
        else quiet.push([device, item])
      }
    }
    for (let at = 0; at < quiet.length && !this.#isStopped; at += NODES_PER_READ) await this.#read(quiet.slice(at, at + NODES_PER_READ), nowMs)
  }

  async #read(items: readonly [OpcUaDevice, Item][], nowMs: number): Promise<void> {
    const { library, session, config, counters, onReading } = this.#options
    counters.requests++
    const values = await within(
      session.read(
        items.map(([, { nodeId }]) => ({ nodeId: nodeId as string, attributeId: library.AttributeIds.Value })),
        0,
      ),
      config.requestTimeoutMs,
      config.endpoint,
    )
    counters.answers++
    if (this.#isStopped) return
    // Counted as of the sweep's beginning: an answer that takes its time must not pass for a sample of the next period.
    items.forEach(([device, item], i) => {
      const dataValue = values[i]
      if (dataValue !== undefined) onReading(device, () => device.add(item, dataValue, nowMs, 'read'))
    })
  }
}
