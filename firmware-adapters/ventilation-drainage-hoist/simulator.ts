import { type Clock, systemClock } from '@orewatch/core'
import { type Mine, type MineEvent, makeMine, orderEvent } from '../simulation/mine-air.ts'
import { startOpcUaServer } from '../simulation/opcua-door.ts'
import type { OpcUaServerOptions, OpcUaSimulator, SimulatedNode } from '../simulation/opcua-server.ts'
import { patternBit, patternValue } from '../simulation/pattern.ts'
import { PLANT_VARIABLES } from './model.ts'

/** Namespace of the simulated PLC; that of profile.yaml. */
export const PLC_NAMESPACE_URI = 'urn:orewatch:mine-plc'

/** What to simulate and where; users, certificates and namespace order are those of the OPC UA server. */
export interface VentilationDrainageHoistOptions extends Omit<OpcUaServerOptions, 'nodes' | 'namespaceUri'> {
  readonly seed?: number
  /** Shared with other simulators so that their values agree; its seed counts instead of `seed`. */
  readonly mine?: Mine
  /** model: physics; pattern: values computable from the node's index in `points` and the time. */
  readonly mode?: 'model' | 'pattern'
}

/** A simulated node and the index of its pattern. */
export interface PlantSimulatedPoint {
  readonly identifier: string
  readonly kind: 'double' | 'boolean'
  readonly patternIndex: number
}

/** A running PLC simulator. */
export interface VentilationDrainageHoist extends OpcUaSimulator {
  readonly namespaceUri: string
  readonly points: readonly PlantSimulatedPoint[]
  /** Lets a blast or a fan trip happen now. */
  readonly trigger: (event: MineEvent) => void
}

/** Starts the simulator; rejects with a SIM_* error when the port is taken or the namespace order lacks the PLC. */
export async function startVentilationDrainageHoist(options: VentilationDrainageHoistOptions): Promise<VentilationDrainageHoist> {
  const clock: Clock = options.clock ?? systemClock
  const mine = options.mine ?? makeMine({ seed: options.seed ?? 1 })
  const nodes = PLANT_VARIABLES.map(
    (variable, index): SimulatedNode => ({
      identifier: variable.identifier,
      kind: variable.kind,
      ...(variable.range === undefined ? {} : { range: variable.range }),
      value: options.mode === 'pattern' ? patternOf(variable.kind, index) : (timeMs) => variable.value(mine, timeMs),
    }),
  )
  const server = await startOpcUaServer({ ...options, clock, nodes, namespaceUri: PLC_NAMESPACE_URI })
  const points = PLANT_VARIABLES.map(({ identifier, kind }, patternIndex) => ({ identifier, kind, patternIndex }))
  return { ...server, namespaceUri: PLC_NAMESPACE_URI, points, trigger: (event) => orderEvent(mine, event, clock.nowMs()) }
}

function patternOf(kind: 'double' | 'boolean', index: number): (timeMs: number) => number {
  return kind === 'boolean' ? (timeMs) => Number(patternBit(index, timeMs)) : (timeMs) => patternValue(index, timeMs)
}
