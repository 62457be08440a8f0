import { createRequire } from 'node:module'
import mqtt, { type MqttClient } from 'mqtt'

/** The part of sparkplug-payload that a foreign gateway needs; the package has no types of its own for it. */
interface ForeignCodec {
  encodePayload(payload: unknown): Uint8Array
}

const { get } = createRequire(import.meta.url)('sparkplug-payload') as { get(namespace: string): ForeignCodec }
const codec = get('spBv1.0')

/** A metric as sparkplug-payload takes it. */
export interface ForeignMetric {
  readonly name: string
  readonly value: number
  readonly timestamp: number
  readonly unit?: string
  readonly pointCode?: string
}

/** A gateway of another maker: Sparkplug B by sparkplug-payload and mqtt.js, without any acknowledgement. */
export class ForeignGateway {
  readonly #client: MqttClient
  readonly #group: string
  readonly #node: string
  #seq = 0

  private constructor(client: MqttClient, group: string, node: string) {
    this.#client = client
    this.#group = group
    this.#node = node
  }

  /** Connects with a user name and password and says that it is there. */
  static async connect(options: { readonly url: string; readonly group: string; readonly node: string; readonly password: string }): Promise<ForeignGateway> {
    const { url, group, node, password } = options
    const death = codec.encodePayload({ timestamp: Date.now(), metrics: [{ name: 'bdSeq', type: 'UInt64', value: 0 }] })
    const client = await mqtt.connectAsync(url, {
      username: `${group}/${node}`,
      password,
      clientId: `foreign-${node}`,
      reconnectPeriod: 0,
      will: { topic: `spBv1.0/${group}/NDEATH/${node}`, payload: Buffer.from(death), qos: 1, retain: false },
    })
    const gateway = new ForeignGateway(client, group, node)
    await gateway.#publish('NBIRTH', undefined, [{ name: 'bdSeq', type: 'UInt64', value: 0 }])
    return gateway
  }

  /** Announces a device with its metrics. */
  async announce(device: string, metrics: readonly ForeignMetric[]): Promise<void> {
    await this.#publish('DBIRTH', device, metrics.map(describe))
  }

  /** Sends values by name. */
  async send(device: string, metrics: readonly ForeignMetric[]): Promise<void> {
    await this.#publish(
      'DDATA',
      device,
      metrics.map(({ name, value, timestamp }) => ({ name, type: 'Double', value, timestamp })),
    )
  }

  async close(): Promise<void> {
    await this.#client.endAsync()
  }

  async #publish(type: string, device: string | undefined, metrics: readonly unknown[]): Promise<void> {
    const topic = ['spBv1.0', this.#group, type, this.#node, ...(device === undefined ? [] : [device])].join('/')
    await this.#client.publishAsync(topic, Buffer.from(codec.encodePayload({ timestamp: Date.now(), seq: this.#seq++ % 256, metrics })), { qos: 0 })
  }
}

function describe({ name, value, timestamp, unit, pointCode }: ForeignMetric): unknown {
  const properties = {
    ...(unit !== undefined && { engUnit: { type: 'String', value: unit } }),
    ...(pointCode !== undefined && { pointCode: { type: 'String', value: pointCode } }),
  }
  return { name, type: 'Double', value, timestamp, properties }
}
