import { type Clock, systemClock } from '@orewatch/core'
import type { RunOptions } from '../cli/arguments.ts'
import { cliErrors } from '../cli/errors.ts'
import { runOpcUa } from '../cli/run-opcua.ts'
import type { Running } from '../cli/running.ts'
import { startOpcUaServer } from '../simulation/opcua-door.ts'
import type { OpcUaServerOptions, OpcUaSimulator, SimulatedNode } from '../simulation/opcua-server.ts'
import { makeRadar, orderRadar, RADAR_FAULT_KINDS, type Radar, type RadarFaultKind, scanAt, scanTimeOf, type Zone, type ZoneScan } from './model.ts'

/** Namespace of the simulated radar; that of profile.yaml. */
export const RADAR_NAMESPACE_URI = 'urn:orewatch:slope-radar'

/** What to simulate and where; users, certificates and namespace order are those of the OPC UA server. */
export interface SlopeRadarOptions extends Omit<OpcUaServerOptions, 'nodes' | 'namespaceUri'> {
  /** The radar and its wall; when absent one whose third zone begins to speed up now. */
  readonly radar?: Radar
}

/** A running radar. */
export interface SlopeRadar extends OpcUaSimulator {
  readonly radar: Radar
  readonly identifiers: readonly string[]
  /** Lets something happen to a zone (from 1) with the newest scan; see orderRadar. */
  readonly order: (kind: RadarFaultKind, zone: number) => void
}

/** Starts the simulator; rejects with a SIM_* error when the port is taken. Its history holds the scans. */
export async function startSlopeRadar(options: SlopeRadarOptions): Promise<SlopeRadar> {
  const clock: Clock = options.clock ?? systemClock
  const radar = options.radar ?? makeRadar({ onsetMs: clock.nowMs() })
  const nodes = nodesOf(radar)
  const server = await startOpcUaServer({ history: { stepMs: radar.scanMs }, ...options, clock, nodes, namespaceUri: RADAR_NAMESPACE_URI })
  return { ...server, radar, identifiers: nodes.map(({ identifier }) => identifier), order: (kind, zone) => orderRadar(radar, kind, zone, scanTimeOf(radar, clock.nowMs())) }
}

/** Runs the simulator for `orewatch-sim run slope-radar`; `--fault phase-jump:2` orders a fault of zone 2 at the start. */
export async function runSimulator(options: RunOptions): Promise<Running> {
  const right = `slope-radar has its model only; --fault takes ${RADAR_FAULT_KINDS.map((kind) => `${kind}:<zone>`).join(', ')}`
  if (options.mode !== 'model' || options.events.length > 0) throw cliErrors.BAD_OPTION({ found: options.mode === 'model' ? '--event' : '--mode', rightWouldBe: right })
  const radar = makeRadar({ seed: options.seed, onsetMs: Date.now() })
  const own = options.faults.flatMap((text) => readFault(text, radar.zones.length))
  const others = options.faults.filter((text) => readFault(text, radar.zones.length).length === 0)
  return await runOpcUa('slope-radar', { ...options, faults: others }, RADAR_NAMESPACE_URI, async (place) => {
    const simulator = await startSlopeRadar({ ...place, radar })
    for (const { kind, zone } of own) simulator.order(kind, zone)
    const lines = [
      `  ${radar.zones.length} zones, a scan every ${radar.scanMs / 60_000} min; zone 3 speeds up and falls in ten hours`,
      ...own.map(({ kind, zone }) => `  fault: ${kind} of zone ${zone}`),
    ]
    return { simulator, identifiers: simulator.identifiers, lines }
  })
}

function readFault(text: string, zones: number): { readonly kind: RadarFaultKind; readonly zone: number }[] {
  const { word, number } = /^(?<word>[a-z-]+)(?::(?<number>\d+))?$/.exec(text)?.groups ?? {}
  const kind = RADAR_FAULT_KINDS.find((known) => known === word)
  if (kind === undefined) return []
  const zone = Number(number ?? 0)
  if (zone < 1 || zone > zones) throw cliErrors.BAD_FAULT({ found: text, rightWouldBe: `${kind}:<zone>, zone 1 to ${zones}` })
  return [{ kind, zone }]
}

function nodesOf(radar: Radar): SimulatedNode[] {
  const zones = radar.zones.flatMap((zone, i) => zoneNodes(radar, zone, i + 1))
  return [{ identifier: 's=Radar.Running', kind: 'boolean', value: () => 1 }, ...zones]
}

function zoneNodes(radar: Radar, { areaM2 }: Zone, zone: number): SimulatedNode[] {
  const node = (name: string, valueOf: (scan: ZoneScan) => number): SimulatedNode => ({
    identifier: `s=Radar.Zone${zone}.${name}`,
    kind: 'double',
    value: (timeMs) => valueOf(scanAt(radar, zone, timeMs)),
    sourceTimeMs: (timeMs) => scanTimeOf(radar, timeMs),
  })
  // The radar marks what it says of movement; how well it sees stays a good value.
  const marked = (one: SimulatedNode): SimulatedNode => ({ ...one, status: (timeMs) => (scanAt(radar, zone, timeMs).isMarked ? 'UncertainSensorNotAccurate' : undefined) })
  return [
    marked(node('Displacement', ({ displacementMm }) => displacementMm)),
    marked(node('Velocity', ({ velocityMmPerH }) => velocityMmPerH)),
    marked(node('PixelsAbove', ({ pixelsAbove }) => pixelsAbove)),
    node('Coherence', ({ coherence }) => coherence),
    node('Area', () => areaM2),
  ]
}
