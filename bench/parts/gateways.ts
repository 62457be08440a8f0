/*
 * Real outboxes and uplinks of several gateways in one process, with live readings beside the backlog. Arguments: one
 * JSON of GatewaysOptions. Asked `status` it says where they stand, asked `finish` it ends the live readings and waits
 * until everything is acknowledged.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { checkValue } from '@orewatch/config'
import { SampleBuilder, systemClock } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import type { Outbox } from '../../edge/outbox/index.ts'
import { UplinkConfig } from '../../edge/uplink/settings.ts'
import { Uplink } from '../../edge/uplink/uplink.ts'
import { benchErrors } from './errors.ts'
import { GROUP, nodeOf, subjectOf } from './names.ts'
import { aliasesOf, type BacklogOptions, DEVICE, openBenchOutbox, readAll } from './outboxes.ts'
import { percentilesOf } from './percentiles.ts'

/** What the gateways are told on their command line, as JSON. */
export interface GatewaysOptions extends BacklogOptions {
  readonly url: string
  readonly passwordFile: string
  /** Pause between two live readings of all points of a gateway, ms. */
  readonly livePeriodMs: number
}

/** Where the gateways stand. */
export interface GatewaysStatus {
  /** Samples of the backlog that central has not acknowledged. */
  readonly backlog: number
  readonly liveSamples: number
  readonly resent: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** A live reading that is not acknowledged: its positions, and when it was made, monotonic ms. */
interface LiveReading {
  readonly first: number
  readonly end: number
  readonly sinceMs: number
}

const FINISH_TIMEOUT_MS = 120_000

/** One gateway of the process. */
class BenchGateway {
  readonly #outbox: Outbox
  readonly #uplink: Uplink
  readonly #aliases: readonly number[]
  readonly #backlogEnd: number
  readonly #rows: SampleBuilder
  readonly #waiting: LiveReading[] = []
  readonly waitsMs: number[] = []
  liveSamples = 0

  constructor(outbox: Outbox, index: number) {
    this.#aliases = aliasesOf(outbox, index, options.points)
    this.#backlogEnd = outbox.next('routine')
    this.#rows = new SampleBuilder(options.points)
    this.#outbox = this.#watched(outbox)
    this.#uplink = new Uplink({
      config: checkValue({ url: options.url, passwordFile: options.passwordFile }, UplinkConfig, (path) => path.join('.')),
      group: GROUP,
      node: nodeOf(index),
      subject: subjectOf(index),
      software: 'orewatch-bench',
      outbox: this.#outbox,
      clock: systemClock,
      log: silentLogger(),
      devices: () => new Map([[DEVICE, { family: 'gas-substation', profile: 'bench', title: DEVICE }]]),
      status: () => ({ devices: {}, clock: { source: 'system', isTrusted: true } }),
      onReload: () => undefined,
    })
  }

  start(): void {
    this.#uplink.start()
  }

  /** Reads all points once and accepts them. */
  async read(): Promise<void> {
    const sinceMs = performance.now()
    this.#rows.clear()
    readAll(this.#rows, this.#aliases, Date.now())
    const { first, count } = await this.#outbox.append('routine', this.#rows)
    this.liveSamples += count
    this.#waiting.push({ first, end: first + count, sinceMs })
    this.#settle()
  }

  get backlog(): number {
    let left = 0
    for (let at = 0, gap = this.#outbox.firstPending('routine', 0, this.#backlogEnd); gap !== undefined; gap = this.#outbox.firstPending('routine', at, this.#backlogEnd)) {
      left += gap.count
      at = gap.first + gap.count
    }
    return left
  }

  get isDone(): boolean {
    return this.#outbox.firstPending('routine', 0, this.#outbox.next('routine')) === undefined
  }

  get resent(): number {
    return this.#uplink.state().resent
  }

  async stop(): Promise<void> {
    await this.#uplink.stop()
    await this.#outbox.close()
  }

  // The uplink's own way of confirming, with a look at what it frees.
  #watched(outbox: Outbox): Outbox {
    const confirm: Outbox['confirm'] = (stored) => {
      outbox.confirm(stored)
      this.#settle()
    }
    return new Proxy(outbox, {
      get: (target, key) => {
        if (key === 'confirm') return confirm
        const member: unknown = Reflect.get(target, key, target)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  }

  #settle(): void {
    const nowMs = performance.now()
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const { first, end, sinceMs } = this.#waiting[i] as LiveReading
      if (this.#outbox.firstPending('routine', first, end) !== undefined) continue
      this.waitsMs.push(nowMs - sinceMs)
      this.#waiting.splice(i, 1)
    }
  }
}

const options = JSON.parse(process.argv[2] ?? '{}') as GatewaysOptions
const gateways: BenchGateway[] = []
for (let index = 0; index < options.gateways; index++) gateways.push(new BenchGateway(await openBenchOutbox(options.directory, index), index))
const live = new AbortController()
const readings = gateways.map((gateway, i) => readLive(gateway, i))

process.on('message', (question: 'start' | 'status' | 'finish') => {
  answer(question).then(
    (reply) => process.send?.(reply),
    (err: unknown) => {
      process.stderr.write(`gateways: ${String(err)}\n`)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit(0))
process.once('SIGTERM', () => process.exit(0))
process.send?.({ kind: 'ready' })

async function answer(question: 'start' | 'status' | 'finish'): Promise<object> {
  if (question === 'start') for (const gateway of gateways) gateway.start()
  if (question !== 'finish') return status()
  live.abort()
  await Promise.all(readings)
  const deadlineMs = performance.now() + FINISH_TIMEOUT_MS
  while (gateways.some((gateway) => !gateway.isDone)) {
    if (performance.now() > deadlineMs) throw benchErrors.STUCK({ waitedMs: FINISH_TIMEOUT_MS })
    await sleep(20)
  }
  const last = status()
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  return last
}

function status(): GatewaysStatus {
  const sum = (read: (gateway: BenchGateway) => number): number => gateways.reduce((total, gateway) => total + read(gateway), 0)
  return { backlog: sum((g) => g.backlog), liveSamples: sum((g) => g.liveSamples), resent: sum((g) => g.resent), ...percentilesOf(gateways.flatMap((g) => g.waitsMs)) }
}

// Gateways do not read at the same moment.
async function readLive(gateway: BenchGateway, index: number): Promise<void> {
  let dueMs = performance.now() + (index * options.livePeriodMs) / options.gateways
  while (!live.signal.aborted) {
    await sleep(Math.max(0, dueMs - performance.now()))
    await gateway.read()
    dueMs += options.livePeriodMs
  }
}
