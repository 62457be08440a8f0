/*
 * The live feed: newest samples, gateways and status to the browsers that look at them. It never hangs on a browser:
 * samples coalesce to the newest per point, a client whose socket is full is cut off, and what is shown is decided here.
 */
import { type Clock, reasonOf, type SampleColumns } from '@orewatch/core'
import type { Alarm } from '../../alarms/index.ts'
import type { Gateway } from '../../registry/index.ts'
import { toAlarmItem } from '../alarm-view.ts'
import type { GatewaySummary, Status } from '../contract.ts'
import { apiErrors } from '../errors.ts'
import type { ApiParts } from '../parts.ts'
import type { RegisterIndex, RegisterView } from '../register-view.ts'
import { numberOrNull, toGatewaySummary, toStatus } from '../views.ts'

/** One row of an `event: samples`. */
export type LiveRow = readonly [pointCode: string, timeMs: number, value: number | null, quality: number, reason: string, flags: number]

/** What a stream carries; `alarm` comes at once, one alarm an event. */
export type LiveEvent = 'samples' | 'gateway' | 'status' | 'alarm'

/** A browser that listens. */
export interface LiveClient {
  readonly user: number
  /** What it may and wants to see; equal keys must mean equal answers, so that frames are made once per key. */
  readonly filterKey: string
  sees(mine: { readonly subjectCode: string; readonly divisionCode: string }): boolean
  /** Whether its user may know of the mine, whichever it looks at: an alarm is heard on every page. */
  mayHear(mine: { readonly subjectCode: string; readonly divisionCode: string }): boolean
  /** Takes one event; false when the client is too slow or gone and has been cut off. */
  send(event: LiveEvent, frame: string): boolean
  /** Whether the session still stands; asked every 20 s. */
  isStillAllowed(): Promise<boolean>
  end(): void
}

/** Bounds of the feed. */
export interface LiveLimits {
  readonly maxClients: number
  readonly maxClientsPerUser: number
  /** Rows per frame; the rest follows in the next frame. */
  readonly maxRowsPerFrame: number
}

/** The bounds unless told otherwise. */
export const LIVE_LIMITS: LiveLimits = { maxClients: 200, maxClientsPerUser: 10, maxRowsPerFrame: 5_000 }

const FRAME_MS = 250
const GATEWAY_MS = 1_000
const STATUS_MS = 5_000
const SESSION_MS = 20_000

interface Channel {
  readonly clients: Set<LiveClient>
  /** Newest row per point that is not sent yet; bounded by the register. */
  readonly waiting: Map<number, LiveRow>
  /** The last frame sent per gateway, to send only what changed. */
  readonly gateways: Map<number, string>
}

/** Distributes what is new to the clients. */
export class LiveFeed {
  readonly #parts: Pick<ApiParts, 'ingest' | 'store' | 'relational' | 'alarms'>
  readonly #view: RegisterView
  readonly #clock: Clock
  readonly #limits: LiveLimits
  readonly #channels = new Map<string, Channel>()
  readonly #pending = new Map<number, LiveRow>()
  readonly #pushedMs = new Map<number, number>()
  readonly #timers: NodeJS.Timeout[] = []
  readonly #unsubscribe: () => void
  readonly #unsubscribeAlarms: () => void
  #index: RegisterIndex | undefined
  #cutClients = 0

  constructor(options: { readonly parts: Pick<ApiParts, 'ingest' | 'store' | 'relational' | 'alarms'>; readonly view: RegisterView; readonly clock: Clock; readonly limits?: LiveLimits }) {
    this.#parts = options.parts
    this.#view = options.view
    this.#clock = options.clock
    this.#limits = options.limits ?? LIVE_LIMITS
    this.#unsubscribe = options.parts.ingest.onSamples((samples) => this.#take(samples))
    this.#unsubscribeAlarms = options.parts.alarms.onChange((alarms) => this.#sendAlarms(alarms))
    this.#every(FRAME_MS, () => this.flush())
    this.#every(GATEWAY_MS, () => this.#sendGateways())
    this.#every(STATUS_MS, () => this.sendStatus())
    this.#every(SESSION_MS, () => void this.checkSessions())
  }

