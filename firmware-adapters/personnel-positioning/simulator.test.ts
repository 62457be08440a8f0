// The simulator over a real OPC UA connection: every node of the profile is there, and what is ordered is told.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AttributeIds, type ClientSession, MessageSecurityMode, OPCUAClient, SecurityPolicy } from 'node-opcua-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadProfile } from '../load-profile.ts'
import { resolvePoints } from '../resolve.ts'
import { countAt } from './model.ts'
import { type PersonnelPositioning, POSITIONING_EVENT_TYPES, runSimulator, startPersonnelPositioning } from './simulator.ts'

let dir = ''
let simulator: PersonnelPositioning
let client: OPCUAClient
let session: ClientSession
const profile = loadProfile('personnel-positioning')
const slots = (template: string, count: number) => Array.from({ length: count }, (_, i) => ({ template, slot: i + 1 }))

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orewatch-positioning-'))
  simulator = await startPersonnelPositioning({ pkiDir: join(dir, 'server') })
  client = OPCUAClient.create({ securityMode: MessageSecurityMode.None, securityPolicy: SecurityPolicy.None, endpointMustExist: false, connectionStrategy: { maxRetry: 0 } })
  await client.connect(simulator.endpointUrl)
  session = await client.createSession()
})

afterAll(async () => {
  await session.close()
  await client.disconnect()
  await simulator.close()
  await rm(dir, { recursive: true, force: true })
})

test('has every node of the profile, by its namespace URI, with the count of its time', async () => {
  const namespaces = await session.readNamespaceArray()
  const points = resolvePoints(profile, { points: [{ use: 'head-count' }, { use: 'system-running' }, ...slots('level-count', 3), ...slots('area-count', 9)] })
  const nodes = points.flatMap(({ source }) => (source.kind === 'opcua' ? [source.opcua] : []))
  const values = await session.read(nodes.map((node) => ({ nodeId: `ns=${namespaces.indexOf(node.namespaceUri)};${node.identifier}`, attributeId: AttributeIds.Value })))
  expect(values.map(({ statusCode }) => statusCode.name)).toEqual(nodes.map(() => 'Good'))
  const [count] = values
  expect(count?.value.value).toBe(countAt(simulator.positioning, count?.sourceTimestamp?.getTime() ?? 0))
})

test('has every event type of the profile with the fields that it names', () => {
  if (profile.protocol !== 'opcua') expect.unreachable('the profile is for OPC UA')
  const types = new Map(POSITIONING_EVENT_TYPES.map(({ identifier, fields }) => [identifier, Object.keys(fields)]))
  const lacking = profile.events.flatMap(({ eventType, fields }) => Object.values(fields).filter(({ path }) => !types.get(eventType.identifier)?.includes(path[0] ?? '')))
  expect([profile.events.length, lacking]).toEqual([5, []])
})

const OPTIONS = { host: '127.0.0.1', port: 0, seed: 1, framing: 'tcp', mode: 'model', pkiDir: undefined, usersFile: undefined, probesPort: undefined, events: [] } as const

test('the command line takes orders of its own beside the faults of any OPC UA server', async () => {
  const running = await runSimulator({ ...OPTIONS, faults: ['sos/30', 'over-capacity', 'drop-subscriptions/60'] })
  await running.close()
  expect(running.lines.join('\n')).toMatch(/sos in 30 s\n.*over-capacity in 10 s\n.*drop-subscriptions every 60 s/)
})

test.each([
  ['an unknown fault', { faults: ['explode'] }, 'SIM_CLI_BAD_FAULT'],
  ['another mode', { faults: [], mode: 'pattern' as const }, 'SIM_CLI_BAD_OPTION'],
])('the command line refuses %s', async (_, wrong, code) => {
  await expect(runSimulator({ ...OPTIONS, ...wrong })).rejects.toMatchObject({ code })
})
