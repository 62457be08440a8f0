/*
 * A gateway of the load generator: real births, positions of its own outbox, an acknowledgement window, messages sent
 * again when none comes. It makes its readings itself and keeps no disk, so that central is what is measured.
 */
import { randomBytes } from 'node:crypto'
import { RangeSet, SampleBuilder } from '@orewatch/core'
import { DATA_TYPES, DataEncoder, decodePayload, decodeStored, encodePayload, encodePosition, encodeStored, formatTopic, type MessageType, OUTBOX_METRICS, POINT_PROPERTIES } from '@orewatch/protocol'
import { connectAsync, type MqttClient } from 'mqtt'
import { benchErrors } from './errors.ts'
import { GROUP, nodeOf, pointCodeOf, UNIT, valueOf } from './names.ts'

/** What a gateway of the load generator is made of. */
export interface SimulatedGatewayOptions {
  readonly url: string
  readonly index: number
  readonly password: string
  readonly devices: number
  readonly pointsPerDevice: number
  /** Bytes sent and not acknowledged. */
  readonly windowBytes: number
  /** Called for each acknowledged message with its samples and the ms from its due time to its acknowledgement. */
  readonly onStored: (samples: number, waitedMs: number) => void
}

interface InFlight {
  readonly topic: string
  readonly payload: Buffer
  readonly first: number
  readonly count: number
  readonly sinceMs: number
  timeoutMs: number
  dueMs: number
}

const POSITION_ALIAS = 1
const FIRST_ALIAS = 16
// As the uplink of a real gateway.
const FIRST_TIMEOUT_MS = 5_000
const LAST_TIMEOUT_MS = 60_000
const ANSWER_TIMEOUT_MS = 300_000
// One reading in a hundred is not good, and travels with its properties.
const BAD_EVERY = 100

/** See the head of the file. */
export class SimulatedGateway {
  readonly #options: SimulatedGatewayOptions
  readonly #client: MqttClient
  readonly #incarnation = randomBytes(8).toString('hex')
  readonly #encoder = new DataEncoder()
  readonly #rows: SampleBuilder
  readonly #confirmed = new RangeSet()
  readonly #lastMs: Float64Array
  #inFlight: InFlight[] = []
  #inFlightBytes = 0
  #next = 0
  #seq = 0
  #device = 0
  #answered: (() => void) | undefined
  sent = 0
  resent = 0

  private constructor(options: SimulatedGatewayOptions, client: MqttClient) {
    this.#options = options
    this.#client = client
    this.#rows = new SampleBuilder(options.pointsPerDevice)
    this.#lastMs = new Float64Array(options.devices)
    client.on('message', (_topic, payload) => this.#command(payload))
  }

  /** Connects, is born, and resolves when central has answered the births. */
  static async connect(options: SimulatedGatewayOptions): Promise<SimulatedGateway> {
    const node = nodeOf(options.index)
    const client = await connectAsync(options.url, { protocolVersion: 4, clientId: `gw-${GROUP}-${node}`, username: `${GROUP}/${node}`, password: options.password, reconnectPeriod: 0 })
    const gateway = new SimulatedGateway(options, client)
    await client.subscribeAsync(formatTopic({ group: GROUP, type: 'NCMD', node }), { qos: 0 })
    const answered = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(benchErrors.STUCK({ node, waitingFor: 'the answer to its birth' })), ANSWER_TIMEOUT_MS)
      gateway.#answered = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    gateway.#bear()
    await answered
    return gateway
  }

  /** Whether the window lets another message go. */
  get hasRoom(): boolean {
    return this.#inFlightBytes < this.#options.windowBytes
  }

  get isIdle(): boolean {
    return this.#inFlight.length === 0
  }

