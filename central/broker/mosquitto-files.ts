import type { CredentialFile } from './credentials.ts'
import { GATEWAY_TYPES, gatewayUserName, parseGatewayUserName } from './access.ts'
import { NAMESPACE } from '@orewatch/protocol'

/** Where Mosquitto listens and keeps its files. */
export interface MosquittoOptions {
  readonly host: string
  readonly port: number
  /** Directory that holds `passwords` and `acl`. */
  readonly directory: string
  /** Paths of PEM files. */
  readonly tls?: { readonly caFile?: string; readonly certFile: string; readonly keyFile: string }
  readonly maxConnections?: number
  readonly maxPacketBytes?: number
}

/** Files for Mosquitto 2 with the same credentials and the same access as the embedded broker. */
export function mosquittoFiles(credentials: CredentialFile, options: MosquittoOptions): { readonly 'mosquitto.conf': string; readonly passwords: string; readonly acl: string } {
  return { 'mosquitto.conf': configuration(options), passwords: passwords(credentials), acl: accessList(credentials) }
}

function configuration({ host, port, directory, tls, maxConnections, maxPacketBytes }: MosquittoOptions): string {
  return lines(
    'per_listener_settings false',
    `listener ${port} ${host}`,
    'allow_anonymous false',
    `password_file ${directory}/passwords`,
    `acl_file ${directory}/acl`,
    // One identity is one connection, and nobody can throw out another by taking its client id.
    'use_username_as_clientid true',
    `max_connections ${maxConnections ?? 4_096}`,
    `message_size_limit ${maxPacketBytes ?? 4 * 1024 ** 2}`,
    'max_keepalive 300',
    // What waits for a subscriber that reads slowly: enough for a burst, and then messages at QoS 0 are dropped; they come again.
    'max_queued_messages 1000',
    'max_queued_bytes 67108864',
    'max_inflight_messages 20',
    // Nothing needs to survive: central confirms end to end, and STATE is published again at every connect.
    'persistence false',
    'set_tcp_nodelay true',
    'log_dest stderr',
    'log_type error',
    'log_type warning',
    'log_type notice',
    ...(tls === undefined ? [] : [`certfile ${tls.certFile}`, `keyfile ${tls.keyFile}`, ...(tls.caFile === undefined ? [] : [`cafile ${tls.caFile}`]), 'tls_version tlsv1.2']),
  )
}

function passwords({ gateways, hosts }: CredentialFile): string {
  return lines(...Object.entries(gateways).map(([name, hash]) => `${name}:${hash}`), ...Object.entries(hosts).map(([name, { hash }]) => `${name}:${hash}`))
}

function accessList({ gateways, hosts }: CredentialFile): string {
  return lines(...Object.keys(gateways).flatMap(gatewayAccess), ...Object.entries(hosts).flatMap(([name, { groups }]) => hostAccess(name, groups)))
}

function gatewayAccess(userName: string): string[] {
  const parts = parseGatewayUserName(userName)
  if (parts === undefined) return []
  const { group, node } = parts
  return [
    `user ${gatewayUserName(group, node)}`,
    ...GATEWAY_TYPES.map((type) => `topic write ${NAMESPACE}/${group}/${type}/${node}${type.startsWith('D') ? '/+' : ''}`),
    `topic read ${NAMESPACE}/${group}/NCMD/${node}/#`,
    `topic read ${NAMESPACE}/${group}/DCMD/${node}/#`,
    `topic read ${NAMESPACE}/STATE/+`,
  ]
}

function hostAccess(userName: string, groups: readonly string[] | 'all'): string[] {
  return [
    `user ${userName}`,
    ...(groups === 'all' ? ['+'] : groups).flatMap((group) => [
      ...GATEWAY_TYPES.map((type) => `topic read ${NAMESPACE}/${group}/${type}/#`),
      `topic write ${NAMESPACE}/${group}/NCMD/+`,
      `topic write ${NAMESPACE}/${group}/DCMD/+/+`,
    ]),
    `topic readwrite ${NAMESPACE}/STATE/+`,
  ]
}

function lines(...texts: readonly string[]): string {
  return `${texts.join('\n')}\n`
}
