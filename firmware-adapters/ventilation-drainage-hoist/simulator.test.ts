// The PLC simulator over a real OPC UA connection: security, every node of the profile, published status codes, faults.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { qualityOfOpcUaStatus } from '@orewatch/core'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import {
  AttributeIds,
  type ClientSession,
  type ClientSubscription,
  type DataValue,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  type StatusCodes,
  TimestampsToReturn,
  UserTokenType,
} from 'node-opcua-client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { loadProfile } from '../load-profile.ts'
import { resolvePoints } from '../resolve.ts'
import { patternTimeOf } from '../simulation/pattern.ts'
import { PLC_NAMESPACE_URI, startVentilationDrainageHoist, type VentilationDrainageHoist, type VentilationDrainageHoistOptions } from './simulator.ts'

interface StatusVector {
  readonly name: keyof typeof StatusCodes
  readonly code: string
  readonly quality: number
}

const { codes } = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors/status-codes.json'), 'utf8')) as { codes: readonly StatusVector[] }
const user = { type: UserTokenType.UserName, userName: 'gateway', password: 'not-a-secret' } as const
const closing: (() => Promise<void>)[] = []
let dir = ''
let clientKeys: OPCUACertificateManager

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orewatch-plc-test-'))
  clientKeys = new OPCUACertificateManager({ rootFolder: join(dir, 'client'), automaticallyAcceptUnknownCertificate: true })
  await clientKeys.initialize()
})

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

afterAll(async () => {
  await clientKeys.dispose()
  await rm(dir, { recursive: true, force: true })
})

async function start(options: Partial<VentilationDrainageHoistOptions> = {}): Promise<VentilationDrainageHoist> {
  const simulator = await startVentilationDrainageHoist({ pkiDir: join(dir, 'server'), users: { gateway: 'not-a-secret' }, ...options })
  closing.push(simulator.close)
  return simulator
}

async function connect(simulator: VentilationDrainageHoist): Promise<OPCUAClient> {
  const client = OPCUAClient.create({
    applicationName: 'orewatch-test',
    clientCertificateManager: clientKeys,
    endpointMustExist: false,
    keepSessionAlive: false,
    securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: SecurityPolicy.Basic256Sha256,
    connectionStrategy: { maxRetry: 0 },
  })
  await client.connect(simulator.endpointUrl)
  closing.push(async () => await client.disconnect())
  return client
}

async function open(simulator: VentilationDrainageHoist): Promise<ClientSession> {
  return await (await connect(simulator)).createSession(user)
}

async function indexOf(session: ClientSession): Promise<number> {
  return (await session.readNamespaceArray()).indexOf(PLC_NAMESPACE_URI)
}

async function read(session: ClientSession, identifiers: readonly string[]): Promise<DataValue[]> {
  const index = await indexOf(session)
  return await session.read(identifiers.map((identifier) => ({ nodeId: `ns=${index};${identifier}`, attributeId: AttributeIds.Value })))
}

interface Watch {
  readonly subscription: ClientSubscription
  readonly values: DataValue[]
}

async function watch(session: ClientSession, identifier: string): Promise<Watch> {
  const subscription = await session.createSubscription2({ requestedPublishingInterval: 50, publishingEnabled: true, requestedMaxKeepAliveCount: 5, requestedLifetimeCount: 1000 })
  const item = await subscription.monitor(
    { nodeId: `ns=${await indexOf(session)};${identifier}`, attributeId: AttributeIds.Value },
    { samplingInterval: 50, queueSize: 10, discardOldest: true },
    TimestampsToReturn.Both,
  )
  const values: DataValue[] = []
  item.on('changed', (value: DataValue) => values.push(value))
  return { subscription, values }
}

test('serves every fixed point of the profile by its namespace URI, encrypted and with a user name', async () => {
  const points = resolvePoints(loadProfile('ventilation-drainage-hoist'))
  const identifiers = points.map(({ source }) => (source.kind === 'opcua' ? source.opcua.identifier : ''))
  const values = await read(await open(await start()), identifiers)
  expect(values.filter(({ statusCode }) => !statusCode.isGood()).length).toBe(0)
})

test('refuses a session without user name where there are users', async () => {
  const client = await connect(await start())
  await expect(client.createSession()).rejects.toThrow(/ANONYMOUS/)
})

test('refuses a wrong password', async () => {
  const client = await connect(await start())
  await expect(client.createSession({ ...user, password: 'wrong' })).rejects.toThrow(/BadUserAccessDenied|BadIdentityTokenRejected/)
})

test('refuses an unknown client certificate where only trusted ones are let in', async () => {
  const simulator = await start({ pkiDir: join(dir, 'strict'), areUnknownClientsAccepted: false })
  await expect(connect(simulator)).rejects.toThrow()
  expect(simulator.faults.sessionCount).toBe(0)
})

test('refuses a write and counts the service', async () => {
  const simulator = await start()
  const session = await open(simulator)
  const status = await session.write({ nodeId: `ns=${await indexOf(session)};s=Mine.Fan1.Vibration`, attributeId: AttributeIds.Value, value: { value: { dataType: 'Double', value: 1 } } })
  expect(status.name).toBe('BadNotWritable')
  expect(simulator.services.get('WriteRequest')).toBe(1)
})

