/*
 * Starts the demo county: devices, central, gateway, each a process of its own, all on loopback, with passwords made at
 * the first start. Not here: arguments and output (main.ts), waiting for values (until-live.ts).
 */
import { randomBytes } from 'node:crypto'
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { Children, freePort, runCommand } from './children.ts'
import { lockForDemo } from './lock.ts'

const ROOT = join(import.meta.dirname, '../..')
const MINE = join(ROOT, 'examples/demo-mine')
const CENTRAL = join(ROOT, 'central/main.ts')
const EDGE = join(ROOT, 'edge/cli/main.ts')

interface DemoGateway {
  /** Its name among the programs of the county. */
  readonly program: string
  readonly group: string
  readonly node: string
  readonly subject: string
  readonly title: string
  /** What its devices have told, by line. */
  readonly lines: Readonly<Record<string, string>>
}

const GATEWAYS: readonly DemoGateway[] = [
  {
    program: 'gateway',
    group: '990121',
    node: 'gw-u1',
    subject: '990121100001',
    title: '示例一号铁矿网关',
    lines: { gas: 'gasPort', 'gas-rtu': 'gasRtuPort', power: 'powerPort', plc: 'plcEndpoint', positioning: 'positioningEndpoint' },
  },
  { program: 'gateway-t1', group: '990121', node: 'gw-t1', subject: '990121300001', title: '示例尾矿库网关', lines: { logger: 'loggerPort', weather: 'weatherPort' } },
  { program: 'gateway-p1', group: '990121', node: 'gw-p1', subject: '990121200001', title: '示例二号露天矿网关', lines: { gnss: 'gnssPort', radar: 'radarEndpoint' } },
]

/** A login of the demo. */
export interface DemoUser {
  readonly login: string
  readonly password: string
  readonly role: string
}

/** A running demo county. */
export interface County {
  readonly url: string
  readonly users: readonly DemoUser[]
  readonly dataDirectory: string
  onUnexpectedExit(listener: (name: string, code: number | null) => void): void
  /** What tests do to its programs `devices`, `central`, `gateway` (of the underground mine), `gateway-t1` and `gateway-p1`. */
  readonly programs: Pick<Children, 'kill9' | 'restart' | 'freeze' | 'tell'>
  /** What central reads; `orewatch` commands need it. */
  readonly centralFile: string
  readonly brokerUrl: string
  /** Of the gateway of the underground mine as started first. */
  readonly probePort: number
  stop(): Promise<void>
}

/** Starts everything; rejects when a part does not start, with the place of its log. `store` is YAML for central's settings. */
export async function startCounty(options: { readonly dataDirectory: string; readonly port: number; readonly report: (line: string) => void; readonly store?: string }): Promise<County> {
  const { dataDirectory, report } = options
  makeWritable(join(dataDirectory, 'log'))
  // Before orphans are ended: the programs of a demo that lives are none.
  const lock = await lockForDemo(dataDirectory)
  const children = new Children(join(dataDirectory, 'log'))
  const stop = async (): Promise<void> => {
    await stopAll(children)
    await lock.release()
  }
  await children.endOrphans()
  try {
    report('starting devices')
    const devices = await children.start('devices', join(import.meta.dirname, 'devices.ts'), [join(dataDirectory, 'devices-pki')])
    report('starting central')
    const centralFile = writeCentralSettings(options, await freePort(options.port), await freePort())
    const central = await children.start('central', CENTRAL, ['run', '--config', centralFile, '--json'], 'line')
    const users = await ensureUsers(dataDirectory, centralFile)
    report('starting the gateways')
    for (const gateway of GATEWAYS) await ensureGatewayPassword(dataDirectory, centralFile, gateway)
    const ready = await Promise.all(
      GATEWAYS.map((gateway) => children.start(gateway.program, EDGE, ['run', '--config', writeGatewaySettings(dataDirectory, String(central['brokerUrl']), gateway, devices)])),
    )
    return {
      url: String(central['url']),
      brokerUrl: String(central['brokerUrl']),
      centralFile,
      probePort: Number(ready[0]?.['probePort']),
      users,
      dataDirectory,
      programs: children,
      onUnexpectedExit: (listener) => children.onUnexpectedExit(listener),
      stop,
    }
  } catch (err) {
    await stop()
    throw err
  }
}

