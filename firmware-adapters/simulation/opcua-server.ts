/*
 * An OPC UA server for simulators: read-only variables with values computed from the time, Basic256Sha256 with
 * certificates, user names, and namespaces in any order. Not here: faults (opcua-faults.ts) and what the nodes mean
 * (the simulators of the families).
 */
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Clock, systemClock } from '@orewatch/core'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { DataType, DataValue, HistoryReadResult, makeAccessLevelFlag, MessageSecurityMode, ReadRawModifiedDetails, SecurityPolicy, type StatusCode, StatusCodes, Variant } from 'node-opcua-client'
import { nodesets } from 'node-opcua-nodesets'
import { OPCUAServer, type ServerSession } from 'node-opcua-server'
import { simulationErrors } from './errors.ts'
import type { SimulatedHistory } from './kept-times.ts'
import { EventSource, type SimulatedEvent, type SimulatedEventType } from './opcua-events.ts'
import { OpcUaFaults } from './opcua-faults.ts'
import { answerHistory } from './opcua-history.ts'

/** A read-only variable. */
export interface SimulatedNode {
  /** Without namespace, such as `s=Mine.Fan1.Run`. */
  readonly identifier: string
  readonly kind: 'double' | 'boolean'
  /** EURange of an AnalogItem; a plain variable when absent. */
  readonly range?: { readonly low: number; readonly high: number }
  /** Value at a time, UTC ms; booleans are 0 and 1. */
  value(timeMs: number): number
  /** When the value that holds at a time was measured, UTC ms; that time itself when absent. */
  sourceTimeMs?(timeMs: number): number
  /** Status of the value that holds at a time; Good when absent or undefined. */
  status?(timeMs: number): keyof typeof StatusCodes | undefined
}

/** What to serve and where. */
export interface OpcUaServerOptions {
  readonly nodes: readonly SimulatedNode[]
  readonly namespaceUri: string
  /** Folder of keys and certificates; made when absent, kept across restarts. */
  readonly pkiDir: string
  readonly host?: string
  /** 0 takes any free port. */
  readonly port?: number
  readonly clock?: Clock
  /** URIs that get the indexes 2, 3, …; must contain `namespaceUri`. */
  readonly namespaceOrder?: readonly string[]
  /** Passwords by user name. */
  readonly users?: Readonly<Record<string, string>>
  /** Whether a session without user name is let in; by default only where there are no users. */
  readonly isAnonymousAllowed?: boolean
  /** Whether certificates of unknown clients are let in; otherwise only those under `pkiDir/trusted/certs`. Default true. */
  readonly areUnknownClientsAccepted?: boolean
  /** Whether an endpoint without encryption is offered beside Basic256Sha256. Default true. */
  readonly isUnencryptedOffered?: boolean
  /** What is kept of the past; without it the server has no history. */
  readonly history?: SimulatedHistory
  /** Types of events that the node `s=Mine` can raise; without them it is no event notifier. */
  readonly eventTypes?: readonly SimulatedEventType[]
}