  /** Sends the next device's readings; `sinceMs` is when they were due, monotonic. */
  send(sinceMs: number): void {
    const { devices, pointsPerDevice, index } = this.#options
    const device = this.#device
    this.#device = (device + 1) % devices
    const timeMs = Math.max(Date.now(), (this.#lastMs[device] as number) + 1)
    this.#lastMs[device] = timeMs
    const rows = this.#rows
    rows.clear()
    for (let i = 0; i < pointsPerDevice; i++) {
      const serial = device * pointsPerDevice + i
      const isBad = (this.#next + i) % BAD_EVERY === 0
      rows.push(FIRST_ALIAS + serial, timeMs, valueOf(index * 1_000 + serial, timeMs), isBad ? 4 : 0, isBad ? 7 : 0)
    }
    const position = encodePosition({ incarnation: this.#incarnation, stream: 'routine', runs: [{ first: this.#next, count: pointsPerDevice }] })
    const bytes = this.#encoder.encode({ timestampMs: timeMs, seq: this.#nextSeq(), position: { alias: POSITION_ALIAS, bytes: position } }, rows)
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const topic = formatTopic({ group: GROUP, type: 'DDATA', node: nodeOf(index), device: `d-${device + 1}` })
    this.#inFlight.push({ topic, payload, first: this.#next, count: pointsPerDevice, sinceMs, timeoutMs: FIRST_TIMEOUT_MS, dueMs: performance.now() + FIRST_TIMEOUT_MS })
    this.#inFlightBytes += payload.length
    this.#next += pointsPerDevice
    this.sent += pointsPerDevice
    this.#client.publish(topic, payload, { qos: 0 })
  }

  /** Sends again what waits too long; to be called now and then. */
  expire(): void {
    const nowMs = performance.now()
    for (const message of this.#inFlight) {
      if (message.dueMs > nowMs) continue
      message.timeoutMs = Math.min(LAST_TIMEOUT_MS, message.timeoutMs * 2)
      message.dueMs = nowMs + message.timeoutMs
      this.resent += message.count
      this.#client.publish(message.topic, message.payload, { qos: 0 })
    }
  }

  async stop(): Promise<void> {
    await this.#client.endAsync(true)
  }

  #command(bytes: Uint8Array): void {
    for (const { name, value } of decodePayload(bytes).metrics) {
      if (name === OUTBOX_METRICS.rebirth) this.#bear()
      if (name !== OUTBOX_METRICS.stored || !(value instanceof Uint8Array)) continue
      const stored = decodeStored(value)
      for (const range of stored.streams.get('routine') ?? []) this.#confirmed.add(range.first, range.count)
      if (stored.isComplete) this.#answered?.()
      this.#settle()
    }
  }

  #settle(): void {
    const nowMs = performance.now()
    this.#inFlight = this.#inFlight.filter(({ first, count, payload, sinceMs }) => {
      if (!this.#confirmed.covers(first, count)) return true
      this.#inFlightBytes -= payload.length
      this.#options.onStored(count, nowMs - sinceMs)
      return false
    })
  }

  #bear(): void {
    const { devices } = this.#options
    const incarnation = this.#incarnation
    this.#seq = 0
    const next = encodeStored({ incarnation, isComplete: true, streams: this.#next === 0 ? new Map() : new Map([['routine', [{ first: 0, count: this.#next }]]]) })
    const metrics = [
      { name: 'bdSeq', dataType: DATA_TYPES.Int64, value: 0 },
      { name: OUTBOX_METRICS.rebirth, dataType: DATA_TYPES.Boolean, value: false },
      { name: OUTBOX_METRICS.incarnation, dataType: DATA_TYPES.String, value: incarnation },
      { name: OUTBOX_METRICS.session, dataType: DATA_TYPES.String, value: incarnation },
      { name: OUTBOX_METRICS.position, alias: POSITION_ALIAS, dataType: DATA_TYPES.Bytes, isNull: true },
      { name: OUTBOX_METRICS.next, dataType: DATA_TYPES.Bytes, value: next },
    ]
    this.#publish('NBIRTH', undefined, encodePayload({ timestampMs: Date.now(), seq: 0, metrics }))
    for (let device = 0; device < devices; device++) this.#publish('DBIRTH', `d-${device + 1}`, this.#deviceBirth(device))
  }

  #deviceBirth(device: number): Uint8Array {
    const { pointsPerDevice, index } = this.#options
    const metrics = Array.from({ length: pointsPerDevice }, (_, i) => {
      const serial = device * pointsPerDevice + i
      const properties = { [POINT_PROPERTIES.pointCode]: pointCodeOf(index, serial), [POINT_PROPERTIES.unit]: UNIT, [POINT_PROPERTIES.periodMs]: 1_000 }
      return { name: `p-${i + 1}`, alias: FIRST_ALIAS + serial, dataType: DATA_TYPES.Double, isNull: true, properties }
    })
    return encodePayload({ timestampMs: Date.now(), seq: this.#nextSeq(), metrics })
  }

  #publish(type: MessageType, device: string | undefined, payload: Uint8Array): void {
    this.#client.publish(formatTopic({ group: GROUP, type, node: nodeOf(this.#options.index), ...(device !== undefined && { device }) }), Buffer.from(payload), { qos: 0 })
  }

  #nextSeq(): number {
    this.#seq = (this.#seq + 1) % 256
    return this.#seq
  }
}
