/* Central as it is run: real PostgreSQL, DuckDB, broker and HTTP on loopback, and a foreign Sparkplug gateway. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@orewatch/observability'
import { DATA_TYPES, encodePayload, type Metric } from '@orewatch/protocol'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SseClient } from '../api/test/sse-client.ts'
import { openUsers } from '../kernel/access/index.ts'
import { removeEmbedded } from '../relational/index.ts'
import { loadCentralSettings } from '../settings/index.ts'
import { type Central, startCentral } from './all-in-one.ts'
import { openBeside } from './cli/database.ts'
import { addGatewayCredential } from './credentials.ts'

const CO = '9901211000010101010001'
const TEMPERATURE = '9901211000010101110001'
const PASSWORD = 'Kuang-shan-2026!x'
const FIXTURES = `divisions: [{ code: "990121", name: 甲县 }, { code: "990122", name: 乙县 }]
mines: [{ subjectCode: "990121100001", name: 示例一号铁矿 }, { subjectCode: "990122300001", name: 示例二号尾矿库 }]
gateways: [{ group: "990121", node: gw-u1, subject: "990121100001" }, { group: "990122", node: gw-t2, subject: "990122300001" }]
`

let directory: string
let central: Central
let gateway: MqttClient
let firstAdministrator: Central['firstAdministrator']

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-central-'))
  writeFileSync(join(directory, 'county.yaml'), FIXTURES)
  writeFileSync(join(directory, 'central.yaml'), 'listen: { port: 0 }\nbroker: { embedded: { port: 0 } }\nfixturesFile: county.yaml\n')
  central = await start()
  firstAdministrator = central.firstAdministrator
  await addOfficer('officer-1', '990121')
  await addOfficer('officer-2', '990122')
  gateway = await connectGateway()
})
afterAll(async () => {
  await gateway.endAsync(true)
  await central.close()
  removeEmbedded(join(directory, 'data', 'relational'))
  rmSync(directory, { recursive: true, force: true })
})

const settings = () => loadCentralSettings(join(directory, 'central.yaml'))
const start = async () => await startCentral(settings(), silentLogger())

async function addOfficer(login: string, divisionPrefix: string): Promise<void> {
  // Beside the running central, as `orewatch user add` does it.
  const relational = await openBeside(settings())
  await openUsers(relational).create({ login, displayName: login, password: PASSWORD, roles: ['duty-officer'], divisionPrefix })
  await relational.close()
}

async function connectGateway(): Promise<MqttClient> {
  const password = addGatewayCredential(settings().broker.credentialsFile, { group: '990121', node: 'gw-u1' }, 'replace')
  // The broker reads the credential file again within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  return await connectAsync(central.brokerUrl, { username: '990121/gw-u1', password, clientId: 'gw-u1', protocolVersion: 4, reconnectPeriod: 0 })
}

const publish = async (topic: string, seq: number, metrics: readonly Metric[]) =>
  await gateway.publishAsync(`spBv1.0/990121/${topic}`, Buffer.from(encodePayload({ timestampMs: Date.now(), seq, metrics })))

async function sayBirth(): Promise<void> {
  await publish('NBIRTH/gw-u1', 0, [{ name: 'bdSeq', dataType: DATA_TYPES.Int64, value: 0n }])
  await publish('DBIRTH/gw-u1/gas-1', 1, [
    { name: 'co', alias: 1, dataType: DATA_TYPES.Double, value: 3, timestampMs: Date.now(), properties: { pointCode: CO, engUnit: 'ppm', periodMs: 1_000 } },
    { name: 'temperature', alias: 2, dataType: DATA_TYPES.Double, value: 21, timestampMs: Date.now() },
  ])
}

async function cookieOf(user: string, password: string): Promise<string> {
  const response = await fetch(`${central.url}/api/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user, password }) })
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

async function ask(cookie: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${central.url}${path}`, { headers: { cookie, 'content-type': 'application/json' }, ...(body && { method: 'POST', body: JSON.stringify(body) }) })
  return { status: response.status, body: await response.json() }
}

test('the first start makes an administrator whose password works', async () => {
  expect(firstAdministrator?.login).toBe('sysadmin')
  expect(await cookieOf('sysadmin', firstAdministrator?.password ?? '')).toMatch(/^orewatch_session=/)
})

test('a value goes from a foreign gateway into the store, the board and the live feed', async () => {
  const cookie = await cookieOf('officer-1', PASSWORD)
  await sayBirth()
  await expect.poll(async () => (await ask(cookie, `/api/points/${CO}`)).status, { timeout: 10_000 }).toBe(200)
  const stream = await SseClient.open(`${central.url}/api/live?mine=990121100001`, cookie)
  await stream.until(({ event }) => event === 'status')
  await publish('DDATA/gw-u1/gas-1', 2, [{ alias: 1, dataType: DATA_TYPES.Double, value: 24.5, timestampMs: Date.now() }])
  const { data } = await stream.until(({ event, data: rows }) => event === 'samples' && JSON.stringify(rows).includes('24.5'))
  stream.close()
  expect(data).toMatchObject({ items: [[CO, expect.any(Number), 24.5, 0, 'none', 0]] })
  expect((await ask(cookie, `/api/points/${CO}`)).body).toMatchObject({ point: { unit: 'ppm', gateway: 'gw-u1', latest: { value: 24.5, quality: 0 } } })
  expect((await ask(cookie, '/api/overview')).body).toMatchObject({ totals: { gatewaysOnline: 1, points: 1 } })
})

test('the way of a value that arrives is well to the end', async () => {
  const { body } = await ask(await cookieOf('officer-1', PASSWORD), `/api/points/${CO}/way`)
  expect(body).toMatchObject({ verdict: { zh: expect.stringContaining('数值正常到达') } })
})

test('a point nobody knows is quarantined, adopted, and its samples are stored', async () => {
  const admin = await cookieOf('sysadmin', firstAdministrator?.password ?? '')
  await publish('DDATA/gw-u1/gas-1', 3, [{ alias: 2, dataType: DATA_TYPES.Double, value: 21, timestampMs: Date.now() }])
  const list = async () => ((await ask(admin, '/api/quarantine')).body as { items: { id: number; metric: string; lastValue: string }[] }).items
  await expect.poll(list, { timeout: 10_000 }).toMatchObject([{ metric: 'temperature', lastValue: '21' }])
  const items = await list()
  // The value that its birth told and the one that came after.
  const adopted = await ask(admin, `/api/quarantine/${items[0]?.id}/adopt`, { pointCode: TEMPERATURE, name: '采场温度' })
  expect(adopted).toMatchObject({ status: 200, body: { stored: 2, conflicts: 0, point: { pointCode: TEMPERATURE, name: '采场温度', latest: { value: 21 } } } })
  await publish('DDATA/gw-u1/gas-1', 4, [{ alias: 2, dataType: DATA_TYPES.Double, value: 22, timestampMs: Date.now() }])
  await expect.poll(async () => (await ask(admin, `/api/points/${TEMPERATURE}`)).body, { timeout: 10_000 }).toMatchObject({ point: { latest: { value: 22 } } })
})

test('the other county sees nothing of it, and the attempt is on record', async () => {
  const cookie = await cookieOf('officer-2', PASSWORD)
  const answers = [await ask(cookie, `/api/points/${CO}`), await ask(cookie, '/api/mines/990121100001'), await ask(cookie, '/api/points')]
  expect(answers.map((answer) => answer.status)).toEqual([403, 403, 200])
  expect(answers[2]?.body).toEqual({ items: [] })
  const relational = await openBeside(settings())
  const { rows } = await relational.pool.query("select actor, result from audit_log where detail->>'event' = '越权访问'")
  await relational.close()
  expect(rows).toEqual([
    { actor: 'officer-2', result: 'refused' },
    { actor: 'officer-2', result: 'refused' },
  ])
})

test('five wrong passwords lock the account, and every attempt is on record', async () => {
  const statuses: number[] = []
  for (let i = 0; i < 6; i++) {
    const response = await fetch(`${central.url}/api/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user: 'officer-2', password: 'wrong' }) })
    statuses.push(response.status)
  }
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  const relational = await openBeside(settings())
  const { rows } = await relational.pool.query("select count(*)::int as failed from audit_log where action = 'login' and result = 'failed'")
  await relational.close()
  expect(rows).toEqual([{ failed: 6 }])
})

test('an unknown user name gets no credential of the broker', async () => {
  await expect(connectAsync(central.brokerUrl, { username: '990121/stranger', password: 'x', protocolVersion: 4, reconnectPeriod: 0 })).rejects.toThrow()
})

test('after a restart everything is still there, and nobody is given a first password again', async () => {
  await gateway.endAsync(true)
  await central.close()
  central = await start()
  gateway = await connectGateway()
  const { body } = await ask(await cookieOf('officer-1', PASSWORD), `/api/points/${CO}`)
  expect(body).toMatchObject({ point: { latest: { value: 24.5 } } })
  expect(central.firstAdministrator).toBeUndefined()
})

test('a second central on the same directory is refused with what to do, and the first goes on', async () => {
  await expect(start()).rejects.toMatchObject({ code: 'SERVER_PART_FAILED', details: { part: 'relational', said: expect.stringContaining('stop it first') } })
  expect((await fetch(`${central.url}/readyz`)).status).toBe(200)
})