/** A running OPC UA server. */
export interface OpcUaSimulator {
  readonly endpointUrl: string
  readonly port: number
  /** The server's own certificate, for the trust list of a client. */
  readonly certificateFile: string
  readonly faults: OpcUaFaults
  /** Requests by service, such as ReadRequest; a gateway never causes WriteRequest or CallRequest. */
  readonly services: ReadonlyMap<string, number>
  /** Raises an event at the node `s=Mine`; while the server is off the network nobody hears it. */
  readonly raise: (event: SimulatedEvent) => void
  /** Stops and starts on the same port, perhaps with other namespace indexes. Sessions and subscriptions are gone. */
  readonly restart: (changes?: { namespaceOrder?: readonly string[] }) => Promise<void>
  /** Goes off the network until `start`. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts a server; rejects with SIM_PORT_IN_USE or SIM_UNKNOWN_NAMESPACE. */
export async function openOpcUaServer(options: OpcUaServerOptions): Promise<OpcUaSimulator> {
  checkOrder(options.namespaceOrder ?? [options.namespaceUri], options.namespaceUri)
  const host = options.host ?? '127.0.0.1'
  let port = await freePort(options.port ?? 0, host)
  const clock = options.clock ?? systemClock
  const certificates = await openCertificates(options)
  const faults = new OpcUaFaults(clock, new Set(options.nodes.map(({ identifier }) => identifier)))
  const services = new Map<string, number>()
  const sessions = new Set<ServerSession>()
  faults.attach(sessions)
  let order = options.namespaceOrder ?? [options.namespaceUri]
  let server: OPCUAServer | undefined
  let events: EventSource | undefined

  let isClosed = false
  // One after the other: a restart in the middle of a stop would leave a server behind.
  let turn: Promise<void> = Promise.resolve()
  const inTurn = (step: () => Promise<void>): Promise<void> => {
    const done = turn.then(step)
    turn = done.catch(() => undefined)
    return done
  }

  const bringUp = async (): Promise<void> => {
    if (server !== undefined || isClosed) return
    const starting = makeServer(options, { host, port, certificates })
    recordSessions(starting, sessions, services)
    await starting.initialize()
    events = addNodes(starting, { options, order, clock, faults })
    try {
      await starting.start()
    } catch (err) {
      await starting.shutdown(0).catch(() => undefined)
      throw err
    }
    server = starting
  }
  const takeDown = async (): Promise<void> => {
    const stopping = server
    server = undefined
    events = undefined
    sessions.clear()
    await stopping?.shutdown(0)
  }
  const start = (): Promise<void> => inTurn(bringUp)
  const stop = (): Promise<void> => inTurn(takeDown)
  const restart = (changes: { namespaceOrder?: readonly string[] } = {}): Promise<void> =>
    inTurn(async () => {
      if (changes.namespaceOrder !== undefined) order = checkOrder(changes.namespaceOrder, options.namespaceUri)
      await takeDown()
      await bringUp()
    })
  const close = (): Promise<void> =>
    inTurn(async () => {
      if (isClosed) return
      isClosed = true
      await takeDown()
      await certificates.dispose()
    })
  for (let tries = 1; ; tries++) {
    try {
      await start()
      break
    } catch (cause) {
      // Somebody else took the free port before the server could listen.
      const isAnyPort = (options.port ?? 0) === 0
      if (!isAnyPort || tries === MAX_PORTS) {
        await close()
        throw simulationErrors.LISTEN_FAILED({ host, port }, cause)
      }
      port = await freePort(0, host)
    }
  }
  const certificateFile = join(options.pkiDir, 'own/certs/certificate.pem')
  const raise = (event: SimulatedEvent): void => events?.raise(event)
  return { endpointUrl: `opc.tcp://${host}:${port}`, port, certificateFile, faults, services, raise, restart, stop, start, close }
}

interface Place {
  readonly host: string
  readonly port: number
  readonly certificates: OPCUACertificateManager
}

async function openCertificates(options: OpcUaServerOptions): Promise<OPCUACertificateManager> {
  const certificates = new OPCUACertificateManager({
    rootFolder: options.pkiDir,
    automaticallyAcceptUnknownCertificate: options.areUnknownClientsAccepted ?? true,
    keySize: 2048,
  })
  await certificates.initialize()
  return certificates
}

function makeServer(options: OpcUaServerOptions, { host, port, certificates }: Place): OPCUAServer {
  const users = new Map(Object.entries(options.users ?? {}))
  const isUnencryptedOffered = options.isUnencryptedOffered ?? true
  const certificateFile = join(options.pkiDir, 'own/certs/certificate.pem')
  return new OPCUAServer({
    host,
    port,
    hostname: host,
    serverCertificateManager: certificates,
    userCertificateManager: certificates,
    certificateFile,
    privateKeyFile: certificates.privateKey,
    nodesets: [nodesets.standard],
    // The URI stands in the certificate that a restart finds again, so it must be the same each time.
    serverInfo: { applicationUri: APPLICATION_URI, productUri: 'orewatch-simulator', applicationName: { text: 'Orewatch simulator', locale: 'en' } },
    buildInfo: { productName: 'Orewatch simulator' },
    securityPolicies: [...(isUnencryptedOffered ? [SecurityPolicy.None] : []), SecurityPolicy.Basic256Sha256],
    securityModes: [...(isUnencryptedOffered ? [MessageSecurityMode.None] : []), MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    allowAnonymous: options.isAnonymousAllowed ?? users.size === 0,
    userManager: { isValidUser: (user: string, password: string) => users.has(user) && users.get(user) === password },
    allowAnonymousSubscriptionTransferOnUnsecuredChannel: true,
    isAuditing: false,
    maxConnectionsPerEndpoint: 100,
    serverCapabilities: { maxSessions: 100, minSupportedSampleRate: 50 },
  })
}

const MAX_PORTS = 5
const APPLICATION_URI = 'urn:orewatch:simulator'

function recordSessions(server: OPCUAServer, sessions: Set<ServerSession>, services: Map<string, number>): void {
  server.on('create_session', (session) => sessions.add(session))
  server.on('session_closed', (session) => sessions.delete(session))
  server.on('request', (request) => {
    const service = request.constructor.name
    services.set(service, (services.get(service) ?? 0) + 1)
  })
}

interface Content {
  readonly options: OpcUaServerOptions
  readonly order: readonly string[]
  readonly clock: Clock
  readonly faults: OpcUaFaults
}

function addNodes(server: OPCUAServer, { options, order, clock, faults }: Content): EventSource {
  const space = server.engine.addressSpace
  if (space === null) throw simulationErrors.LISTEN_FAILED({ cause: 'the address space did not load' })
  for (const uri of order) space.registerNamespace(uri)
  const namespace = space.registerNamespace(options.namespaceUri)
  const eventTypes = options.eventTypes ?? []
  const device = namespace.addObject({
    organizedBy: space.rootFolder.objects,
    browseName: 'Mine',
    nodeId: 's=Mine',
    // OPC UA Part 3, 8.59: bit 0 of EventNotifier, events can be subscribed to.
    ...(eventTypes.length > 0 && { eventNotifier: 1, notifierOf: space.rootFolder.objects.server }),
  })
  const access = makeAccessLevelFlag(options.history === undefined ? 'CurrentRead' : 'CurrentRead | HistoryRead')
  for (const node of options.nodes) {
    const dataType = node.kind === 'boolean' ? DataType.Boolean : DataType.Double
    const common = {
      componentOf: device,
      browseName: node.identifier.slice(2),
      nodeId: node.identifier,
      dataType,
      accessLevel: access,
      userAccessLevel: access,
      historizing: options.history !== undefined,
      minimumSamplingInterval: 50,
      value: { timestamped_get: () => readNode(node, dataType, clock, faults), ...(options.history !== undefined && { historyRead: historyOf(node, options.history, clock, faults) }) },
    }
    if (node.range === undefined) namespace.addVariable(common)
    else namespace.addAnalogDataItem({ ...common, engineeringUnitsRange: node.range })
  }
  return new EventSource(namespace, device, eventTypes)
}

// The library counts the parameters: six.
type HistoryReader = (
  context: unknown,
  details: unknown,
  range: unknown,
  encoding: unknown,
  continuation: { readonly continuationPoint?: Uint8Array | null },
  callback: (err: Error | null, result?: HistoryReadResult) => void,
) => void

function historyOf(node: SimulatedNode, history: SimulatedHistory, clock: Clock, faults: OpcUaFaults): HistoryReader {
  return (_context, details, _range, _encoding, { continuationPoint }, callback) => {
    if (!(details instanceof ReadRawModifiedDetails)) return callback(null, new HistoryReadResult({ statusCode: StatusCodes.BadHistoryOperationUnsupported }))
    const question = {
      fromMs: details.startTime?.getTime() ?? Number.NEGATIVE_INFINITY,
      toMs: details.endTime?.getTime() ?? Number.POSITIVE_INFINITY,
      maxRows: details.numValuesPerNode,
      continuationPoint: continuationPoint ?? undefined,
    }
    const fault = faults.history
    const answer = (): void => callback(null, answerHistory(node, history, question, clock.nowMs(), fault))
    if (fault?.kind === 'slow') setTimeout(answer, fault.delayMs).unref()
    else answer()
  }
}

function readNode(node: SimulatedNode, dataType: DataType, clock: Clock, faults: OpcUaFaults): DataValue {
  const timeMs = faults.frozenTimeMs(node.identifier) ?? clock.nowMs()
  const status: StatusCode = faults.statusOf(node.identifier) ?? (StatusCodes[node.status?.(timeMs) ?? 'Good'] as StatusCode)
  const value = node.value(timeMs)
  const isUsable = status.value >>> 31 === 0
  return new DataValue({
    value: new Variant(isUsable ? { dataType, value: node.kind === 'boolean' ? value !== 0 : value } : { dataType: DataType.Null }),
    statusCode: status,
    sourceTimestamp: new Date(node.sourceTimeMs?.(timeMs) ?? timeMs),
  })
}

function checkOrder(order: readonly string[], uri: string): readonly string[] {
  if (!order.includes(uri)) throw simulationErrors.UNKNOWN_NAMESPACE({ namespaceUri: uri, namespaceOrder: order })
  return order
}

// The library builds its endpoint addresses before it listens, so the port must be known first.
async function freePort(port: number, host: string): Promise<number> {
  const probe = createServer()
  return await new Promise((resolve, reject) => {
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? simulationErrors.PORT_IN_USE({ host, port }, cause) : simulationErrors.LISTEN_FAILED({ host, port, code: cause.code }, cause))
    })
    probe.listen(port, host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}
