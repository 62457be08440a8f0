/*
 * What the server kept while we did not hear it: raw history of the nodes that have one, for the gaps between the last
 * reading before and the first after an outage. It runs beside the live readings and never in their way; a gap that
 * cannot be read stays a gap. HistoryRead is a read service.
 */
import { pause, SAMPLE_FLAGS } from '@orewatch/core'
import type { ClientSession, DataValue, HistoryReadResult } from 'node-opcua-client'
import type { DriverContext } from '../driver.ts'
import { decodeDataValue } from './codec.ts'
import type { OpcUaLineConfig } from './config.ts'
import { type OpcUaLibrary, within } from './connection.ts'
import type { Gap, Item, OpcUaDevice } from './device.ts'
import { opcuaErrors } from './errors.ts'

/** What a backfill works on. */
export interface BackfillOptions {
  readonly library: OpcUaLibrary
  readonly session: ClientSession
  readonly config: OpcUaLineConfig
  readonly ctx: DriverContext
  readonly counters: { requests: number; answers: number; timeouts: number }
  devices(): Iterable<OpcUaDevice>
}

/** One gap of one item on its way. */
interface Work {
  readonly item: Item
  readonly gap: Gap
  continuationPoint: Uint8Array | undefined
}

const NODES_PER_REQUEST = 20
const ROWS_PER_NODE = 500
// Gaps that begin and end this near to each other are read in one request.
const SAME_SPAN_MS = 60_000
const MAX_TRIES = 3
const RETRY_MS = 1_000
// A server may answer with a continuation point and no rows, but not for ever.
const MAX_BARREN_PAGES = 20
// OPC UA Part 3, 8.57: bit 2 of AccessLevel.
const HISTORY_READ = 4
// A clock further off than this says nothing about when something was (and a sample could not say by how much).
const MAX_DELTA_MS = 86_400_000
const SERVER_CURRENT_TIME = 'i=2258'

/** Reads the gaps of the devices on one session, one batch after another. */
export class Backfill {
  readonly #options: BackfillOptions
  readonly #stopping = new AbortController()
  #isRunning = false
  /** Gateway's clock minus the server's, ms. */
  #deltaMs = 0

  constructor(options: BackfillOptions) {
    this.#options = options
  }

