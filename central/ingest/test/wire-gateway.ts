/*
 * A gateway on the wire for tests: births, data with positions, and what central says to it. It keeps no outbox; the
 * test decides what to send again.
 */
import { connectAsync, type MqttClient } from 'mqtt'
import { RangeSet, SampleBuilder } from '@orewatch/core'
import {
  DATA_TYPES,
  DataEncoder,
  decodePayload,
  decodeStored,
  encodePayload,
  encodePosition,
  encodeStored,
  formatTopic,
  type Metric,
  type MessageType,
  OUTBOX_METRICS,
  type OutboxRecord,
  type StoredRanges,
  type Stream,
} from '@orewatch/protocol'

/** A point of the test gateway. */
export interface WirePoint {
  readonly alias: number
  readonly device: string
  readonly name: string
  readonly unit?: string
  readonly pointCode?: string
}

/** What a test gateway is made of. */
export interface WireGatewayOptions {
  readonly url: string
  readonly group: string
  readonly node: string
  readonly password: string
  readonly incarnation?: string
  readonly session?: string
  readonly points: readonly WirePoint[]
  readonly bdSeq?: number
}

const POSITION_ALIAS = 1
const RECORD_ALIAS = 2
const STATUS_ALIAS = 3

/** See the head of the file. */
export class WireGateway {
  readonly options: Required<WireGatewayOptions>
  readonly client: MqttClient
  /** Positions that central has confirmed, by stream. */
  readonly confirmed = new Map<Stream, RangeSet>()
  /** Complete answers to births, newest last. */
  readonly answers: StoredRanges[] = []
  rebirthRequests = 0
  #seq = 0
  readonly #encoder = new DataEncoder()

