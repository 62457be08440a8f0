import type { OpcUaServerOptions, OpcUaSimulator } from './opcua-server.ts'

/**
 * Starts an OPC UA server of read-only variables; rejects with SIM_PORT_IN_USE or SIM_UNKNOWN_NAMESPACE.
 * The OPC UA library is loaded only now: it costs about a second and 100 MB, which a Modbus test need not pay.
 */
export async function startOpcUaServer(options: OpcUaServerOptions): Promise<OpcUaSimulator> {
  const { openOpcUaServer } = await import('./opcua-server.ts')
  return await openOpcUaServer(options)
}
