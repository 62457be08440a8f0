/*
 * Turns births into what the hot path needs: the gateway's register entry, the ranges stored of its outbox, and a point
 * for every alias. Asynchronous and retried, because register and store may be away. Not here: data (data-intake.ts).
 */
import { setTimeout } from 'node:timers/promises'
import { type Clock, CodedError, RangeSet } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import { decodePayload, protocolErrors, STREAMS, type StoredRanges, type Stream } from '@orewatch/protocol'
import type { RangeStore } from '../records/records.ts'
import type { Gateway, Registry, Resolution } from '../registry/registry.ts'
import type { TelemetryStore } from '../telemetry/store.ts'
import { type DeclaredMetric, NODE_DEVICE, type NodeBirth, readNodeBirth, readPoints } from './birth-reader.ts'
import { ingestErrors } from './errors.ts'
import type { EventOutlet } from './event-outlet.ts'
import { type PointSource, PointTable } from './point-table.ts'
import { type GatewaySession, OutboxLedger } from './session.ts'

/** What births are looked up in. */
export interface BirthDeskOptions {
  readonly registry: Pick<Registry, 'gatewayByTopic' | 'gatewayIdentity' | 'resolve'>
  readonly store: Pick<TelemetryStore, 'storedRanges'>
  readonly ranges: Pick<RangeStore, 'load'>
  readonly outlet: EventOutlet
  readonly clock: Clock
  readonly log: Logger
  /** Births worked on at the same time. */
  readonly maxConcurrent: number
  /** Called with the points that a birth resolved. */
  readonly onResolved: (session: GatewaySession, sources: readonly PointSource[]) => void
}

const MAX_POINTS_PER_GATEWAY = 50_000
const KEPT_SESSION_IDS = 4
const FIRST_PAUSE_MS = 200
const MAX_PAUSE_MS = 5_000

/** Works on births. */
export class BirthDesk {
  readonly #options: BirthDeskOptions
  readonly #stop = new AbortController()
  readonly #waiting: (() => void)[] = []
  #running = 0
  #failure: string | undefined

  constructor(options: BirthDeskOptions) {
    this.#options = options
  }

  /** Whether births can be looked up. */
  health(): { readonly ok: boolean; readonly note: string } {
    return this.#failure === undefined ? { ok: true, note: 'births are resolved' } : { ok: false, note: `births cannot be resolved: ${this.#failure}` }
  }

