/*
 * What the HTTP interface stands on: the ports of register, quarantine, access and store, and in its own words what it
 * asks of ingest. The composition root fits the real parts to it; this folder imports no unit and no other engine.
 */
import type { SampleColumns } from '@orewatch/core'
import type { PartHealth } from '@orewatch/observability'
import type { GatewayStatus } from '@orewatch/protocol'
import type { Alarm, AlarmAction, AlarmJournal, RuleWords } from '../alarms/index.ts'
import type { Exporter } from '../export/index.ts'
import type { Audit, Sessions, Users } from '../kernel/access/index.ts'
import type { Quarantine } from '../quarantine/index.ts'
import type { PointRow, Registry } from '../registry/index.ts'
import type { TelemetryStore } from '../telemetry/store.ts'

/** A gateway's session as ingest sees it; times UTC ms by central's clock. */
export interface GatewaySession {
  readonly isOnline: boolean
  readonly sinceMs?: number
  readonly lastMessageMs?: number
  readonly status?: GatewayStatus
  readonly statusReceivedMs?: number
}

/** Where ingest last saw a point, since it started; times UTC ms by central's clock. */
export interface PointTrace {
  readonly lastReceivedMs?: number
  readonly lastQueuedMs?: number
  readonly lastRefusedMs?: number
  readonly refusal?: string
}

/** What ingest knows of this moment; every method is cheap and never throws. */
export interface IngestPart {
  health(): PartHealth
  brokerHealth(): PartHealth
  stats(): { readonly pointsPerSecond: number; readonly queueBytes: number; readonly dropped: number }
  session(gateway: number): GatewaySession
  trace(point: number): PointTrace
  /** Calls back with samples as they are stored (`key` is the point's id); returns how to stop. */
  onSamples(listener: (samples: SampleColumns) => void): () => void
}

/** A person's decision on a quarantined group. */
export interface AdoptionOrder {
  readonly group: number
  readonly pointCode: string
  readonly name: string
  readonly unit?: string
}

/** What adopting did. */
export interface AdoptionResult {
  readonly stored: number
  readonly conflicts: number
  readonly point: PointRow
}

/** Alarms as the interface uses them. */
export interface AlarmPart extends Pick<AlarmJournal, 'get' | 'list' | 'log' | 'openCounts'> {
  /** Does what a person asks and tells the listeners; rejects with ALARM_*. */
  act(id: string, revision: number, actor: string, action: AlarmAction): Promise<Alarm>
  /** What a rule is called, and what the numbers of its alarms are. */
  describeRule(ruleId: string): RuleWords
  /** Calls back with alarms as they change, before anybody could read them; returns how to stop. */
  onChange(listener: (alarms: readonly Alarm[]) => void): () => void
}

/** Everything the HTTP interface stands on. */
export interface ApiParts {
  readonly users: Pick<Users, 'byLogin' | 'changePassword'>
  readonly sessions: Pick<Sessions, 'login' | 'resolve' | 'logout'>
  readonly audit: Pick<Audit, 'append'>
  readonly registry: Pick<Registry, 'overview' | 'mines' | 'mine' | 'gateways' | 'gatewayByTopic' | 'devices' | 'points' | 'pointByCode' | 'pointsById'>
  readonly quarantine: Pick<Quarantine, 'groups' | 'group' | 'samples'>
  /** Registers the point, tells ingest, and moves the kept samples into the store. */
  adopt(order: AdoptionOrder): Promise<AdoptionResult>
  readonly ingest: IngestPart
  readonly alarms: AlarmPart
  readonly store: Pick<TelemetryStore, 'name' | 'latest' | 'range' | 'aggregate' | 'health'>
  readonly exporter: Exporter
  readonly relational: { health(): PartHealth }
}