  /** How many browsers listen. */
  get clientCount(): number {
    let count = 0
    for (const { clients } of this.#channels.values()) count += clients.size
    return count
  }

  /** How many browsers were cut off because they did not read. */
  get cutClients(): number {
    return this.#cutClients
  }

  /** Adds a browser and tells it at once how things stand. Throws API_TOO_MANY_STREAMS beyond the bounds. */
  async add(client: LiveClient): Promise<void> {
    this.#index = await this.#view.current()
    this.#demandRoom(client)
    const channel = this.#channels.get(client.filterKey) ?? { clients: new Set(), waiting: new Map(), gateways: new Map() }
    this.#channels.set(client.filterKey, channel)
    channel.clients.add(client)
    const isFirst = channel.clients.size === 1
    this.#send(channel, client, 'status', JSON.stringify(this.#status()))
    for (const gateway of this.#gatewaysFor(client)) {
      const frame = JSON.stringify(this.#summary(gateway))
      // Others of the channel may not have seen it yet; for the first one it is what was last sent.
      if (isFirst) channel.gateways.set(gateway.id, frame)
      this.#send(channel, client, 'gateway', frame)
    }
  }

  /** Throws API_TOO_MANY_STREAMS when another client would not be let in. */
  demandRoom(user: number): void {
    this.#demandRoom({ user })
  }

  /** Forgets a browser. */
  remove(client: LiveClient): void {
    const channel = this.#channels.get(client.filterKey)
    channel?.clients.delete(client)
    if (channel?.clients.size === 0) this.#channels.delete(client.filterKey)
    if (this.#channels.size === 0) this.#pending.clear()
  }

  /** Whether somebody watches a point, and when it was last sent to anybody. */
  reach(point: number, subjectCode: string): { readonly viewers: number; readonly lastPushMs?: number } {
    const mine = this.#index?.points.get(point)
    let viewers = 0
    for (const { clients } of this.#channels.values()) {
      for (const client of clients) if (mine !== undefined && client.sees({ subjectCode, divisionCode: mine.divisionCode })) viewers++
    }
    const lastPushMs = this.#pushedMs.get(point)
    return { viewers, ...(lastPushMs !== undefined && { lastPushMs }) }
  }

  /** Sends the frames that are due; called four times a second. */
  flush(): void {
    const index = this.#index
    if (index === undefined || this.#channels.size === 0) return
    for (const channel of this.#channels.values()) this.#collect(channel, index)
    this.#pending.clear()
    for (const channel of this.#channels.values()) this.#sendRows(channel)
  }

  /** Tells every browser how central stands; the heartbeat of the streams. */
  sendStatus(): void {
    if (this.#channels.size === 0) return
    const frame = JSON.stringify(this.#status())
    for (const channel of this.#channels.values()) this.#broadcast(channel, 'status', frame)
  }

  /** Ends the streams whose sessions no longer stand. */
  async checkSessions(): Promise<void> {
    const clients = [...this.#channels.values()].flatMap(({ clients: all }) => [...all])
    await Promise.all(
      clients.map(async (client) => {
        const isAllowed = await client.isStillAllowed().catch(() => false)
        if (isAllowed) return
        this.remove(client)
        client.end()
      }),
    )
  }

  /** Ends all streams. */
  close(): void {
    this.#unsubscribe()
    this.#unsubscribeAlarms()
    for (const timer of this.#timers) clearInterval(timer)
    for (const { clients } of this.#channels.values()) for (const client of clients) client.end()
    this.#channels.clear()
    this.#pending.clear()
  }

  #demandRoom({ user }: { readonly user: number }): void {
    const clients = [...this.#channels.values()].flatMap(({ clients: all }) => [...all])
    if (clients.length >= this.#limits.maxClients) throw apiErrors.TOO_MANY_STREAMS({ maxClients: this.#limits.maxClients })
    const own = clients.filter((client) => client.user === user).length
    if (own >= this.#limits.maxClientsPerUser) throw apiErrors.TOO_MANY_STREAMS({ maxClientsPerUser: this.#limits.maxClientsPerUser })
  }

  #every(periodMs: number, act: () => void): void {
    this.#timers.push(setInterval(act, periodMs).unref())
  }

  // Runs inside ingest: only remembers, never sends.
  #take(samples: SampleColumns): void {
    const points = this.#index?.points
    if (points === undefined || this.#channels.size === 0) return
    for (let i = 0; i < samples.count; i++) {
      const id = samples.key[i] as number
      const timeMs = samples.timeMs[i] as number
      const point = points.get(id)
      const known = this.#pending.get(id)
      // A backlog comes beside live data and must not turn a live value back.
      if (point === undefined || (known !== undefined && known[1] > timeMs)) continue
      this.#pending.set(id, [point.pointCode, timeMs, numberOrNull(samples.value[i] as number), samples.quality[i] as number, reasonOf(samples.reason[i] as number), samples.flags[i] as number])
    }
  }

  #collect(channel: Channel, index: RegisterIndex): void {
    const [first] = channel.clients
    if (first === undefined) return
    for (const [id, row] of this.#pending) {
      const point = index.points.get(id)
      if (point === undefined || !first.sees(point)) continue
      const known = channel.waiting.get(id)
      if (known === undefined || known[1] <= row[1]) channel.waiting.set(id, row)
    }
  }

  #sendRows(channel: Channel): void {
    if (channel.waiting.size === 0) return
    const items: LiveRow[] = []
    const nowMs = this.#clock.nowMs()
    for (const [id, row] of channel.waiting) {
      if (items.length === this.#limits.maxRowsPerFrame) break
      items.push(row)
      channel.waiting.delete(id)
      this.#pushedMs.set(id, nowMs)
    }
    this.#broadcast(channel, 'samples', JSON.stringify({ items }))
  }

  // At once and before everything else: an alarm waits for no frame.
  #sendAlarms(alarms: readonly Alarm[]): void {
    const index = this.#index
    if (index === undefined || this.#channels.size === 0) return
    const { alarms: part } = this.#parts
    for (const alarm of alarms) {
      const frame = JSON.stringify(toAlarmItem(alarm, { index, describeRule: (ruleId) => part.describeRule(ruleId) }))
      const mine = alarm.subjectCode === undefined ? undefined : index.mineByCode.get(alarm.subjectCode)
      for (const channel of this.#channels.values()) {
        const [first] = channel.clients
        if (first !== undefined && (mine === undefined || first.mayHear(mine))) this.#broadcast(channel, 'alarm', frame)
      }
    }
  }

  #sendGateways(): void {
    if (this.#channels.size === 0) return
    void this.#refreshIndex()
    for (const channel of this.#channels.values()) {
      const [first] = channel.clients
      if (first === undefined) continue
      for (const gateway of this.#gatewaysFor(first)) {
        const frame = JSON.stringify(this.#summary(gateway))
        if (channel.gateways.get(gateway.id) === frame) continue
        channel.gateways.set(gateway.id, frame)
        this.#broadcast(channel, 'gateway', frame)
      }
    }
  }

  // While the database is away the last index serves on: the points that it knows still move.
  async #refreshIndex(): Promise<void> {
    const index = await this.#view.current().catch(() => undefined)
    if (index !== undefined) this.#index = index
  }

  #gatewaysFor(client: LiveClient): Gateway[] {
    const index = this.#index
    if (index === undefined) return []
    const mines = index.mines.filter((mine) => client.sees(mine))
    return mines.flatMap((mine) => index.gatewaysOfMine.get(mine.subjectCode) ?? [])
  }

  #summary(gateway: Gateway): GatewaySummary {
    return toGatewaySummary(gateway, this.#parts.ingest.session(gateway.id))
  }

  #status(): Status {
    return toStatus(this.#parts)
  }

  #broadcast(channel: Channel, event: LiveEvent, frame: string): void {
    for (const client of channel.clients) this.#send(channel, client, event, frame)
  }

  #send(channel: Channel, client: LiveClient, event: LiveEvent, frame: string): void {
    if (client.send(event, frame)) return
    this.#cutClients++
    channel.clients.delete(client)
    if (channel.clients.size === 0) this.#channels.delete(client.filterKey)
  }
}
