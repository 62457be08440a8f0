/*
 * Connection and session with one OPC UA server. The library's own reconnection is off: line.ts rebuilds what is broken,
 * from the outside in, and re-resolves namespaces each time.
 */
import { readSecret } from '@orewatch/config'
import { CodedError, type Reason } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { ClientSession, OPCUAClient, UserIdentityInfo } from 'node-opcua-client'
import type { OpcUaLineConfig } from './config.ts'
import { opcuaErrors } from './errors.ts'
import { APPLICATION_NAME, openPki, type Pki, requireTrusted } from './pki.ts'

/** The library, loaded only when a line is started: it costs about half a second and 100 MB. */
export type OpcUaLibrary = typeof import('node-opcua-client')

/** A connection with a secure channel. */
export interface Connection {
  readonly library: OpcUaLibrary
  readonly client: OPCUAClient
  openSession(): Promise<ClientSession>
  close(): Promise<void>
}

/** Connects, checks the server's certificate, opens the secure channel; rejects with an OPCUA_* error. */
export async function openConnection(config: OpcUaLineConfig, pkiDirectory: string, log: Logger): Promise<Connection> {
  const library = await import('node-opcua-client')
  // The library prints to standard output, which belongs to the results of the programs.
  library.setWarningLogger((...words) => log.debug({ text: words.map(String).join(' ').slice(0, 500) }, 'OPC UA library warns'))
  library.setErrorLogger((...words) => log.debug({ text: words.map(String).join(' ').slice(0, 500) }, 'OPC UA library reports an error'))
  const pki = await openPki(pkiDirectory)
  let client: OPCUAClient | undefined
  const close = async (): Promise<void> => {
    if (client !== undefined) await quietly(client.disconnect(), config.requestTimeoutMs)
    await pki.manager.dispose()
  }
  try {
    if (config.security !== 'None') await checkServer(library, config, pki)
    client = makeClient(library, config, pki, config.security !== 'None')
    await within(client.connect(config.endpoint), config.connectTimeoutMs, config.endpoint)
  } catch (err) {
    await close()
    throw classify(err, config)
  }
  const connected = client
  return { library, client: connected, close, openSession: () => openSession(library, connected, config) }
}

/** Asks the server for its certificate without encryption, so that an untrusted one can be named before anything is entrusted to it. */
async function checkServer(library: OpcUaLibrary, config: OpcUaLineConfig, pki: Pki): Promise<void> {
  const client = makeClient(library, config, pki, false)
  try {
    await within(client.connect(config.endpoint), config.connectTimeoutMs, config.endpoint)
    const endpoints = await within(client.getEndpoints(), config.requestTimeoutMs, config.endpoint)
    const fitting = endpoints.find((endpoint) => endpoint.securityPolicyUri === library.SecurityPolicy.Basic256Sha256 && endpoint.securityMode === library.MessageSecurityMode.SignAndEncrypt)
    if (fitting === undefined) {
      const offered = endpoints.map(({ securityPolicyUri, securityMode }) => `${securityPolicyUri?.split('#')[1] ?? '?'} ${library.MessageSecurityMode[securityMode]}`)
      throw opcuaErrors.SECURITY_UNSUPPORTED({ endpoint: config.endpoint, wanted: 'Basic256Sha256 SignAndEncrypt', offered })
    }
    await requireTrusted(pki, fitting.serverCertificate, config.endpoint, config.serverFingerprint)
  } finally {
    await quietly(client.disconnect(), config.requestTimeoutMs)
  }
}

function makeClient(library: OpcUaLibrary, config: OpcUaLineConfig, pki: Pki, isSecure: boolean): OPCUAClient {
  return library.OPCUAClient.create({
    applicationName: APPLICATION_NAME,
    applicationUri: pki.applicationUri,
    clientName: APPLICATION_NAME,
    clientCertificateManager: pki.manager,
    certificateFile: pki.certificateFile,
    privateKeyFile: pki.privateKeyFile,
    securityPolicy: isSecure ? library.SecurityPolicy.Basic256Sha256 : library.SecurityPolicy.None,
    securityMode: isSecure ? library.MessageSecurityMode.SignAndEncrypt : library.MessageSecurityMode.None,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 200 },
    keepSessionAlive: false,
    requestedSessionTimeout: 60_000,
    transportTimeout: config.requestTimeoutMs,
    defaultTransactionTimeout: config.requestTimeoutMs,
  })
}

async function openSession(library: OpcUaLibrary, client: OPCUAClient, config: OpcUaLineConfig): Promise<ClientSession> {
  try {
    const identity: UserIdentityInfo =
      config.userName === undefined
        ? { type: library.UserTokenType.Anonymous }
        : { type: library.UserTokenType.UserName, userName: config.userName, password: config.passwordFile === undefined ? '' : readSecret(config.passwordFile) }
    return await within(client.createSession(identity), config.connectTimeoutMs, config.endpoint)
  } catch (err) {
    throw classify(err, config)
  }
}

/** The OPCUA_* error of whatever the library threw. */
export function classify(err: unknown, config: OpcUaLineConfig): CodedError {
  if (err instanceof CodedError) return err
  const text = err instanceof Error ? err.message : String(err)
  const details = { endpoint: config.endpoint, cause: text.split('\n')[0]?.slice(0, 200) }
  if (/BadUserAccessDenied|BadIdentityToken(Rejected|Invalid)|password|Secret|CONFIG_INVALID/i.test(text)) return opcuaErrors.ACCESS_DENIED({ ...details, userName: config.userName }, err)
  if (/BadSecurityChecksFailed|BadCertificate|premature disconnection/i.test(text)) return opcuaErrors.CLIENT_CERTIFICATE_REFUSED(details, err)
  if (/Cannot find an Endpoint|BadSecurityPolicyRejected|BadSecurityModeRejected/i.test(text)) return opcuaErrors.SECURITY_UNSUPPORTED(details, err)
  if (/BadSession/i.test(text)) return opcuaErrors.SESSION_LOST(details, err)
  return opcuaErrors.CONNECT_FAILED(details, err)
}

/** The reason that states and samples carry for an error of this driver. */
export function reasonOfError(error: CodedError): Reason {
  switch (error.code) {
    case 'OPCUA_CERTIFICATE_UNTRUSTED':
    case 'OPCUA_CLIENT_CERTIFICATE_REFUSED':
      return 'certificate-untrusted'
    case 'OPCUA_ACCESS_DENIED':
      return 'access-denied'
    case 'OPCUA_SECURITY_UNSUPPORTED':
      return 'protocol-error'
    case 'OPCUA_SESSION_LOST':
      return 'session-closed'
    case 'OPCUA_TIMEOUT':
      return 'timeout'
    default:
      return String(error.details['cause']).includes('ECONNREFUSED') ? 'connection-refused' : 'connection-lost'
  }
}

/** Rejects with OPCUA_TIMEOUT when the promise takes too long. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, endpoint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(opcuaErrors.TIMEOUT({ endpoint, timeoutMs })), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for a farewell that may fail or never come. */
export async function quietly(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  try {
    await within(promise, timeoutMs, '')
  } catch {
    // The other end is gone already; there is nobody left to tell.
  }
}
