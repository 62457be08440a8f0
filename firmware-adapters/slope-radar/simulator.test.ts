// The simulator over a real OPC UA connection: every node of the profile is there, with the time of its scan.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AttributeIds, type ClientSession, type DataValue, MessageSecurityMode, OPCUAClient, SecurityPolicy } from 'node-opcua-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadProfile } from '../load-profile.ts'
import { resolvePoints } from '../resolve.ts'
import { scanAt } from './model.ts'
import { runSimulator, type SlopeRadar, startSlopeRadar } from './simulator.ts'

let dir = ''
let simulator: SlopeRadar
let client: OPCUAClient
let session: ClientSession

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orewatch-radar-'))
  simulator = await startSlopeRadar({ pkiDir: join(dir, 'server') })
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

const points = resolvePoints(loadProfile('slope-radar'), {
  points: [{ use: 'radar-running' }, ...[1, 2, 3].flatMap((slot) => ['displacement', 'velocity', 'pixels', 'coherence', 'area'].map((template) => ({ template, slot })))],
})

async function readAll(): Promise<Map<string, DataValue>> {
  const namespaces = await session.readNamespaceArray()
  const nodes = points.flatMap(({ source }) => (source.kind === 'opcua' ? [source.opcua] : []))
  const values = await session.read(nodes.map((node) => ({ nodeId: `ns=${namespaces.indexOf(node.namespaceUri)};${node.identifier}`, attributeId: AttributeIds.Value })))
  return new Map(points.map(({ name }, i) => [name, values[i] as DataValue]))
}

test('has every node of the profile, by its namespace URI, with the value and the time of one scan', async () => {
  const values = await readAll()
  expect([...values.values()].filter(({ statusCode }) => !statusCode.isGood())).toEqual([])
  const at = values.get('displacement-2')?.sourceTimestamp?.getTime() ?? 0
  expect(at % simulator.radar.scanMs).toBe(0)
  expect(values.get('displacement-2')?.value.value).toBe(scanAt(simulator.radar, 2, at).displacementMm)
})

test('a phase jump is marked as uncertain for movement and leaves coherence and the other zones good', async () => {
  simulator.order('phase-jump', 1)
  const values = await readAll()
  const uncertain = [...values].filter(([, { statusCode }]) => statusCode.name === 'UncertainSensorNotAccurate').map(([name]) => name)
  expect(uncertain).toEqual(['displacement-1', 'velocity-1', 'pixels-1'])
})

const OPTIONS = { host: '127.0.0.1', port: 0, seed: 1, framing: 'tcp', mode: 'model', pkiDir: undefined, usersFile: undefined, probesPort: undefined, events: [] } as const

test('the command line takes faults of a zone beside those of any OPC UA server', async () => {
  const running = await runSimulator({ ...OPTIONS, faults: ['phase-jump:2', 'restart/60'] })
  await running.close()
  expect(running.lines.join('\n')).toMatch(/phase-jump of zone 2\n.*restart every 60 s/)
})

test.each([['phase-jump'], ['phase-jump:4'], ['explode']])('the command line refuses %s', async (fault) => {
  await expect(runSimulator({ ...OPTIONS, faults: [fault] })).rejects.toMatchObject({ code: 'SIM_CLI_BAD_FAULT' })
})