  private constructor(options: Required<WireGatewayOptions>, client: MqttClient) {
    this.options = options
    this.client = client
    client.on('message', (_topic, payload) => this.#command(payload))
  }

  /** Connects with the gateway's own name as login and subscribes its commands; sends nothing yet. */
  static async connect(given: WireGatewayOptions): Promise<WireGateway> {
    const options = { incarnation: '0123456789abcdef', session: 'session-a', bdSeq: 0, ...given }
    const { url, group, node, password, bdSeq } = options
    const will = encodePayload({ metrics: [{ name: 'bdSeq', dataType: DATA_TYPES.Int64, value: bdSeq }] })
    const client = await connectAsync(url, {
      protocolVersion: 4,
      clientId: `gw-${group}-${node}`,
      username: `${group}/${node}`,
      password,
      reconnectPeriod: 0,
      will: { topic: formatTopic({ group, type: 'NDEATH', node }), payload: Buffer.from(will), qos: 0, retain: false },
    })
    client.on('error', () => undefined)
    await client.subscribeAsync(formatTopic({ group, type: 'NCMD', node }), { qos: 0 })
    return new WireGateway(options, client)
  }

  /** Sends NBIRTH and the DBIRTHs. */
  birth(overrides: { readonly session?: string; readonly incarnation?: string; readonly next?: ReadonlyMap<Stream, number>; readonly devices?: readonly string[] } = {}): void {
    const { session, incarnation, bdSeq, points } = { ...this.options, ...overrides }
    this.#seq = 0
    const next = new Map([...(overrides.next ?? [])].map(([stream, count]) => [stream, [{ first: 0, count }]] as const))
    this.publish(
      'NBIRTH',
      undefined,
      encodePayload({
        timestampMs: Date.now(),
        seq: this.#nextSeq(),
        metrics: [
          { name: 'bdSeq', dataType: DATA_TYPES.Int64, value: bdSeq },
          { name: OUTBOX_METRICS.rebirth, dataType: DATA_TYPES.Boolean, value: false },
          { name: OUTBOX_METRICS.incarnation, dataType: DATA_TYPES.String, value: incarnation },
          { name: OUTBOX_METRICS.session, dataType: DATA_TYPES.String, value: session },
          { name: OUTBOX_METRICS.position, alias: POSITION_ALIAS, dataType: DATA_TYPES.Bytes, isNull: true },
          { name: OUTBOX_METRICS.record, alias: RECORD_ALIAS, dataType: DATA_TYPES.String, isNull: true },
          { name: 'Node Info/Status', alias: STATUS_ALIAS, dataType: DATA_TYPES.String, isNull: true },
          { name: OUTBOX_METRICS.next, dataType: DATA_TYPES.Bytes, value: encodeStored({ incarnation, isComplete: true, streams: next }) },
        ],
      }),
    )
    for (const [device, metrics] of Map.groupBy(points, (point) => point.device)) {
      if (overrides.devices?.includes(device) === false) continue
      this.publish(
        'DBIRTH',
        device,
        encodePayload({
          timestampMs: Date.now(),
          seq: this.#nextSeq(),
          metrics: metrics.map(({ alias, name, unit, pointCode }) => ({
            name,
            alias,
            dataType: DATA_TYPES.Double,
            isNull: true,
            properties: { engUnit: unit ?? 'ppm', ...(pointCode !== undefined && { pointCode }) },
          })),
        }),
      )
    }
  }

  /** Sends samples `[alias, timeMs, value]` with their first position. */
  data(
    device: string,
    first: number,
    samples: readonly (readonly [alias: number, timeMs: number, value: number])[],
    options: { readonly stream?: Stream; readonly isHistorical?: boolean; readonly incarnation?: string; readonly runs?: readonly { readonly first: number; readonly count: number }[] } = {},
  ): void {
    const columns = new SampleBuilder(samples.length)
    for (const [alias, timeMs, value] of samples) columns.push(alias, timeMs, value)
    const { stream = 'vital', isHistorical = false, incarnation = this.options.incarnation, runs = [{ first, count: samples.length }] } = options
    const bytes = encodePosition({ incarnation, stream, runs })
    this.publish('DDATA', device, this.#encoder.encode({ timestampMs: Date.now(), seq: this.#nextSeq(), position: { alias: POSITION_ALIAS, bytes }, isHistorical }, columns))
  }

  /** Sends records, or whatever text stands for one. */
  records(stream: 'alarm' | 'event', first: number, records: readonly (OutboxRecord | string)[]): void {
    const metrics: Metric[] = records.map((record) => ({ alias: RECORD_ALIAS, dataType: DATA_TYPES.String, value: typeof record === 'string' ? record : JSON.stringify(record) }))
    const position = encodePosition({ incarnation: this.options.incarnation, stream, runs: [{ first, count: records.length }] })
    this.publish('NDATA', undefined, encodePayload({ timestampMs: Date.now(), seq: this.#nextSeq(), metrics: [...metrics, { alias: POSITION_ALIAS, dataType: DATA_TYPES.Bytes, value: position }] }))
  }

  /** Sends a status text. */
  status(text: string): void {
    this.publish('NDATA', undefined, encodePayload({ timestampMs: Date.now(), seq: this.#nextSeq(), metrics: [{ alias: STATUS_ALIAS, dataType: DATA_TYPES.String, value: text }] }))
  }

  /** Sends any bytes on a topic of its own. */
  publish(type: MessageType, device: string | undefined, payload: Uint8Array): void {
    const { group, node } = this.options
    this.client.publish(formatTopic({ group, type, node, ...(device !== undefined && { device }) }), Buffer.from(payload), { qos: 0 })
  }

  /** Whether central has confirmed all of these positions. */
  hasConfirmed(first: number, count: number, stream: Stream = 'vital'): boolean {
    return this.confirmed.get(stream)?.covers(first, count) ?? false
  }

  async stop(): Promise<void> {
    await this.client.endAsync(true)
  }

  #nextSeq(): number {
    const seq = this.#seq
    this.#seq = (seq + 1) & 255
    return seq
  }

  #command(bytes: Uint8Array): void {
    for (const { name, value } of decodePayload(bytes).metrics) {
      if (name === OUTBOX_METRICS.rebirth) this.rebirthRequests++
      if (name !== OUTBOX_METRICS.stored || !(value instanceof Uint8Array)) continue
      const stored = decodeStored(value)
      if (stored.isComplete) this.answers.push(stored)
      for (const [stream, ranges] of stored.streams) {
        const set = this.confirmed.get(stream) ?? new RangeSet()
        this.confirmed.set(stream, set)
        for (const range of ranges) set.add(range.first, range.count)
      }
    }
  }
}
