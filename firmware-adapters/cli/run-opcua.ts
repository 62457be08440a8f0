import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpcUaServerOptions, OpcUaSimulator } from '../simulation/opcua-server.ts'
import { type OpcUaFaultOrder, parseOpcUaFault, type RunOptions } from './arguments.ts'
import { cliErrors } from './errors.ts'
import type { Running } from './running.ts'

/** What a family's simulator is when it runs. */
export interface StartedOpcUa {
  readonly simulator: OpcUaSimulator
  /** Identifiers of its nodes, for faults that name one. */
  readonly identifiers: readonly string[]
  /** What more there is to say, in lines for a person. */
  readonly lines?: readonly string[]
  /** Ends what the family itself has running beside the server. */
  readonly stop?: () => void
}

/** Where and for whom an OPC UA simulator serves. */
export type OpcUaPlace = Pick<OpcUaServerOptions, 'host' | 'port' | 'pkiDir' | 'users'>

/** Runs a simulator that speaks OPC UA with keys, users and repeated faults of the server, until it is closed. */
export async function runOpcUa(family: string, options: RunOptions, namespaceUri: string, start: (place: OpcUaPlace) => Promise<StartedOpcUa>): Promise<Running> {
  // Before the socket is open, so that a wrong fault leaves nothing running.
  const orders = options.faults.map(parseOpcUaFault)
  const users = options.usersFile === undefined ? undefined : await readUsers(options.usersFile)
  const temporaryDir = options.pkiDir === undefined ? await mkdtemp(join(tmpdir(), 'orewatch-sim-')) : undefined
  const removeTemporary = async (): Promise<void> => {
    if (temporaryDir !== undefined) await rm(temporaryDir, { recursive: true, force: true })
  }
  const place = { host: options.host, port: options.port, pkiDir: options.pkiDir ?? temporaryDir ?? '', ...(users === undefined ? {} : { users }) }
  const started = await start(place).catch(async (err: unknown) => {
    await removeTemporary()
    throw err
  })
  const { simulator, identifiers } = started
  const close = async (): Promise<void> => {
    started.stop?.()
    await simulator.close()
    await removeTemporary()
  }
  const unknown = orders.find(({ node }) => node !== undefined && !identifiers.includes(node))
  if (unknown !== undefined) {
    await close()
    throw cliErrors.BAD_FAULT({ found: unknown.node, rightWouldBe: `one of ${identifiers.join(', ')}` })
  }
  const timers = repeat(simulator, namespaceUri, orders)
  return {
    address: simulator.endpointUrl,
    lines: [
      `${family} listens on ${simulator.endpointUrl} (OPC UA)`,
      `  namespace ${namespaceUri}, certificate ${simulator.certificateFile}`,
      `  ${users === undefined ? 'anonymous sessions' : `users ${Object.keys(users).join(', ')}`}; None and Basic256Sha256`,
      ...(started.lines ?? []),
      ...orders.map((order) => `  fault: ${order.kind} every ${order.everyMs / 1000} s`),
    ],
    counters: () => ({ requests: [...simulator.services.values()].reduce((sum, count) => sum + count, 0) }),
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      await close()
    },
  }
}

function repeat(simulator: OpcUaSimulator, namespaceUri: string, orders: readonly OpcUaFaultOrder[]): NodeJS.Timeout[] {
  let restarts = 0
  return orders.map((order) =>
    setInterval(() => {
      if (order.kind === 'restart') restarts++
      applyFault(simulator, order, orderAfter(restarts, namespaceUri)).catch((err: unknown) => process.stderr.write(`orewatch-sim: ${order.kind} failed: ${String(err)}\n`))
    }, order.everyMs),
  )
}

async function applyFault(simulator: OpcUaSimulator, { kind, node, everyMs }: OpcUaFaultOrder, namespaceOrder: readonly string[]): Promise<void> {
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
      return await simulator.restart({ namespaceOrder })
  }
}

// Another number of strangers before the device's namespace each time, so that its index moves.
function orderAfter(restarts: number, namespaceUri: string): string[] {
  return [...Array.from({ length: restarts % 4 }, (_, i) => `urn:orewatch:stranger-${i}`), namespaceUri]
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