function makeWritable(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.W_OK)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw Object.assign(new Error(`the demo cannot write to ${directory} (${why}); make it writable, or name another folder with --data-dir`, { cause }), { code: 'DEMO_NOT_WRITABLE' })
  }
}

async function stopAll(children: Children): Promise<void> {
  await Promise.all(GATEWAYS.map(({ program }) => children.stop(program)))
  for (const name of ['central', 'devices']) await children.stop(name)
}

function writeCentralSettings(
  { dataDirectory, store = '{ kind: duckdb, directory: telemetry }' }: { readonly dataDirectory: string; readonly store?: string },
  port: number,
  brokerPort: number,
): string {
  const file = join(dataDirectory, 'central.yaml')
  writeFileSync(
    file,
    `# Written anew by npm start at every start.
dataDirectory: ./central
listen: { host: 127.0.0.1, port: ${port} }
broker: { embedded: { host: 127.0.0.1, port: ${brokerPort} } }
store: ${store}
fixturesFile: ${JSON.stringify(join(MINE, 'county.yaml'))}
alarms: { factsFile: ${JSON.stringify(join(MINE, 'alarm-facts.yaml'))} }
`,
    { mode: 0o600 },
  )
  return file
}

function writeGatewaySettings(dataDirectory: string, brokerUrl: string, { node, lines }: DemoGateway, devices: Record<string, unknown>): string {
  const name = `gateway-${node.slice('gw-'.length)}.yaml`
  const document = parseDocument(readFileSync(join(MINE, name), 'utf8'))
  document.setIn(['uplink', 'url'], brokerUrl)
  // The demo's broker restarts often; nobody wants to watch a minute of silence.
  document.setIn(['uplink', 'reconnectMaxMs'], 5_000)
  document.setIn(['probes', 'port'], 0)
  const { lines: written } = document.toJS() as { readonly lines: readonly { readonly id: string; readonly opcua?: unknown }[] }
  for (const [i, { id, opcua }] of written.entries()) document.setIn(['lines', i, ...(opcua === undefined ? ['modbus', 'port'] : ['opcua', 'endpoint'])], devices[lines[id] ?? ''])
  const file = join(dataDirectory, name)
  writeFileSync(file, String(document), { mode: 0o600 })
  for (const { id, opcua } of written) if (opcua !== undefined) trustServer(dataDirectory, node, id)
  return file
}

// What a commissioner does by hand after comparing fingerprints: here both ends are ours, and a line is named like its server.
function trustServer(dataDirectory: string, node: string, line: string): void {
  const own = join(dataDirectory, 'devices-pki', line, 'own/certs')
  const trusted = join(dataDirectory, node, 'pki/trusted/certs')
  mkdirSync(trusted, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(own)) if (name.endsWith('.pem')) copyFileSync(join(own, name), join(trusted, `${line}-${name}`))
}

async function ensureGatewayPassword(dataDirectory: string, centralFile: string, { group, node, subject, title }: DemoGateway): Promise<void> {
  const out = join(dataDirectory, `${node}.password`)
  if (existsSync(out)) return
  await runCommand(process.execPath, [CENTRAL, 'gateway', 'add', group, node, '--subject', subject, '--title', title, '--replace', '--out', out, '--config', centralFile])
}

const USERS = [
  { login: 'zhiban', role: 'duty-officer', name: '甲县值班员', scope: '990121' },
  { login: 'admin', role: 'system-administrator', name: '系统管理员', scope: '' },
] as const

async function ensureUsers(dataDirectory: string, centralFile: string): Promise<DemoUser[]> {
  const folder = join(dataDirectory, 'logins')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const users: DemoUser[] = []
  for (const { login, role, name, scope } of USERS) {
    const file = join(folder, login)
    if (!existsSync(file)) {
      const fresh = `${file}.new`
      // Letters, digits and a sign of each kind that password rules ask for.
      writeFileSync(fresh, `Aa1-${randomBytes(12).toString('base64url')}\n`, { mode: 0o600 })
      await runCommand(process.execPath, [CENTRAL, 'user', 'add', login, '--role', role, '--name', name, '--scope', scope, '--password-file', fresh, '--config', centralFile])
      writeFileSync(file, readFileSync(fresh), { mode: 0o600 })
    }
    users.push({ login, role, password: readFileSync(file, 'utf8').trim() })
  }
  return users
}
