/* A broker, ingest on parts in memory, and gateways on the wire. */
import { silentLogger } from '@orewatch/observability'
import { startMosquitto } from '@orewatch/testkit'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrokerRefusal, credentialsOf, hashPassword, mosquittoFiles, startBroker } from '../../broker/index.ts'
import type { StoreCapabilities } from '../../telemetry/store.ts'
import { Ingest, type IngestLimits, type IngestParts } from '../ingest.ts'
import { openMqttSource } from '../mqtt-source.ts'
import { MemoryRelational, MemoryStore } from './doubles.ts'
import { WireGateway, type WireGatewayOptions } from './wire-gateway.ts'

/** Which broker a suite runs on. */
export type BrokerKind = 'aedes' | 'mosquitto'

/** Credentials of the suite: gateways g1…g4 of county 990101, one of 990102, and ingest. */
export const PASSWORD = 'a-password-of-the-test'
const HASH = hashPassword(PASSWORD, 101)
export const CREDENTIALS = {
  gateways: Object.fromEntries(['990101/g1', '990101/g2', '990101/g3', '990101/g4', '990102/g1'].map((name) => [name, HASH])),
  hosts: { central: { groups: 'all' as const, hash: HASH }, 'central-2': { groups: ['990102'], hash: HASH } },
}

/** A broker for tests. */
export interface TestBroker {
  readonly url: string
  readonly refusals: BrokerRefusal[]
  stop(): Promise<void>
}

/** Starts the broker of a suite. */
export async function openBroker(kind: BrokerKind, options: { readonly drainTimeoutMs?: number } = {}): Promise<TestBroker> {
  const refusals: BrokerRefusal[] = []
  if (kind === 'mosquitto') {
    const mosquitto = await startMosquitto((place) => mosquittoFiles(CREDENTIALS, place))
    return { url: mosquitto.url, refusals, stop: () => mosquitto.stop() }
  }
  const broker = await startBroker({ host: '127.0.0.1', port: 0, credentials: credentialsOf(CREDENTIALS), log: silentLogger(), onRefusal: (refusal) => refusals.push(refusal), ...options })
  return { url: broker.url, refusals, stop: () => broker.stop() }
}

/** Ingest with everything around it. */
export interface Rig {
  readonly broker: TestBroker
  readonly store: MemoryStore
  readonly relational: MemoryRelational
  readonly ingest: Ingest
  /** Connects a gateway of county 990101 that was registered before. */
  gateway(node: string, options?: Partial<WireGatewayOptions>): Promise<WireGateway>
  stop(): Promise<void>
}

/** Opens ingest on a broker; `registered` gateways are known to the register. */
export async function openRig(
  kind: BrokerKind,
  options: {
    readonly registered?: readonly string[]
    readonly capabilities?: Partial<StoreCapabilities>
    readonly limits?: IngestLimits
    readonly drainTimeoutMs?: number
    readonly alarms?: IngestParts['alarms']
  } = {},
): Promise<Rig> {
  const broker = await openBroker(kind, options.drainTimeoutMs === undefined ? {} : { drainTimeoutMs: options.drainTimeoutMs })
  const store = new MemoryStore(options.capabilities)
  const relational = new MemoryRelational()
  for (const node of options.registered ?? ['g1', 'g2', 'g3']) relational.register('990101', node)
  const ingest = connectIngest(broker.url, store, relational, options.limits, options.alarms)
  await until(() => ingest.brokerHealth().ok)
  const gateways: WireGateway[] = []
  return {
    broker,
    store,
    relational,
    ingest,
    async gateway(node, given = {}) {
      const gateway = await WireGateway.connect({ url: broker.url, group: '990101', node, password: PASSWORD, points: pointsOf('dev', 4), ...given })
      gateways.push(gateway)
      return gateway
    },
    async stop() {
      await Promise.all(gateways.map((gateway) => gateway.stop()))
      await ingest.stop(500)
      await broker.stop()
    },
  }
}

/** Opens ingest on given parts; the caller stops it. */
export function connectIngest(url: string, store: MemoryStore, relational: MemoryRelational, limits: IngestLimits = {}, alarms?: IngestParts['alarms']): Ingest {
  const log = silentLogger()
  const source = openMqttSource({ url, userName: 'central', password: PASSWORD, hostId: 'central', groups: 'all', log, maxPauseMs: 300 })
  const { registry, quarantine, records, ranges, security, completeness } = relational
  const ingest = new Ingest({ source, store, registry, quarantine, records, ranges, security, completeness, log, ...(alarms !== undefined && { alarms }) }, { maxPauseMs: 100, ...limits })
  ingest.start()
  return ingest
}

/** Points p0…pn of a device, aliases from 10 on. */
export function pointsOf(device: string, count: number, firstAlias = 10): WireGatewayOptions['points'] {
  return Array.from({ length: count }, (_, i) => ({ alias: firstAlias + i, device, name: `p${i}` }))
}

/** Waits until something is so; the test's own time-out ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}
