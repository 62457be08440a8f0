/** Sparkplug B 3.0 message types that Orewatch sends or takes. */
export type MessageType = 'NBIRTH' | 'NDATA' | 'NDEATH' | 'NCMD' | 'DBIRTH' | 'DDATA' | 'DDEATH' | 'DCMD'

/** A parsed Sparkplug topic `spBv1.0/<group>/<type>/<node>[/<device>]`. */
export interface SparkplugTopic {
  readonly group: string
  readonly type: MessageType
  readonly node: string
  readonly device?: string
}

/** The namespace of every Sparkplug B topic. */
export const NAMESPACE = 'spBv1.0'

// No '.', '+', '#', '*' or white space: brokers rewrite or cut topics that hold them.
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
const TYPES: ReadonlySet<string> = new Set(['NBIRTH', 'NDATA', 'NDEATH', 'NCMD', 'DBIRTH', 'DDATA', 'DDEATH', 'DCMD'])

/** Whether a string may be a group, node or device id. */
export function isTopicId(id: string): boolean {
  return ID.test(id)
}

/** The topic string of its parts. */
export function formatTopic(topic: SparkplugTopic): string {
  const base = `${NAMESPACE}/${topic.group}/${topic.type}/${topic.node}`
  return topic.device === undefined ? base : `${base}/${topic.device}`
}

/** The parts of a topic, or undefined when it is not a Sparkplug message of ours to read. */
export function parseTopic(topic: string): SparkplugTopic | undefined {
  const parts = topic.split('/')
  const [namespace, group, type, node, device] = parts
  if (namespace !== NAMESPACE || group === undefined || type === undefined || node === undefined) return undefined
  if (!TYPES.has(type) || !isTopicId(group) || !isTopicId(node)) return undefined
  const isDeviceMessage = type.startsWith('D')
  if (parts.length !== (isDeviceMessage ? 5 : 4)) return undefined
  if (!isDeviceMessage) return { group, type: type as MessageType, node }
  if (device === undefined || !isTopicId(device)) return undefined
  return { group, type: type as MessageType, node, device }
}

/** Where a host says whether it is there: `spBv1.0/STATE/<host>`. */
export function stateTopic(hostId: string): string {
  return `${NAMESPACE}/STATE/${hostId}`
}

/** The content of a STATE message: JSON of Sparkplug 3.0 section 6.4. */
export interface HostState {
  readonly online: boolean
  /** UTC ms of this host's connect; a state with an older time than one already seen is stale. */
  readonly timestamp: number
}

/** The bytes of a STATE message. */
export function encodeHostState(state: HostState): Buffer {
  return Buffer.from(JSON.stringify({ online: state.online, timestamp: state.timestamp }))
}

/** Reads a STATE message; undefined when it is not one. */
export function decodeHostState(bytes: Uint8Array): HostState | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null) return undefined
    const { online, timestamp } = parsed as Record<string, unknown>
    if (typeof online !== 'boolean' || typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp)) return undefined
    return { online, timestamp }
  } catch {
    return undefined
  }
}
