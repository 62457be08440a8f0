import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nearest } from '@orewatch/config'
import { listProfiles, loadProfile } from '../load-profile.ts'
import { DEMO_UNITS, PLC_NAMESPACE_URI, startGasSubstation, startVentilationDrainageHoist } from '../simulation/index.ts'
import { parseModbusFault, type RunOptions } from './arguments.ts'
import { cliErrors } from './errors.ts'
import { runOpcUa } from './run-opcua.ts'
import type { Running } from './running.ts'

/** What the simulator.ts of a family exports so that the command line can run it: the list of folders is the registry. */
export interface RunnableFamily {
  /** Starts the simulator; rejects with a coded error for an option that this family does not know. */
  runSimulator(options: RunOptions): Promise<Running>
}

// Families with more to say than one simulator per folder; all others are found by their folder.
const RUNNERS: Readonly<Record<string, (options: RunOptions) => Promise<Running>>> = {
  'gas-substation': (options) => runGasSubstation('float32', options),
  'gas-substation/scaled': (options) => runGasSubstation('scaled', options),
  'ventilation-drainage-hoist': runVentilationDrainageHoist,
}

/** One line per profile: id, protocol, title, and whether it has a simulator. */
export function listFamilies(): string[] {
  return listProfiles().map(({ id }) => {
    const { title, protocol } = loadProfile(id)
    return `${id.padEnd(32)}${protocol.padEnd(8)}${id in RUNNERS || simulatorFile(id) !== undefined ? 'simulator  ' : '           '}${title.en} · ${title.zh}`
  })
}

/** Starts the simulator of a family. */
export async function runFamily(family: string, options: RunOptions): Promise<Running> {
  const run = RUNNERS[family]
  if (run !== undefined) return await run(options)
  const file = simulatorFile(family)
  if (file !== undefined) {
    const unit = (await import(pathToFileURL(file).href)) as RunnableFamily
    return await unit.runSimulator(options)
  }
  const known = [
    ...new Set([
      ...Object.keys(RUNNERS),
      ...listProfiles()
        .map(({ id }) => id)
        .filter((id) => simulatorFile(id) !== undefined),
    ]),
  ]
  const near = nearest(family, known)
  throw cliErrors.UNKNOWN_FAMILY({ found: family, rightWouldBe: near ?? known.join(' or ') })
}

/** The simulator of a family by its folder; undefined for a variant and for what is no family. */
function simulatorFile(family: string): string | undefined {
  const entry = listProfiles().find(({ id }) => id === family)
  if (entry === undefined || family.includes('/')) return undefined
  const file = join(dirname(entry.file), 'simulator.ts')
  return existsSync(file) ? file : undefined
}

async function runGasSubstation(format: 'float32' | 'scaled', options: RunOptions): Promise<Running> {
  // Before the socket is open, so that a wrong fault leaves nothing running.
  const orders = options.faults.map(parseModbusFault)
  const simulator = await startGasSubstation({ ...options, units: DEMO_UNITS.map((unit) => ({ ...unit, format })) })
  for (const order of orders) simulator.faults.inject(order)
  for (const event of options.events) simulator.trigger(event)
  const units = Map.groupBy(simulator.points, ({ unit }) => unit)
  return {
    address: `tcp://${options.host}:${simulator.port}`,
    lines: [
      `gas-substation (${format}) listens on ${options.host}:${simulator.port} (Modbus ${options.framing})`,
      ...[...units].map(([unit, points]) => `  unit ${unit}: ${points.map(({ slot, sensorType }) => `slot ${slot} ${sensorType}`).join(', ')}`),
      ...(format === 'float32' ? ['  unit 2 has word order CDAB'] : []),
      ...orders.map((order) => `  fault: ${JSON.stringify(order)}`),
    ],
    close: simulator.close,
    counters: () => {
      const { requests, answers, writes, connections, values } = simulator.stats
      return { requests, answers, refused_writes: writes, connections, values }
    },
  }
}

async function runVentilationDrainageHoist(options: RunOptions): Promise<Running> {
  const { seed, mode } = options
  return await runOpcUa('ventilation-drainage-hoist', options, PLC_NAMESPACE_URI, async (server) => {
    const simulator = await startVentilationDrainageHoist({ ...server, seed, mode })
    for (const event of options.events) simulator.trigger(event)
    return { simulator, identifiers: simulator.points.map(({ identifier }) => identifier) }
  })
}
