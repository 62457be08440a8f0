import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { silentLogger } from '@orewatch/observability'
import { isMosquittoAvailable, type Mosquitto, MOSQUITTO_HINT, startMosquitto } from '@orewatch/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Broker, type BrokerOptions, type BrokerRefusal, credentialsOf, hashPassword, mosquittoFiles, startBroker } from './index.ts'

const PASSWORD = 'a-password'
const HASH = hashPassword(PASSWORD, 101)
const CREDENTIALS = {
  gateways: { '990101/g1': HASH, '990101/g2': HASH },
  hosts: { central: { groups: 'all' as const, hash: HASH }, county: { groups: ['990102'], hash: HASH }, slow: { groups: ['990101'], hash: HASH } },
}
const clients: MqttClient[] = []

async function login(url: string, userName: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, username: userName, password: PASSWORD, ...options }, false)
  client.on('error', () => undefined)
  clients.push(client)
  return client
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}

/** Collects the topics that a client receives. */
function topicsOf(client: MqttClient): string[] {
  const topics: string[] = []
  client.on('message', (topic) => topics.push(topic))
  return topics
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
})

describe('the embedded broker', () => {
  let broker: Broker
  const refusals: BrokerRefusal[] = []

  async function start(options: Partial<BrokerOptions> = {}): Promise<void> {
    broker = await startBroker({ host: '127.0.0.1', port: 0, credentials: credentialsOf(CREDENTIALS), log: silentLogger(), onRefusal: (refusal) => refusals.push(refusal), ...options })
  }

  beforeEach(() => {
    refusals.length = 0
  })
  afterEach(async () => await broker?.stop())

  test('lets nobody in without the right password', async () => {
    await start()
    await expect(login(broker.url, '990101/g1', { password: 'wrong' })).rejects.toMatchObject({ code: 4 })
    await expect(login(broker.url, 'nobody')).rejects.toMatchObject({ code: 4 })
    await expect(connectAsync(broker.url, { protocolVersion: 4, reconnectPeriod: 0 }, false)).rejects.toMatchObject({ code: 4 })
    expect(refusals.map((refusal) => refusal.kind)).toEqual(['wrong-password', 'wrong-password', 'wrong-password'])
  })

  test('lets nobody in while credentials cannot be looked up', async () => {
    await start({
      credentials: {
        find: async () => {
          throw new TypeError('the register is away')
        },
      },
    })
    await expect(login(broker.url, '990101/g1')).rejects.toMatchObject({ code: 3 })
  })

  test('cuts off a gateway that publishes on a topic of another', async () => {
    await start()
    const host = await login(broker.url, 'central')
    await host.subscribeAsync('spBv1.0/+/NDATA/+')
    const heard = topicsOf(host)
    const gateway = await login(broker.url, '990101/g1')
    gateway.publish('spBv1.0/990101/NDATA/g1', 'own')
    await until(() => heard.length === 1)
    gateway.publish('spBv1.0/990101/NDATA/g2', 'foreign')
    await until(() => !gateway.connected)
    expect(heard).toEqual(['spBv1.0/990101/NDATA/g1'])
    expect(refusals).toMatchObject([{ kind: 'wrong-topic', userName: '990101/g1' }])
  })

  test('refuses a will on a topic of another', async () => {
    await start()
    const will = { topic: 'spBv1.0/990101/NDEATH/g2', payload: Buffer.from(''), qos: 0 as const, retain: false }
    await expect(login(broker.url, '990101/g1', { will })).rejects.toMatchObject({ code: 5 })
    expect(refusals).toMatchObject([{ kind: 'wrong-topic', detail: 'will on spBv1.0/990101/NDEATH/g2' }])
  })

  test('refuses subscriptions beyond the own commands', async () => {
    await start()
    const gateway = await login(broker.url, '990101/g1')
    const granted = await gateway.subscribeAsync(['spBv1.0/990101/NCMD/g1', 'spBv1.0/STATE/central', 'spBv1.0/990101/NCMD/g2', '#']).catch((err: unknown) => err)
    expect(granted).toMatchObject({ packet: { granted: [0, 0, 128, 128] } })
  })

  test('one identity is one connection, whatever client ids are given', async () => {
    await start()
    const first = await login(broker.url, '990101/g1', { clientId: 'one' })
    const other = await login(broker.url, '990101/g2', { clientId: 'x' })
    await login(broker.url, '990101/g1', { clientId: 'x' })
    await until(() => !first.connected)
    expect(other.connected).toBe(true)
  })

  test('tells of two that throw each other out with one identity, and not of one that comes back', async () => {
    await start()
    await login(broker.url, '990101/g1')
    await login(broker.url, '990101/g1')
    expect(refusals).toEqual([])
    await login(broker.url, '990101/g1')
    await login(broker.url, '990101/g1')
    expect(refusals).toMatchObject([{ kind: 'duplicate-connection', userName: '990101/g1' }])
  })

  test('a subscriber that stops reading is cut off and the rest runs on', async () => {
    await start({ drainTimeoutMs: 300 })
    const host = await login(broker.url, 'central')
    await host.subscribeAsync('spBv1.0/+/DDATA/+/+')
    const heard = topicsOf(host)
    await stalledSubscriber(broker.url)
    const gateway = await login(broker.url, '990101/g1')
    const payload = Buffer.alloc(100_000)
    const sent = 300
    for (let i = 0; i < sent; i++) await gateway.publishAsync('spBv1.0/990101/DDATA/g1/dev', payload, { qos: 0 })
    await until(() => heard.length === sent)
    await until(() => refusals.length > 0)
    expect(refusals).toMatchObject([{ kind: 'stalled-subscriber', userName: 'slow' }])
  })

  test('a packet beyond the limit ends the connection before it is gathered', async () => {
    await start({ maxPacketBytes: 10_000 })
    const gateway = await login(broker.url, '990101/g1')
    gateway.publish('spBv1.0/990101/NDATA/g1', Buffer.alloc(20_000))
    await until(() => !gateway.connected)
    await until(() => refusals.length > 0)
    expect(refusals).toMatchObject([{ kind: 'oversized', userName: '990101/g1' }])
  })

  test('what gateways want retained is not, so that memory stays bounded', async () => {
    await start()
    const gateway = await login(broker.url, '990101/g1')
    await gateway.publishAsync('spBv1.0/990101/DDATA/g1/dev', 'x', { retain: true, qos: 1 })
    const host = await login(broker.url, 'central')
    const heard = topicsOf(host)
    await host.subscribeAsync('spBv1.0/+/DDATA/+/+')
    await gateway.publishAsync('spBv1.0/990101/NDATA/g1', 'x', { qos: 1 })
    await gateway.publishAsync('spBv1.0/990101/DDATA/g1/last', 'x', { qos: 1 })
    await until(() => heard.includes('spBv1.0/990101/DDATA/g1/last'))
    expect(heard).toEqual(['spBv1.0/990101/DDATA/g1/last'])
  })

  test('connections beyond the limit are not taken', async () => {
    await start({ maxConnections: 1 })
    await login(broker.url, '990101/g1')
    await expect(login(broker.url, '990101/g2', { connectTimeout: 500 })).rejects.toThrow()
  })

  test('refuses plain text on an address that others can reach', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'BROKER_PLAIN_TEXT_REFUSED' })
  })

  test('says when the port is taken', async () => {
    await start()
    await expect(startBroker({ host: '127.0.0.1', port: broker.port, credentials: credentialsOf(CREDENTIALS), log: silentLogger() })).rejects.toMatchObject({ code: 'BROKER_LISTEN_FAILED' })
  })
})

