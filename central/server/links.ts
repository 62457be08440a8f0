import type { Link } from '@orewatch/alarm-rules'
import type { Clock } from '@orewatch/core'
import type { PartHealth } from '@orewatch/observability'
import type { LinkSource } from '../alarms/index.ts'
import type { Ingest } from '../ingest/index.ts'
import type { Gateway, PointRow, Registry } from '../registry/index.ts'

// A gateway's death is told at once by its will; what is shorter is a reconnect.
const UPLINK_MS = 10_000
// It reports every ten seconds.
const STATUS_MS = 35_000
const CENTRAL_MS = 15_000
const DEVICE_MS = 15_000
const LOST_PERIODS = 3
const READ_EVERY_MS = 30_000
const PAGE = 1_000

interface Register {
  readonly gateways: readonly Gateway[]
  readonly points: readonly PointRow[]
}

/**
 * The way of all readings as a tree, from what ingest and the gateways report: ingest → broker → uplink of a gateway → the
 * gateway itself → its lines → its devices.
 */
export class WayLinks implements LinkSource {
  readonly #ingest: Pick<Ingest, 'health' | 'brokerHealth' | 'session'>
  readonly #registry: Pick<Registry, 'gateways' | 'points'>
  readonly #clock: Clock
  readonly #startedMs: number
  readonly #wellMs = { ingest: 0, broker: 0 }
  readonly #subjects = new Map<string, string>()
  readonly #pointsOf = new Map<string, number[]>()
  #register: Register = { gateways: [], points: [] }
  #readMs = Number.NEGATIVE_INFINITY

  constructor(parts: { readonly ingest: Pick<Ingest, 'health' | 'brokerHealth' | 'session'>; readonly registry: Pick<Registry, 'gateways' | 'points'>; readonly clock: Clock }) {
    this.#ingest = parts.ingest
    this.#registry = parts.registry
    this.#clock = parts.clock
    this.#startedMs = parts.clock.nowMs()
    this.#wellMs.ingest = this.#wellMs.broker = this.#startedMs
  }

  /** Reads the register again when it is old; rejects with its errors. */
  async refresh(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#readMs < READ_EVERY_MS) return
    const scope = { divisionPrefix: '' }
    const gateways = await this.#registry.gateways(scope)
    const points: PointRow[] = []
    for (let after: { readonly after?: string } = {}; ; ) {
      const page = await this.#registry.points({ scope, limit: PAGE, ...after })
      points.push(...page.rows)
      if (page.next === undefined) break
      after = { after: page.next }
    }
    this.#register = { gateways, points }
    this.#readMs = this.#clock.monotonicMs()
  }

  tree(): Link | undefined {
    if (this.#readMs === Number.NEGATIVE_INFINITY) return undefined
    this.#subjects.clear()
    this.#pointsOf.clear()
    const byGateway = Map.groupBy(this.#register.points, ({ gateway }) => gateway)
    // A gateway that has never had a point is being set up and silences nobody.
    const uplinks = this.#register.gateways.flatMap((gateway) => {
      const points = byGateway.get(gateway.id)
      return points === undefined ? [] : [this.#uplink(gateway, points)]
    })
    const broker: Link = { id: 'broker', kind: 'broker', heardMs: this.#well('broker', this.#ingest.brokerHealth()), limitMs: CENTRAL_MS, children: uplinks }
    this.#pointsOf.set(
      'broker',
      this.#register.points.map(({ id }) => id),
    )
    this.#pointsOf.set('ingest', this.#pointsOf.get('broker') ?? [])
    return { id: 'ingest', kind: 'ingest', heardMs: this.#well('ingest', this.#ingest.health()), limitMs: CENTRAL_MS, children: [broker] }
  }

  subjectOf(link: string): string | undefined {
    return this.#subjects.get(link)
  }

  pointsBehind(link: string): readonly number[] {
    return this.#pointsOf.get(link) ?? []
  }

  #well(part: 'ingest' | 'broker', { ok }: PartHealth): number {
    if (ok) this.#wellMs[part] = this.#clock.nowMs()
    return this.#wellMs[part]
  }

  #uplink(gateway: Gateway, points: readonly PointRow[]): Link {
    const key = `${gateway.group}/${gateway.node}`
    const session = this.#ingest.session(gateway.id)
    const nowMs = this.#clock.nowMs()
    this.#name(key, gateway, points)
    const heardMs = session.isOnline ? nowMs : Math.max(session.sinceMs ?? 0, this.#startedMs)
    return { id: key, kind: 'uplink', heardMs, limitMs: UPLINK_MS, children: session.isOnline ? [this.#gateway(key, gateway, points)] : [] }
  }

  #gateway(key: string, gateway: Gateway, points: readonly PointRow[]): Link {
    const { status, statusReceivedMs, sinceMs = this.#startedMs } = this.#ingest.session(gateway.id)
    const id = `${key}/gateway`
    this.#name(id, gateway, points)
    // Gateways of others tell no status; then only their points can be judged.
    if (status === undefined || statusReceivedMs === undefined) return { id, kind: 'gateway', limitMs: STATUS_MS }
    const byDevice = Map.groupBy(points, ({ device }) => device)
    const devices = Object.entries(status.devices).map(([device, { line, state, sinceMs: stateSinceMs, lastReadMs }]) => {
      const own = byDevice.get(device) ?? []
      const newestMs = state === 'lost' || state === 'paused' ? stateSinceMs : state === 'live' ? (lastReadMs ?? stateSinceMs) : status.timeMs
      // Both times are the gateway's, so that its clock may be off without harm.
      const heardMs = statusReceivedMs - Math.max(0, status.timeMs - newestMs)
      const limitMs = Math.max(DEVICE_MS, LOST_PERIODS * Math.max(0, ...own.map(({ periodMs }) => periodMs)))
      const deviceId = `${key}/device/${device}`
      this.#name(deviceId, gateway, own)
      return { line, own, link: { id: deviceId, kind: 'sensor' as const, heardMs: Math.max(heardMs, sinceMs), limitMs } }
    })
    const lines = [...Map.groupBy(devices, ({ line }) => line)].map(([line, members]): Link => {
      const lineId = `${key}/line/${line}`
      this.#name(
        lineId,
        gateway,
        members.flatMap(({ own }) => own),
      )
      return { id: lineId, kind: 'bus', limitMs: DEVICE_MS, children: members.map(({ link }) => link) }
    })
    return { id, kind: 'gateway', heardMs: statusReceivedMs, limitMs: STATUS_MS, children: lines }
  }

  #name(link: string, gateway: Gateway, points: readonly PointRow[]): void {
    this.#subjects.set(link, gateway.subjectCode)
    this.#pointsOf.set(
      link,
      points.map(({ id }) => id),
    )
  }
}
