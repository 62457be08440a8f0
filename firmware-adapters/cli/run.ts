import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nearest } from '@orewatch/config'
import { listProfiles, loadProfile } from '../load-profile.ts'
import { DEMO_UNITS, PLC_NAMESPACE_URI, startGasSubstation, startVentilationDrainageHoist, type VentilationDrainageHoist } from '../simulation/index.ts'
import { type OpcUaFaultOrder, parseModbusFault, parseOpcUaFault, type RunOptions } from './arguments.ts'
import { cliErrors } from './errors.ts'
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
  const orders = options.faults.map(parseOpcUaFault)
  const users = options.usersFile === undefined ? undefined : await readUsers(options.usersFile)
  const temporaryDir = options.pkiDir === undefined ? await mkdtemp(join(tmpdir(), 'orewatch-sim-')) : undefined
  const pkiDir = options.pkiDir ?? temporaryDir ?? ''
  const { host, port, seed, mode } = options
  const removeTemporary = async (): Promise<void> => {
    if (temporaryDir !== undefined) await rm(temporaryDir, { recursive: true, force: true })
  }
  const simulator = await startVentilationDrainageHoist({ host, port, seed, mode, pkiDir, ...(users === undefined ? {} : { users }) }).catch(async (err: unknown) => {
    await removeTemporary()
    throw err
  })
  for (const event of options.events) simulator.trigger(event)
  const unknown = orders.find(({ node }) => node !== undefined && !simulator.points.some(({ identifier }) => identifier === node))
  if (unknown !== undefined) {
    await simulator.close()
    await removeTemporary()
    throw cliErrors.BAD_FAULT({ found: unknown.node, rightWouldBe: `one of ${simulator.points.map(({ identifier }) => identifier).join(', ')}` })
  }
  let restarts = 0
  const timers = orders.map((order) =>
    setInterval(() => {
      if (order.kind === 'restart') restarts++
      applyOpcUaFault(simulator, order, restarts).catch((err: unknown) => process.stderr.write(`orewatch-sim: ${order.kind} failed: ${String(err)}\n`))
    }, order.everyMs),
  )
  return {
    address: simulator.endpointUrl,
    lines: [
      `ventilation-drainage-hoist listens on ${simulator.endpointUrl} (OPC UA)`,
      `  namespace ${simulator.namespaceUri}, certificate ${simulator.certificateFile}`,
      `  ${users === undefined ? 'anonymous sessions' : `users ${Object.keys(users).join(', ')}`}; None and Basic256Sha256`,
      ...orders.map((order) => `  fault: ${order.kind} every ${order.everyMs / 1000} s`),
    ],
    counters: () => ({ requests: [...simulator.services.values()].reduce((sum, count) => sum + count, 0) }),
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      await simulator.close()
      await removeTemporary()
    },
  }
}

async function applyOpcUaFault(simulator: VentilationDrainageHoist, { kind, node, everyMs }: OpcUaFaultOrder, restarts: number): Promise<void> {
  switch (kind) {
    case 'close-sessions':
      return void simulator.faults.closeSessions('delete')
    case 'keep-subscriptions':
      return void simulator.faults.closeSessions('keep')
    case 'drop-subscriptions':
      return void simulator.faults.dropSubscriptions()
    case 'mute-subscriptions':
      return void simulator.faults.muteSubscriptions()
    case 'bad-status':
      return simulator.faults.setNodeStatus(node ?? '', 'BadNoCommunication', everyMs / 2)
    case 'restart':
      return await simulator.restart({ namespaceOrder: orderAfter(restarts) })
  }
}

// Another number of strangers before the PLC's namespace each time, so that its index moves.
function orderAfter(restarts: number): string[] {
  return [...Array.from({ length: restarts % 4 }, (_, i) => `urn:orewatch:stranger-${i}`), PLC_NAMESPACE_URI]
}

async function readUsers(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw cliErrors.BAD_OPTION({ option: '--users-file', found: file, rightWouldBe: 'a readable file with lines name:password' }, cause)
  })
  const users: Record<string, string> = {}
  for (const line of text
    .split('\n')
    .map((raw) => raw.trim())
    .filter(Boolean)) {
    const at = line.indexOf(':')
    if (at < 1) throw cliErrors.BAD_OPTION({ option: '--users-file', found: 'a line without colon', rightWouldBe: 'lines name:password' })
    users[line.slice(0, at)] = line.slice(at + 1)
  }
  return users
}