  /** An NBIRTH: begins a session. Rejects with PROTOCOL_* when it is damaged, INGEST_CLOSED when ingest stops. */
  async node(session: GatewaySession, bytes: Uint8Array): Promise<void> {
    const payload = decodePayload(bytes)
    const node = readNodeBirth(payload)
    this.#watchIdentity(session, node)
    const { registry, outlet, clock } = this.#options
    const { gateway, identity } = await this.#try(async () => {
      const found = await registry.gatewayByTopic(session.group, session.node)
      return { gateway: found, identity: found?.id ?? (await registry.gatewayIdentity(session.group, session.node)) }
    })
    if (gateway === undefined) outlet.security('unknown-gateway', session.key, { why: 'it has credentials and is not in the register' })
    const table = new PointTable()
    await this.#resolve(table, gateway, readPoints(NODE_DEVICE, payload))
    await this.#openLedger(session, identity, node)
    session.birth = { node, gateway, identity, table, sinceMs: clock.nowMs() }
    session.seq = payload.seq ?? -1
    session.isOnline = true
    session.sinceMs = clock.nowMs()
    this.#options.onResolved(session, table.sources)
  }

  /** A DBIRTH: the points of one device. False when no NBIRTH came before. */
  async device(session: GatewaySession, device: string, bytes: Uint8Array): Promise<boolean> {
    const { birth } = session
    if (birth === undefined) return false
    const payload = decodePayload(bytes)
    const resolved = await this.#resolve(birth.table, birth.gateway, readPoints(device, payload))
    if (payload.seq !== undefined) session.seq = payload.seq
    this.#options.onResolved(session, resolved)
    return true
  }

  /** Looks everything of a session up again, after the register changed. False when the gateway itself is new there. */
  async refresh(session: GatewaySession): Promise<boolean> {
    const { birth } = session
    if (birth === undefined) return false
    const gateway = await this.#try(() => this.#options.registry.gatewayByTopic(session.group, session.node))
    if (gateway?.id !== birth.gateway?.id) return false
    const resolved = await this.#resolve(
      birth.table,
      gateway,
      birth.table.sources.map((source) => source.declared),
    )
    this.#options.onResolved(session, resolved)
    return true
  }

  stop(): void {
    this.#stop.abort()
    for (const resume of this.#waiting.splice(0)) resume()
  }

  async #resolve(table: PointTable, gateway: Gateway | undefined, declared: readonly DeclaredMetric[]): Promise<PointSource[]> {
    if (table.sources.length + declared.length > MAX_POINTS_PER_GATEWAY * 2) throw protocolErrors.TOO_LARGE({ why: 'too many points', limit: MAX_POINTS_PER_GATEWAY })
    const askable = gateway === undefined ? [] : declared.filter((metric) => metric.unsupported === undefined)
    const resolutions =
      gateway === undefined || askable.length === 0
        ? []
        : await this.#try(() =>
            this.#options.registry.resolve(
              gateway,
              askable.map((metric) => metric.announced),
            ),
          )
    const found = new Map<DeclaredMetric, Resolution>(askable.flatMap((metric, i) => (resolutions[i] === undefined ? [] : [[metric, resolutions[i]]])))
    const sources = declared.map((metric) => sourceOf(metric, found.get(metric), gateway, table))
    for (const source of sources) table.put(source)
    return sources
  }

  async #openLedger(session: GatewaySession, identity: number, node: NodeBirth): Promise<void> {
    const { incarnation } = node
    if (incarnation === undefined) {
      session.ledger = undefined
      return
    }
    const [samples, others] = await this.#try(() => Promise.all([this.#options.store.storedRanges(identity, incarnation), this.#options.ranges.load(identity, incarnation)]))
    const older = session.ledger
    const ledger = older?.incarnation === incarnation ? older : new OutboxLedger(incarnation)
    for (const ranges of [samples, others]) for (const [stream, runs] of ranges) ledger.add('stored', stream, runs)
    session.ledger = ledger
    if (older !== undefined && older !== ledger) this.#options.outlet.completeness(identity, 'new-incarnation', { from: older.incarnation, to: incarnation })
    const ahead = streamsAhead(ledger, node.next)
    if (ahead.length > 0) this.#options.outlet.security('restored-image', session.key, { why: 'central has stored positions that the gateway has not reached', incarnation, streams: ahead })
  }

  // Births of one program start carry one session id; A, B, A means that two programs are alive.
  #watchIdentity(session: GatewaySession, { session: id }: NodeBirth): void {
    if (id === undefined || session.sessionIds[0] === id) return
    if (session.sessionIds.includes(id)) this.#options.outlet.security('duplicate-identity', session.key, { why: 'two programs report as one gateway', sessions: [id, session.sessionIds[0]] })
    session.sessionIds = [id, ...session.sessionIds.filter((other) => other !== id)].slice(0, KEPT_SESSION_IDS)
  }

  async #try<T>(lookUp: () => Promise<T>): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      await this.#enter()
      try {
        const result = await lookUp()
        this.#failure = undefined
        return result
      } catch (err) {
        if (err instanceof CodedError && err.retry === 'never') throw err
        if (this.#failure === undefined) this.#options.log.error({ err }, 'births cannot be resolved; trying again')
        this.#failure = err instanceof Error ? err.message.slice(0, 300) : String(err)
      } finally {
        this.#leave()
      }
      await setTimeout(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    }
  }

  async #enter(): Promise<void> {
    while (this.#running >= this.#options.maxConcurrent && !this.#stop.signal.aborted) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (this.#stop.signal.aborted) throw ingestErrors.CLOSED()
    this.#running++
  }

  #leave(): void {
    this.#running--
    this.#waiting.shift()?.()
  }
}

function sourceOf(declared: DeclaredMetric, resolution: Resolution | undefined, gateway: Gateway | undefined, table: PointTable): PointSource {
  const older = table.byName(declared.announced.device, declared.announced.metric)
  const kept = { declared, lastRefusedMs: older?.lastRefusedMs ?? 0, lastRefusal: older?.lastRefusal }
  if (gateway === undefined) return { ...kept, point: 0, refused: { code: 'unknown-gateway', detail: 'the gateway has credentials and is not in the register' } }
  if (declared.unsupported !== undefined) return { ...kept, point: 0, refused: { code: 'unsupported-type', detail: declared.unsupported } }
  if (resolution === undefined) return { ...kept, point: 0, refused: { code: 'unknown-point', detail: 'the register did not answer for this point' } }
  if ('refused' in resolution) return { ...kept, point: 0, refused: { code: resolution.refused, detail: resolution.detail } }
  return { ...kept, point: resolution.point.id, refused: undefined }
}

function streamsAhead(ledger: OutboxLedger, next: StoredRanges | undefined): Stream[] {
  if (next === undefined || next.incarnation !== ledger.incarnation) return []
  return STREAMS.filter((stream) => (ledger.stored.get(stream)?.end ?? 0) > RangeSet.of(next.streams.get(stream) ?? []).end)
}
