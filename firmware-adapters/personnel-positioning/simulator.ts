import { type Clock, systemClock } from '@orewatch/core'
import type { RunOptions } from '../cli/arguments.ts'
import { cliErrors } from '../cli/errors.ts'
import type { Running } from '../cli/running.ts'
import { runOpcUa } from '../cli/run-opcua.ts'
import { startOpcUaServer } from '../simulation/opcua-door.ts'
import type { SimulatedEvent, SimulatedEventType } from '../simulation/opcua-events.ts'
import type { OpcUaServerOptions, OpcUaSimulator, SimulatedNode } from '../simulation/opcua-server.ts'
import {
  APPROVED_PERSONS,
  AREAS,
  countAt,
  LEVELS,
  makePositioning,
  ORDER_KINDS,
  type OrderKind,
  orderPositioning,
  type Positioning,
  type PositioningEvent,
  personHashOf,
  positioningEvents,
} from './model.ts'

/** Namespace of the simulated system; that of profile.yaml. */
export const POSITIONING_NAMESPACE_URI = 'urn:orewatch:positioning'

/** What to simulate and where; users, certificates and namespace order are those of the OPC UA server. */
export interface PersonnelPositioningOptions extends Omit<OpcUaServerOptions, 'nodes' | 'namespaceUri' | 'eventTypes'> {
  /** The mine and its people; one of seed 1 when absent. */
  readonly positioning?: Positioning
}

/** A running positioning system. */
export interface PersonnelPositioning extends OpcUaSimulator {
  readonly positioning: Positioning
  readonly identifiers: readonly string[]
  /** Lets something happen now; see orderPositioning. */
  readonly order: (kind: OrderKind) => void
}

const LOOK_MS = 100
// Class 0502 is counted every 30 s; so are the kept values.
const HISTORY = { stepMs: 30_000 }

const POSITION = { Card: 'string', PersonHash: 'string', Station: 'string', Area: 'string', AreaKind: 'string', X: 'number', Y: 'number', Level: 'number', CardState: 'string', Sos: 'number' } as const

/** Types of the events, with all fields that the profile names. */
export const POSITIONING_EVENT_TYPES: readonly SimulatedEventType[] = [
  { identifier: 's=PassageEventType', fields: { Card: 'string', PersonHash: 'string', Direction: 'string', Gate: 'string' } },
  { identifier: 's=AreaChangeEventType', fields: POSITION },
  { identifier: 's=SosEventType', fields: POSITION },
  { identifier: 's=LostCardEventType', fields: { Card: 'string', PersonHash: 'string', Station: 'string', Area: 'string', Level: 'number', LastSeen: 'time' } },
  { identifier: 's=OverTimeEventType', fields: { Card: 'string', PersonHash: 'string', Station: 'string', Area: 'string', Level: 'number', EnterTime: 'time' } },
]

/** Starts the simulator; rejects with a SIM_* error when the port is taken. Events that happen while it is off the network are lost, as with a real one. */
export async function startPersonnelPositioning(options: PersonnelPositioningOptions): Promise<PersonnelPositioning> {
  const clock: Clock = options.clock ?? systemClock
  const positioning = options.positioning ?? makePositioning()
  const nodes = nodesOf(positioning)
  const server = await startOpcUaServer({ history: HISTORY, ...options, clock, nodes, namespaceUri: POSITIONING_NAMESPACE_URI, eventTypes: POSITIONING_EVENT_TYPES })
  let saidMs = clock.nowMs()
  const timer = setInterval(() => {
    const nowMs = clock.nowMs()
    for (const event of positioningEvents(positioning, saidMs, nowMs)) server.raise(raisedOf(event))
    saidMs = nowMs
  }, LOOK_MS)
  return {
    ...server,
    positioning,
    identifiers: nodes.map(({ identifier }) => identifier),
    // A little ahead of now, so that what it changes has not been told already.
    order: (kind) => orderPositioning(positioning, kind, clock.nowMs() + 1),
    close: async () => {
      clearInterval(timer)
      await server.close()
    },
  }
}

/** Runs the simulator for `orewatch-sim run personnel-positioning`; `--fault sos/20` orders a call for help after 20 s (10 without a number). */
export async function runSimulator(options: RunOptions): Promise<Running> {
  if (options.mode !== 'model' || options.events.length > 0)
    throw cliErrors.BAD_OPTION({ found: options.mode === 'model' ? '--event' : '--mode', rightWouldBe: `personnel-positioning has its model only; --fault takes ${ORDER_KINDS.join(', ')}` })
  const own = options.faults.flatMap(readOrder)
  const others = options.faults.filter((text) => readOrder(text).length === 0)
  return await runOpcUa('personnel-positioning', { ...options, faults: others }, POSITIONING_NAMESPACE_URI, async (place) => {
    const simulator = await startPersonnelPositioning({ ...place, positioning: makePositioning(options.seed) })
    for (const { kind, afterMs } of own) orderPositioning(simulator.positioning, kind, Date.now() + afterMs)
    return {
      simulator,
      identifiers: simulator.identifiers,
      lines: [`  ${LEVELS.length} levels, ${AREAS.length} areas, ${APPROVED_PERSONS} persons approved`, ...own.map(({ kind, afterMs }) => `  ${kind} in ${afterMs / 1000} s`)],
    }
  })
}

function readOrder(text: string): { readonly kind: OrderKind; readonly afterMs: number }[] {
  const { word, seconds } = /^(?<word>[a-z-]+)(?:\/(?<seconds>\d+))?$/.exec(text)?.groups ?? {}
  const kind = ORDER_KINDS.find((known) => known === word)
  return kind === undefined ? [] : [{ kind, afterMs: 1000 * Number(seconds ?? 10) }]
}

function nodesOf(positioning: Positioning): SimulatedNode[] {
  const count = (identifier: string, where: Parameters<typeof countAt>[2]): SimulatedNode => ({ identifier, kind: 'double', value: (timeMs) => countAt(positioning, timeMs, where) })
  return [
    count('s=Positioning.Mine.Count', {}),
    { identifier: 's=Positioning.System.Running', kind: 'boolean', value: () => 1 },
    ...LEVELS.map((lvl, i) => count(`s=Positioning.Level${i + 1}.Count`, { lvl })),
    ...AREAS.map((area, i) => count(`s=Positioning.Area${i + 1}.Count`, { area })),
  ]
}

function raisedOf({ schema, timeMs, visit, area, dir = 'IN' }: PositioningEvent): SimulatedEvent {
  const { card, gate, enterMs, lostMs = 0 } = visit
  const who = { Card: card, PersonHash: personHashOf(card) }
  const where = { Station: area.station, Area: area.name, Level: area.lvl }
  switch (schema) {
    case 'positioning.passage/1':
      return { type: 's=PassageEventType', timeMs, fields: { ...who, Direction: dir, Gate: gate } }
    case 'positioning.area-change/1':
    case 'positioning.sos/1': {
      const isSos = schema === 'positioning.sos/1'
      const fields = { ...who, ...where, AreaKind: area.kind, X: area.x, Y: area.y, CardState: '在井', Sos: isSos ? 1 : 0 }
      return { type: isSos ? 's=SosEventType' : 's=AreaChangeEventType', timeMs, fields }
    }
    case 'positioning.lost-card/1':
      return { type: 's=LostCardEventType', timeMs, fields: { ...who, ...where, LastSeen: lostMs } }
    case 'positioning.over-time/1':
      return { type: 's=OverTimeEventType', timeMs, fields: { ...who, ...where, EnterTime: enterMs } }
  }
}
