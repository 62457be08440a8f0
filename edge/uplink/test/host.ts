/*
 * A broker and a host for the tests of the uplink: a real Aedes, and a small host that stores in memory and acknowledges
 * as docs/formats/sparkplug.md says, or keeps silent when told to.
 */
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { type PositionRange, RangeSet, type Sample, samplesOf } from '@orewatch/core'
import {
  decodeData,
  decodePayload,
  decodePosition,
  encodeHostState,
  encodePayload,
  encodeStored,
  formatTopic,
  OUTBOX_METRICS,
  type Payload,
  parseTopic,
  type Stream,
  stateTopic,
  DATA_TYPES,
} from '@orewatch/protocol'
import { Aedes } from 'aedes'
import mqtt, { type MqttClient } from 'mqtt'

/** A running broker on loopback. */
export interface TestBroker {
  readonly url: string
  /** Cuts all connections and refuses new ones until `open`. */
  cut(): Promise<void>
  open(): Promise<void>
  close(): Promise<void>
}

/** Starts a broker without access control. */
export async function startTestBroker(): Promise<TestBroker> {
  const aedes = await Aedes.createBroker()
  let server: Server = createServer(aedes.handle)
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => {
      server.listen(port, '127.0.0.1', resolve)
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  const cut = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    for (const client of Object.values((aedes as unknown as { clients: Record<string, { conn: { destroy(): void } }> }).clients)) client.conn.destroy()
    await closed
  }
  return {
    url: `mqtt://127.0.0.1:${port}`,
    cut,
    async open() {
      server = createServer(aedes.handle)
      await listen(port)
    },
    async close() {
      if (server.listening) await cut()
      await new Promise<void>((resolve) => {
        aedes.close(() => resolve())
      })
    },
  }
}

/** What a message of the gateway held. */
export interface Received {
  readonly type: string
  readonly device: string | undefined
  readonly stream?: Stream
  readonly runs?: readonly PositionRange[]
  readonly samples: readonly Sample[]
  readonly records: readonly unknown[]
}

/** A host that keeps what it hears. */
export class TestHost {
  readonly births: Payload[] = []
  readonly deviceBirths = new Map<string, Payload>()
  readonly received: Received[] = []
  readonly stored = new Map<string, Map<Stream, RangeSet>>()
  /** While false nothing is acknowledged. */
  answers = true
  readonly #client: MqttClient
  #listeners: (() => void)[] = []
  #node = { group: '', node: '' }
  #aliases = new Map<number, string>()

  private constructor(client: MqttClient) {
    this.#client = client
  }

  static async connect(url: string, isOnline = true): Promise<TestHost> {
    const client = await mqtt.connectAsync(url, { reconnectPeriod: 50, clientId: `host-${Math.random().toString(16).slice(2)}` })
    const host = new TestHost(client)
    client.on('message', (topic, payload) => {
      host.#hear(topic, payload)
    })
    await client.subscribeAsync('spBv1.0/+/+/+/#')
    await client.subscribeAsync('spBv1.0/+/+/+')
    if (isOnline) await host.setOnline(true)
    return host
  }

  async setOnline(online: boolean): Promise<void> {
    await this.#client.publishAsync(stateTopic('orewatch'), encodeHostState({ online, timestamp: Date.now() }), { qos: 1, retain: true })
  }

  async command(name: string, value: boolean | Uint8Array): Promise<void> {
    const dataType = typeof value === 'boolean' ? DATA_TYPES.Boolean : DATA_TYPES.Bytes
    const payload = encodePayload({ timestampMs: Date.now(), metrics: [{ name, dataType, value }] })
    await this.#client.publishAsync(formatTopic({ ...this.#node, type: 'NCMD' }), Buffer.from(payload))
  }

  /** All samples heard, by device and position, later copies over earlier ones. */
  samples(): Sample[] {
    return this.received.flatMap((message) => message.samples)
  }

  /** Resolves when the condition holds; it is looked at after every message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        this.#listeners.push(resolve)
      })
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true)
  }

  #hear(topic: string, payload: Buffer): void {
    const parsed = parseTopic(topic)
    if (parsed === undefined) return
    if (parsed.type === 'NBIRTH') this.#born({ group: parsed.group, node: parsed.node }, payload)
    else if (parsed.type === 'DBIRTH') this.deviceBirths.set(parsed.device ?? '', decodePayload(payload))
    else if (parsed.type === 'NDATA' || parsed.type === 'DDATA') this.#data(parsed.type, parsed.device, payload)
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener()
  }

  #born(node: { group: string; node: string }, payload: Buffer): void {
    this.#node = node
    const birth = decodePayload(payload)
    this.births.push(birth)
    for (const metric of birth.metrics) if (metric.alias !== undefined && metric.name !== undefined) this.#aliases.set(metric.alias, metric.name)
    const incarnation = birth.metrics.find((m) => m.name === OUTBOX_METRICS.incarnation)?.value as string
    if (!this.answers) return
    const streams = new Map([...(this.stored.get(incarnation) ?? [])].map(([stream, set]) => [stream, set.ranges()]))
    void this.command(OUTBOX_METRICS.stored, encodeStored({ incarnation, isComplete: true, streams }))
  }

  #data(type: string, device: string | undefined, payload: Buffer): void {
    const message = decodeData(payload)
    const named = message.others.map((m) => ({ name: m.name ?? this.#aliases.get(m.alias ?? -1), value: m.value }))
    const bytes = named.find((m) => m.name === OUTBOX_METRICS.position)?.value
    const position = bytes instanceof Uint8Array ? decodePosition(bytes) : undefined
    const records = named.filter((m) => m.name === OUTBOX_METRICS.record).map((m) => JSON.parse(String(m.value)) as unknown)
    this.received.push({ type, device, samples: samplesOf(message.samples), records, ...(position && { stream: position.stream, runs: position.runs }) })
    if (position === undefined || !this.answers) return
    const streams = this.stored.get(position.incarnation) ?? new Map<Stream, RangeSet>()
    this.stored.set(position.incarnation, streams)
    const set = streams.get(position.stream) ?? new RangeSet()
    streams.set(position.stream, set)
    for (const run of position.runs) set.add(run.first, run.count)
    void this.command(OUTBOX_METRICS.stored, encodeStored({ incarnation: position.incarnation, isComplete: false, streams: new Map([[position.stream, position.runs]]) }))
  }
}
