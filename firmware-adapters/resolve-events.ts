import type { OpcUaEvent, OpcUaNodeName, Profile } from './profile.ts'
import type { DeviceWiring } from './wiring.ts'

/** Namespace that OPC UA itself defines; its nodes, such as the Server, are the same with every vendor. */
export const OPC_UA_NAMESPACE_URI = 'http://opcfoundation.org/UA/'

/** The events of one device: those of its profile, with the vendor's namespace where the wiring names one. */
export function resolveEvents(profile: Profile, { options = {} }: DeviceWiring = {}): readonly OpcUaEvent[] {
  if (profile.protocol !== 'opcua') return []
  const { namespaceUri } = options
  if (namespaceUri === undefined) return profile.events
  const moved = (node: OpcUaNodeName): OpcUaNodeName => (node.namespaceUri === OPC_UA_NAMESPACE_URI ? node : { ...node, namespaceUri })
  return profile.events.map((event) => ({ ...event, notifier: moved(event.notifier), eventType: moved(event.eventType) }))
}