/** Logs in as `slow`, subscribes everything of its group and never reads again. */
async function stalledSubscriber(url: string): Promise<void> {
  const client = await login(url, 'slow')
  await client.subscribeAsync('spBv1.0/990101/DDATA/+/+')
  client.stream.unpipe()
  client.stream.pause()
}

describe.skipIf(!isMosquittoAvailable())(isMosquittoAvailable() ? 'Mosquitto with our files' : `Mosquitto with our files (${MOSQUITTO_HINT})`, () => {
  let mosquitto: Mosquitto
  beforeEach(async () => {
    mosquitto = await startMosquitto((place) => mosquittoFiles(CREDENTIALS, place))
  })
  afterEach(async () => await mosquitto.stop())

  test('lets nobody in without the right password', async () => {
    await expect(login(mosquitto.url, '990101/g1', { password: 'wrong' })).rejects.toMatchObject({ code: 5 })
    await expect(connectAsync(mosquitto.url, { protocolVersion: 4, reconnectPeriod: 0 }, false)).rejects.toMatchObject({ code: 5 })
  })

  test('passes on only what a gateway may publish and a host may read', async () => {
    const central = await login(mosquitto.url, 'central')
    const county = await login(mosquitto.url, 'county')
    const heard = topicsOf(central)
    const foreign = topicsOf(county)
    await central.subscribeAsync(['spBv1.0/+/NDATA/+', 'spBv1.0/+/DDATA/+/+'])
    await county.subscribeAsync(['spBv1.0/+/NDATA/+'])
    const gateway = await login(mosquitto.url, '990101/g1')
    gateway.publish('spBv1.0/990101/NDATA/g2', 'foreign')
    gateway.publish('spBv1.0/990102/NDATA/g1', 'foreign')
    gateway.publish('spBv1.0/990101/DDATA/g1/dev', 'own')
    await until(() => heard.length > 0)
    expect(heard).toEqual(['spBv1.0/990101/DDATA/g1/dev'])
    expect(foreign).toEqual([])
  })

  test('one identity is one connection, whatever client ids are given', async () => {
    const first = await login(mosquitto.url, '990101/g1', { clientId: 'one' })
    const other = await login(mosquitto.url, '990101/g2', { clientId: 'x' })
    await login(mosquitto.url, '990101/g1', { clientId: 'x' })
    await until(() => !first.connected)
    expect(other.connected).toBe(true)
  })

  test('comes back on the same port after a kill', async () => {
    await mosquitto.kill9()
    await expect(login(mosquitto.url, 'central', { connectTimeout: 500 })).rejects.toThrow()
    await mosquitto.restart()
    expect((await login(mosquitto.url, 'central')).connected).toBe(true)
  })
})
