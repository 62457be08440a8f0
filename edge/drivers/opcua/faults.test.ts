/*
 * A misbehaving OPC UA server on a real socket, one fault a test. The server counts every service it is asked for;
 * after each test none of them may be one that writes or calls.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, reasonOf } from '@orewatch/core'
import { afterEach, describe, expect, test } from 'vitest'
import type { DeviceSpec, DeviceState, LineDriver } from '../driver.ts'
import { contextOf, RecordingSink } from '../test/recording-sink.ts'
import type { OpcUaLineConfig } from './config.ts'
import { createOpcUaLine } from './index.ts'
import type { OpcUaLineStats } from './line.ts'
import { deviceOf, fastConfig, NAMESPACE, openSimulatedPlace, type SimulatedPlace } from './test/simulated-place.ts'

const READING_SERVICES =
  /^(GetEndpoints|FindServers|CreateSession|ActivateSession|CloseSession|Read|Browse|CreateSubscription|ModifySubscription|DeleteSubscriptions|SetPublishingMode|TransferSubscriptions|CreateMonitoredItems|DeleteMonitoredItems|Publish|Republish|OpenSecureChannel|CloseSecureChannel)Request$/

let place: SimulatedPlace
let sink: RecordingSink
let line: LineDriver

afterEach(async () => {
  await line.stop()
  const asked = [...place.server.services.keys()]
  await place.close()
  expect(asked.filter((service) => !READING_SERVICES.test(service))).toEqual([])
})

async function open(
  devices: readonly DeviceSpec[] = [deviceOf('a', ['s=Constant', 's=Ramp'])],
  config: Partial<OpcUaLineConfig> = {},
  server: Parameters<typeof openSimulatedPlace>[0] = {},
): Promise<void> {
  place = await openSimulatedPlace(server)
  start(devices, config)
}

function start(devices: readonly DeviceSpec[], config: Partial<OpcUaLineConfig> = {}): void {
  sink = new RecordingSink()
  line = createOpcUaLine(fastConfig(place.server.endpointUrl, config), contextOf(sink), place.pkiDirectory)
  for (const device of devices) line.setDevice(device)
  line.start()
}

const stats = (): OpcUaLineStats => line.stats() as OpcUaLineStats

function lostState(): Extract<DeviceState, { kind: 'lost' }> {
  return sink.stateLog.findLast(({ state }) => state.kind === 'lost')?.state as Extract<DeviceState, { kind: 'lost' }>
}

describe('what the server breaks is built again', () => {
  test('sessions closed by the server', async () => {
    await open()
    await sink.untilGood('a', 2)
    expect(place.server.faults.closeSessions()).toBe(1)
    sink.clear()
    await sink.untilGood('a', 4)
    await sink.until(() => place.server.faults.subscriptionCount >= 1)
    expect(sink.kinds('a')).not.toContain('lost')
  })

  test('subscriptions dropped behind our back', async () => {
    await open()
    await sink.untilGood('a', 2)
    const before = stats().subscriptions
    expect(place.server.faults.dropSubscriptions()).toBe(1)
    await sink.until(() => stats().subscriptions > before && place.server.faults.subscriptionCount === 1)
    sink.clear()
    await sink.untilGood('a', 4)
  })

  test('a subscription that is kept alive and says nothing: values go on by reading, and it is rebuilt', async () => {
    await open()
    await sink.untilGood('a', 2)
    place.server.faults.muteSubscriptions()
    const before = stats().subscriptions
    sink.clear()
    await sink.untilGood('a', 6)
    expect(stats().subscriptions).toBe(before)
    await sink.until(() => stats().subscriptions > before)
    await sink.untilGood('a', 4)
    expect(sink.kinds('a')).not.toContain('lost')
  })

  test('a restart with other namespace indexes', async () => {
    await open()
    await sink.untilGood('a', 2)
    await place.server.restart({ namespaceOrder: ['urn:orewatch:somebody-else', 'urn:orewatch:another', NAMESPACE] })
    sink.clear()
    await sink.untilGood('a', 4)
    expect(sink.of('a', 0).every((row) => row.quality === 0 && row.value === 42.5)).toBe(true)
  })

  test('a server that is gone for a while', async () => {
    await open()
    await sink.untilGood('a', 2)
    await place.server.stop()
    await sink.untilState('a', 'lost')
    expect(lostState().reason).toMatch(/^connection-/)
    await place.server.start()
    sink.clear()
    await sink.untilState('a', 'live')
  })
})

describe('qualities', () => {
  test('a status becomes Q as the table says, with the reason status-code, and the value is not passed on', async () => {
    await open()
    await sink.untilGood('a', 2)
    for (const [status, quality] of [
      ['BadNoCommunication', 2],
      ['BadSensorFailure', 4],
      ['BadOutOfService', 9],
    ] as const) {
      place.server.faults.setNodeStatus('s=Constant', status)
      await sink.until(() => sink.of('a', 0).at(-1)?.quality === quality)
      expect(sink.of('a', 0).at(-1)).toMatchObject({ value: Number.NaN })
      expect(reasonOf(sink.of('a', 0).at(-1)?.reason ?? 0)).toBe('status-code')
    }
    place.server.faults.setNodeStatus('s=Constant', 'UncertainLastUsableValue')
    await sink.until(() => sink.of('a', 0).at(-1)?.quality === 8)
    place.server.faults.clear()
    await sink.until(() => sink.of('a', 0).at(-1)?.quality === 0)
    expect(sink.of('a', 1).every((row) => row.quality === 0)).toBe(true)
    expect(sink.kinds('a')).not.toContain('lost')
  })

  test('a node or a namespace that does not exist is Q 2 illegal-address, and its neighbours are read', async () => {
    await open([deviceOf('a', ['s=Constant', 's=Nothing']), deviceOf('b', ['s=Constant'], 100, 'urn:nobody')])
    await sink.untilGood('a', 2)
    await sink.until(() => sink.of('a', 1).length >= 2 && sink.of('b', 0).length >= 2)
    for (const row of [...sink.of('a', 1), ...sink.of('b', 0)]) expect([row.quality, reasonOf(row.reason)]).toEqual([2, 'illegal-address'])
  })

  test("booleans are 0 and 1, and times are the source's", async () => {
    await open([deviceOf('a', ['s=Switch', 's=Ramp'])])
    await sink.until(() => sink.of('a', 0).length > 0 && sink.of('a', 1).length > 2)
    expect(sink.of('a', 0)[0]?.value).toBe(1)
    const timed = sink.of('a', 1).filter((row) => !Number.isNaN(row.timeMs))
    expect(timed.length).toBeGreaterThan(0)
    expect(timed.filter((row) => row.timeMs % 1_000_000 !== row.value)).toEqual([])
  })

  test('no sample is given twice: the same point and time never come again', async () => {
    await open([deviceOf('a', ['s=Ramp'])])
    await sink.untilGood('a', 20)
    const times = sink
      .of('a', 0)
      .map((row) => row.timeMs)
      .filter((timeMs) => !Number.isNaN(timeMs))
    expect(new Set(times).size).toBe(times.length)
  })

  test('a value that stands still at an old source time is sampled each period as of now', async () => {
    await open()
    await sink.untilGood('a', 2)
    place.server.faults.freezeNode('s=Ramp')
    await new Promise((resolve) => {
      setTimeout(resolve, 300)
    })
    sink.clear()
    await sink.until(() => sink.of('a', 1).length >= 3)
    expect(sink.of('a', 1).every((row) => row.quality === 0 && Number.isNaN(row.timeMs))).toBe(true)
  })
})

describe('certificates and users', () => {
  const secure = { security: 'Basic256Sha256' } as const

  test('a server that is not trusted is refused, and the error names the file to move and where', async () => {
    await open(undefined, secure)
    await sink.untilState('a', 'lost')
    expect(lostState().reason).toBe('certificate-untrusted')
    const fingerprint = new X509Certificate(readFileSync(place.server.certificateFile)).fingerprint
    expect(lostState().detail).toContain(fingerprint)
    const { move = '', to = '' } = /move=(?<move>.+?), to=(?<to>[^),]+)/.exec(lostState().detail)?.groups ?? {}
    expect(existsSync(move)).toBe(true)
    expect([...place.server.services.keys()]).toEqual(['GetEndpointsRequest'])
    // Doing what the message says is all that is needed.
    renameSync(move, join(to, 'server.pem'))
    await sink.untilGood('a', 2)
  })

  test("a trusted server is read over an encrypted channel with the gateway's own certificate", async () => {
    place = await openSimulatedPlace({ isUnencryptedOffered: false })
    place.trustServer()
    start([deviceOf('a', ['s=Constant'])], secure)
    await sink.untilGood('a', 3)
    const own = new X509Certificate(readFileSync(join(place.pkiDirectory, 'own/certs/gateway.pem')))
    expect(own.subjectAltName).toMatch(/URI:urn:.+:orewatch-gateway/)
  })

  test('a fingerprint in the configuration trusts one server and no other', async () => {
    place = await openSimulatedPlace()
    const { raw } = new X509Certificate(readFileSync(place.server.certificateFile))
    start([deviceOf('a', ['s=Constant'])], { ...secure, serverFingerprint: createHash('sha1').update(raw).digest('hex') })
    await sink.untilGood('a')
    await line.stop()
    expect(readdirSync(join(place.pkiDirectory, 'trusted/certs'))).toHaveLength(1)
    await place.close()
    place = await openSimulatedPlace()
    start([deviceOf('a', ['s=Constant'])], { ...secure, serverFingerprint: 'aa'.repeat(20) })
    await sink.untilState('a', 'lost')
    expect(lostState().reason).toBe('certificate-untrusted')
  })

  test("the gateway's certificate is made once and kept", async () => {
    await open()
    await sink.untilGood('a')
    const file = join(place.pkiDirectory, 'own/certs/gateway.pem')
    const first = readFileSync(file, 'utf8')
    await line.stop()
    start([deviceOf('a', ['s=Constant'])])
    await sink.untilGood('a')
    expect(readFileSync(file, 'utf8')).toBe(first)
  })

  test('a user name with the password from a file is let in, a wrong one is not', async () => {
    place = await openSimulatedPlace({ users: { reader: 'right-one' } })
    const passwordFile = join(place.pkiDirectory, '..', 'password')
    writeFileSync(passwordFile, 'wrong-one\n', { mode: 0o600 })
    start([deviceOf('a', ['s=Constant'])], { userName: 'reader', passwordFile })
    await sink.untilState('a', 'lost')
    expect(lostState().reason).toBe('access-denied')
    expect(lostState().detail).not.toContain('wrong-one')
    writeFileSync(passwordFile, 'right-one\n')
    await sink.untilGood('a', 2)
  })

  test('a line without any folder for certificates is refused when it is made', async () => {
    await open()
    expect(() => createOpcUaLine(fastConfig('opc.tcp://127.0.0.1:1'), contextOf(sink))).toThrow(ConfigError)
    await sink.untilGood('a')
  })
})
