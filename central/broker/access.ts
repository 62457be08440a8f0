import { isTopicId, NAMESPACE, parseTopic } from '@orewatch/protocol'

/** Who stands behind a connection. */
export type Identity =
  /** A gateway, pinned to its own topics. */
  | { readonly kind: 'gateway'; readonly group: string; readonly node: string }
  /** A Sparkplug host such as ingest: reads the data of its groups and sends commands to their gateways. */
  | { readonly kind: 'host'; readonly groups: readonly string[] | 'all' }

/** Message types that a gateway sends; hosts subscribe them. */
export const GATEWAY_TYPES = ['NBIRTH', 'NDATA', 'NDEATH', 'DBIRTH', 'DDATA', 'DDEATH'] as const
const SENT_BY_GATEWAYS: ReadonlySet<string> = new Set(GATEWAY_TYPES)

/** User name of a gateway's credential. */
export function gatewayUserName(group: string, node: string): string {
  return `${group}/${node}`
}

/** The gateway that a user name names, or undefined when it is not one of a gateway. */
export function parseGatewayUserName(userName: string): { readonly group: string; readonly node: string } | undefined {
  const [group, node, ...rest] = userName.split('/')
  if (group === undefined || node === undefined || rest.length > 0 || !isTopicId(group) || !isTopicId(node)) return undefined
  return { group, node }
}

/** Whether an identity may publish on a topic. */
export function mayPublish(identity: Identity, topic: string): boolean {
  if (identity.kind === 'host' && isStateTopic(topic)) return true
  const parts = parseTopic(topic)
  if (parts === undefined) return false
  if (identity.kind === 'host') return !SENT_BY_GATEWAYS.has(parts.type) && ownsGroup(identity, parts.group)
  return SENT_BY_GATEWAYS.has(parts.type) && parts.group === identity.group && parts.node === identity.node
}

/** Whether an identity may subscribe a topic filter. */
export function maySubscribe(identity: Identity, filter: string): boolean {
  const [namespace, group, type, node, device, ...rest] = filter.split('/')
  if (namespace !== NAMESPACE || group === undefined || type === undefined || rest.length > 0) return false
  if (group === 'STATE') return node === undefined && (type === '+' || isTopicId(type))
  if (identity.kind === 'host') {
    const isOwn = group === '+' ? identity.groups === 'all' : isTopicId(group) && ownsGroup(identity, group)
    return isOwn && SENT_BY_GATEWAYS.has(type) && isLevel(node) && (device === undefined || isLevel(device))
  }
  if (group !== identity.group || node !== identity.node) return false
  if (type === 'NCMD') return device === undefined || device === '#'
  return type === 'DCMD' && (device === undefined || isLevel(device) || device === '#')
}

function isLevel(level: string | undefined): boolean {
  return level !== undefined && (level === '+' || level === '#' || isTopicId(level))
}

function ownsGroup(identity: Extract<Identity, { kind: 'host' }>, group: string): boolean {
  return identity.groups === 'all' || identity.groups.includes(group)
}

function isStateTopic(topic: string): boolean {
  const [namespace, state, host, ...rest] = topic.split('/')
  return namespace === NAMESPACE && state === 'STATE' && host !== undefined && isTopicId(host) && rest.length === 0
}
