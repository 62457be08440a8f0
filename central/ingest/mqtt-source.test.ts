import { silentLogger } from '@orewatch/observability'
import { isMosquittoAvailable, MOSQUITTO_HINT, startMosquitto } from '@orewatch/testkit'
import { decodeHostState, type HostState } from '@orewatch/protocol'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterEach, describe, expect, test } from 'vitest'
import { mosquittoFiles } from '../broker/index.ts'
import { type MqttSource, openMqttSource } from './mqtt-source.ts'
import type { SourceMessage } from './source.ts'
import { CREDENTIALS, openBroker, PASSWORD, until } from './test/rig.ts'

const cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const work of cleanUp.splice(0).toReversed()) await work()
})

function sourceOn(url: string, options: { readonly userName?: string; readonly groups?: readonly string[] | 'all'; readonly password?: string } = {}): MqttSource {
  const source = openMqttSource({ url, userName: 'central', password: PASSWORD, hostId: 'central', groups: 'all', log: silentLogger(), stateIntervalMs: 50, maxPauseMs: 200, ...options })
  cleanUp.push(() => source.stop())
  return source
}

async function gatewayOn(url: string, userName = '990101/g1'): Promise<MqttClient> {
  const client = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, username: userName, password: PASSWORD })
  client.on('error', () => undefined)
  cleanUp.push(() => client.endAsync(true))
  return client
}

function statesOf(client: MqttClient): HostState[] {
  const states: HostState[] = []
  client.on('message', (_topic, payload) => {
    const state = decodeHostState(payload)
    if (state !== undefined) states.push(state)
  })
  return states
}

for (const kind of ['aedes', 'mosquitto'] as const) {
  const isAvailable = kind === 'aedes' || isMosquittoAvailable()
  describe.skipIf(!isAvailable)(`a source on ${kind}${isAvailable ? '' : ` (${MOSQUITTO_HINT})`}`, () => {
    async function open(): Promise<string> {
      const broker = await openBroker(kind)
      cleanUp.push(() => broker.stop())
      return broker.url
    }

    test('says that the host is online, again and again with the same time, and offline when it stops', async () => {
      const url = await open()
      const source = sourceOn(url)
      await source.start(() => undefined)
      const gateway = await gatewayOn(url)
      const states = statesOf(gateway)
      await gateway.subscribeAsync('spBv1.0/STATE/central', { qos: 1 })
      await until(() => states.length >= 3)
      expect(new Set(states.map((state) => JSON.stringify(state))).size).toBe(1)
      expect(states[0]?.online).toBe(true)
      await source.stop()
      await until(() => states.at(-1)?.online === false)
      expect(states.at(-1)?.timestamp).toBe(states[0]?.timestamp)
    })

    test('takes the groups it was given and no others', async () => {
      const url = await open()
      const messages: SourceMessage[] = []
      await sourceOn(url, { userName: 'central-2', groups: ['990102'] }).start((message) => messages.push(message))
      ;(await gatewayOn(url, '990101/g1')).publish('spBv1.0/990101/NDATA/g1', 'x')
      const gateway = await gatewayOn(url, '990102/g1')
      gateway.publish('spBv1.0/990102/NDATA/g1', 'y')
      await until(() => messages.length > 0)
      expect(messages.map((message) => message.topic)).toEqual(['spBv1.0/990102/NDATA/g1'])
    })

    test('says why it is not connected', async () => {
      const url = await open()
      const source = sourceOn(url, { password: 'wrong' })
      void source.start(() => undefined)
      await until(() => !source.health().note.includes('not started'))
      expect(source.health().ok).toBe(false)
      expect(source.health().note).toMatch(/not authorized|bad user ?name or password/i)
      await expect(source.send('spBv1.0/990101/NCMD/g1', new Uint8Array())).rejects.toMatchObject({ code: 'INGEST_NOT_CONNECTED' })
    })
  })
}

describe.skipIf(!isMosquittoAvailable())(`a source on a broker that is killed${isMosquittoAvailable() ? '' : ` (${MOSQUITTO_HINT})`}`, () => {
  test('connects again, subscribes again and says that it is online with the new time', async () => {
    const mosquitto = await startMosquitto((place) => mosquittoFiles(CREDENTIALS, place))
    cleanUp.push(() => mosquitto.stop())
    const messages: SourceMessage[] = []
    const source = sourceOn(mosquitto.url)
    await source.start((message) => messages.push(message))
    await mosquitto.kill9()
    await until(() => !source.isConnected)
    await mosquitto.restart()
    await until(() => source.isConnected)
    const gateway = await gatewayOn(mosquitto.url)
    const states = statesOf(gateway)
    await gateway.subscribeAsync('spBv1.0/STATE/central', { qos: 1 })
    gateway.publish('spBv1.0/990101/NDATA/g1', 'x')
    await until(() => messages.length === 1 && states.length > 0)
    expect(states[0]?.online).toBe(true)
  })
})
