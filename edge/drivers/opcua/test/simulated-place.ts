import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpcUaServerOptions, type OpcUaSimulator, startOpcUaServer } from '@orewatch/firmware-adapters/simulation'
import { Value } from 'typebox/value'
import type { DeviceSpec } from '../../driver.ts'
import { pointOf } from '../../test/recording-sink.ts'
import { OpcUaLineConfig } from '../index.ts'

/** Namespace of the simulated PLC. */
export const NAMESPACE = 'urn:orewatch:test-plc'

/** A simulated server with folders of its own. */
export interface SimulatedPlace {
  readonly server: OpcUaSimulator
  /** Folder of the gateway's certificates. */
  readonly pkiDirectory: string
  /** Puts the server's certificate where the gateway trusts it. */
  trustServer(): void
  close(): Promise<void>
}

/** Starts a server with a ramp, a constant and a switch. */
export async function openSimulatedPlace(more: Partial<OpcUaServerOptions> = {}): Promise<SimulatedPlace> {
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-opcua-'))
  const server = await startOpcUaServer({
    nodes: [
      { identifier: 's=Ramp', kind: 'double', value: (timeMs) => timeMs % 1_000_000 },
      { identifier: 's=Constant', kind: 'double', value: () => 42.5 },
      { identifier: 's=Switch', kind: 'boolean', value: () => 1 },
    ],
    namespaceUri: NAMESPACE,
    pkiDir: join(directory, 'server'),
    ...more,
  })
  const pkiDirectory = join(directory, 'gateway')
  return {
    server,
    pkiDirectory,
    trustServer: () => {
      mkdirSync(join(pkiDirectory, 'trusted/certs'), { recursive: true })
      copyFileSync(server.certificateFile, join(pkiDirectory, 'trusted/certs/server.pem'))
    },
    close: async () => {
      await server.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Settings that make a line notice and recover fast. */
export function fastConfig(endpoint: string, more: Partial<OpcUaLineConfig> = {}): OpcUaLineConfig {
  const quick = { security: 'None', publishingIntervalMs: 100, silentAfterMs: 1_500, requestTimeoutMs: 1_000, reconnectMinMs: 50, reconnectMaxMs: 200 }
  return Value.Default(OpcUaLineConfig, { endpoint, ...quick, ...more }) as OpcUaLineConfig
}

/** A device with the given nodes, read every `periodMs`. */
export function deviceOf(id: string, identifiers: readonly string[], periodMs = 100, namespaceUri = NAMESPACE): DeviceSpec {
  return { id, points: identifiers.map((identifier) => pointOf(identifier.slice(2).toLowerCase(), { kind: 'opcua', opcua: { namespaceUri, identifier } }, periodMs)) }
}

/** Services that change something at a server; a line must never ask for one. ConditionRefresh would be a call. */
export const WRITING_SERVICES = /^(Write|Call|HistoryUpdate|AddNodes|AddReferences|DeleteNodes|DeleteReferences)Request$/