  /** Looks for gaps and reads them; does nothing while it is at it already. */
  wake(): void {
    if (this.#isRunning || this.#stopping.signal.aborted) return
    this.#isRunning = true
    void this.#run().finally(() => {
      this.#isRunning = false
    })
  }

  /** Ends it; what is not read yet stays for the next session. */
  stop(): void {
    this.#stopping.abort()
  }

  async #run(): Promise<void> {
    for (;;) {
      const next = this.#next()
      if (next === undefined || this.#stopping.signal.aborted) return
      const [device, batch] = next
      try {
        await this.#options.ctx.ready()
        await this.#fill(device, batch)
      } catch (err) {
        if (this.#stopping.signal.aborted) return
        this.#fail(device, batch, err)
        await pause(RETRY_MS, this.#stopping.signal)
      }
    }
  }

  #isThere(device: OpcUaDevice): boolean {
    for (const one of this.#options.devices()) if (one === device) return true
    return false
  }

  /** The first device with a closed gap, and those of its gaps that fit into one request. */
  #next(): [OpcUaDevice, Work[]] | undefined {
    for (const device of this.#options.devices()) {
      const batch = new Map<Item, Work>()
      for (const item of device.items) {
        // Points that say something together, such as a value and its gate, are judged together and so read together.
        const together = device.linked(item).flatMap((other) => (batch.has(other) ? [] : workOf(other, [...batch.values()][0]?.gap)))
        if (batch.size > 0 && batch.size + together.length > NODES_PER_REQUEST) break
        for (const work of together) batch.set(work.item, work)
      }
      if (batch.size > 0) return [device, [...batch.values()]]
    }
    return undefined
  }

  async #fill(device: OpcUaDevice, batch: Work[]): Promise<void> {
    await this.#learnAccess(device, batch)
    let open = batch.filter(({ item }) => item.hasHistory === true)
    for (const { item } of batch) if (item.hasHistory !== true) item.gaps.length = 0
    const span = { fromMs: Math.min(...open.map(({ gap }) => gap.fromMs)), toMs: Math.max(...open.map(({ gap }) => gap.toMs)) }
    for (let barren = 0; open.length > 0; ) {
      await this.#options.ctx.ready()
      const results = await this.#request(open, span)
      // A device that was replaced meanwhile counts its points otherwise.
      if (this.#stopping.signal.aborted || !this.#isThere(device)) return
      const isBarren = !this.#take(device, open, results)
      barren = isBarren ? barren + 1 : 0
      if (barren > MAX_BARREN_PAGES) throw opcuaErrors.HISTORY_FAILED({ device: device.spec.id, cause: `${barren} pages without a row` })
      open = open.filter((work) => work.continuationPoint !== undefined)
    }
  }

  // The server's clock is asked along, because rows carry its times.
  async #learnAccess(device: OpcUaDevice, batch: readonly Work[]): Promise<void> {
    const { library, session, config, ctx, counters } = this.#options
    const unknown = batch.filter(({ item }) => item.hasHistory === undefined)
    const attributes = [library.AttributeIds.AccessLevel, library.AttributeIds.UserAccessLevel]
    const nodes = unknown.flatMap(({ item }) => attributes.map((attributeId) => ({ nodeId: item.nodeId as string, attributeId })))
    counters.requests++
    const [now, ...levels] = await within(session.read([{ nodeId: SERVER_CURRENT_TIME, attributeId: library.AttributeIds.Value }, ...nodes], 0), config.requestTimeoutMs, config.endpoint)
    counters.answers++
    const serverNow: unknown = now?.value.value
    this.#deltaMs = serverNow instanceof Date ? Math.round(ctx.clock.nowMs() - serverNow.getTime()) : 0
    if (Math.abs(this.#deltaMs) > MAX_DELTA_MS)
      throw opcuaErrors.HISTORY_FAILED({ device: device.spec.id, cause: `the server's clock says ${serverNow instanceof Date ? serverNow.toISOString() : 'nothing'}` })
    unknown.forEach(({ item }, i) => {
      item.hasHistory = [levels[2 * i], levels[2 * i + 1]].every((level) => level?.statusCode.value === 0 && (Number(level.value.value) & HISTORY_READ) !== 0)
    })
    if (unknown.some(({ item }) => item.hasHistory === false)) ctx.log.debug({ device: device.spec.id }, 'the server keeps no history of some points; their gaps stay')
  }

  async #request(open: readonly Work[], span: { readonly fromMs: number; readonly toMs: number }): Promise<readonly HistoryReadResult[]> {
    const { library, session, config, counters } = this.#options
    const nodesToRead = open.map(({ item, continuationPoint }) => ({
      nodeId: library.resolveNodeId(item.nodeId as string),
      ...(continuationPoint !== undefined && { continuationPoint: Buffer.from(continuationPoint) }),
    }))
    const historyReadDetails = new library.ReadRawModifiedDetails({
      isReadModified: false,
      startTime: new Date(span.fromMs),
      endTime: new Date(span.toMs),
      numValuesPerNode: ROWS_PER_NODE,
      returnBounds: false,
    })
    const request = new library.HistoryReadRequest({ historyReadDetails, nodesToRead, releaseContinuationPoints: false, timestampsToReturn: library.TimestampsToReturn.Source })
    counters.requests++
    const response = await within(session.historyRead(request), config.requestTimeoutMs, config.endpoint)
    counters.answers++
    return response.results ?? []
  }

  /** Hands on what came; true when any of it was new. */
  #take(device: OpcUaDevice, open: readonly Work[], results: readonly HistoryReadResult[]): boolean {
    const { library, ctx } = this.#options
    let rows = 0
    open.forEach((work, i) => {
      const result = results[i]
      const { item, gap } = work
      work.continuationPoint = undefined
      if (result === undefined || isBad(result.statusCode.value)) {
        this.#refuse(device, item, result?.statusCode.name ?? 'no result')
        return
      }
      const values = result.historyData instanceof library.HistoryData ? (result.historyData.dataValues ?? []) : []
      const added = this.#addRows(device, item, gap, values)
      rows += added
      if (added > 0) gap.tries = 0
      if (result.continuationPoint !== null && result.continuationPoint !== undefined && result.continuationPoint.length > 0) work.continuationPoint = result.continuationPoint
      else item.gaps = item.gaps.filter((other) => other !== gap)
    })
    if (device.history.count > 0) ctx.sink.readings(device.spec.id, device.history)
    device.history.clear()
    return rows > 0
  }

  // Only rows of the gap, each time once and in order, whatever the server makes of the question.
  #addRows(device: OpcUaDevice, item: Item, gap: Gap, values: readonly DataValue[]): number {
    let added = 0
    const rows = values.map((dataValue) => decodeDataValue(dataValue)).filter(({ sourceMs }) => sourceMs > gap.fromMs && sourceMs < gap.toMs)
    for (const { sourceMs, value, quality, reason } of rows.toSorted((a, b) => a.sourceMs - b.sourceMs)) {
      if (sourceMs <= gap.fromMs) continue
      gap.fromMs = sourceMs
      device.history.push(item.index, sourceMs, value, quality, reason, SAMPLE_FLAGS.backfilled, this.#deltaMs)
      added++
    }
    return added
  }

  #refuse(device: OpcUaDevice, item: Item, status: string): void {
    item.gaps.length = 0
    item.hasHistory = false
    this.#options.ctx.log.warn({ err: opcuaErrors.HISTORY_FAILED({ device: device.spec.id, point: item.name, node: item.nodeId, status }) }, 'history cannot be read; the gap stays')
  }

  // Tries are counted over sessions too: a history that breaks the connection must not break it for ever.
  #fail(device: OpcUaDevice, batch: readonly Work[], err: unknown): void {
    this.#options.counters.timeouts++
    const hopeless = batch.filter(({ gap }) => ++gap.tries >= MAX_TRIES)
    for (const { item, gap } of hopeless) item.gaps = item.gaps.filter((other) => other !== gap)
    this.#options.ctx.log.warn({ err, device: device.spec.id, givenUp: hopeless.map(({ item }) => item.name) }, 'history cannot be read now')
  }
}

function workOf(item: Item, first: Gap | undefined): Work[] {
  const gap = item.gaps[0]
  if (gap === undefined || item.nodeId === undefined) return []
  const isNear = first === undefined || (Math.abs(gap.fromMs - first.fromMs) <= SAME_SPAN_MS && Math.abs(gap.toMs - first.toMs) <= SAME_SPAN_MS)
  return isNear ? [{ item, gap, continuationPoint: undefined }] : []
}

function isBad(status: number): boolean {
  return status >>> 31 === 1
}