test.each(codes)('status $name is $code on the wire and quality $quality', async ({ name, code, quality }) => {
  const simulator = await start()
  simulator.faults.setNodeStatus('s=Mine.Fan1.Run', name)
  const [value] = await read(await open(simulator), ['s=Mine.Fan1.Run'])
  expect(value?.statusCode.value).toBe(Number(code))
  expect(qualityOfOpcUaStatus(value?.statusCode.value ?? -1)).toBe(quality)
})

test('a bad status of an unknown node is an error that names it', async () => {
  const simulator = await start()
  expect(() => simulator.faults.setNodeStatus('s=Mine.Fan9.Run', 'Bad')).toThrow(expect.objectContaining({ code: 'SIM_UNKNOWN_NODE' }))
})

test('in pattern mode a value tells its node and time', async () => {
  const simulator = await start({ mode: 'pattern' })
  const [value] = await read(await open(simulator), ['s=Mine.Return.WindSpeed'])
  const index = simulator.points.find(({ identifier }) => identifier === 's=Mine.Return.WindSpeed')?.patternIndex
  const sourceMs = value?.sourceTimestamp?.getTime() ?? 0
  expect(patternTimeOf(Number(value?.value.value), sourceMs)).toEqual({ pointIndex: index, timeMs: Math.floor(sourceMs / 100) * 100 })
})

test('a node that changes is notified to a subscription, and a muted subscription is silent but alive', async () => {
  const simulator = await start({ mode: 'pattern' })
  const { subscription, values } = await watch(await open(simulator), 's=Mine.Return.WindSpeed')
  await expect.poll(() => values.length).toBeGreaterThan(3)
  expect(simulator.faults.muteSubscriptions()).toBe(1)
  const keptAlive = new Promise((resolve) => subscription.once('keepalive', resolve))
  await keptAlive
  const before = values.length
  await new Promise((resolve) => subscription.once('keepalive', resolve))
  expect(values.length).toBe(before)
})

test('a frozen node keeps its value and a good status', async () => {
  const simulator = await start({ mode: 'pattern' })
  const session = await open(simulator)
  simulator.faults.freezeNode('s=Mine.Return.WindSpeed')
  const [first] = await read(session, ['s=Mine.Return.WindSpeed'])
  await expect.poll(async () => (await read(session, ['s=Mine.Return.WindPressure']))[0]?.sourceTimestamp?.getTime()).toBeGreaterThan((first?.sourceTimestamp?.getTime() ?? 0) + 200)
  const [second] = await read(session, ['s=Mine.Return.WindSpeed'])
  expect([second?.value.value, second?.statusCode.name]).toEqual([first?.value.value, 'Good'])
})

test('dropped subscriptions are gone while the session lives', async () => {
  const simulator = await start()
  const session = await open(simulator)
  await watch(session, 's=Mine.Hoist.Speed')
  expect(simulator.faults.dropSubscriptions()).toBe(1)
  expect([simulator.faults.sessionCount, simulator.faults.subscriptionCount]).toEqual([1, 0])
  expect((await read(session, ['s=Mine.Hoist.Speed'])).length).toBe(1)
})

test('a closed session is gone, and the client has to make a new one', async () => {
  const simulator = await start()
  const session = await open(simulator)
  expect(simulator.faults.closeSessions('delete')).toBe(1)
  expect(simulator.faults.sessionCount).toBe(0)
  // The client library repairs the session by itself when the server refuses the old one.
  await session.read({ nodeId: 'i=2258', attributeId: AttributeIds.Value })
  expect([simulator.faults.sessionCount, simulator.services.get('CreateSessionRequest')]).toEqual([1, 2])
})

test('after a restart the namespace has another index and the node is found by its URI', async () => {
  const simulator = await start()
  const before = await indexOf(await open(simulator))
  await simulator.restart({ namespaceOrder: ['urn:stranger-1', 'urn:stranger-2', PLC_NAMESPACE_URI] })
  const session = await open(simulator)
  expect([before, await indexOf(session)]).toEqual([2, 4])
  expect((await read(session, ['s=Mine.Fan1.Run']))[0]?.statusCode.isGood()).toBe(true)
})

test('a stopped simulator is off the network and comes back on its port with its certificate', async () => {
  const simulator = await start()
  const certificate = readFileSync(simulator.certificateFile, 'utf8')
  await simulator.stop()
  await expect(connect(simulator)).rejects.toThrow()
  await simulator.start()
  expect(readFileSync(simulator.certificateFile, 'utf8')).toBe(certificate)
  expect((await read(await open(simulator), ['s=Mine.Fan1.Run'])).length).toBe(1)
})

test('a namespace order without the PLC is refused', async () => {
  await expect(start({ namespaceOrder: ['urn:stranger'] })).rejects.toMatchObject({ code: 'SIM_UNKNOWN_NAMESPACE' })
})
