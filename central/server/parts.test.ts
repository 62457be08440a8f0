/* What happens when a part of central is elsewhere, or not there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@orewatch/observability'
import { isMosquittoAvailable, MOSQUITTO_HINT, startMosquitto } from '@orewatch/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashPassword, mosquittoFiles } from '../broker/index.ts'
import { removeEmbedded } from '../relational/index.ts'
import { loadCentralSettings } from '../settings/index.ts'
import { startCentral } from './all-in-one.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-parts-'))
})
afterEach(() => {
  removeEmbedded(join(directory, 'data', 'relational'))
  rmSync(directory, { recursive: true, force: true })
})

const write = (name: string, text: string) => writeFileSync(join(directory, name), text, { mode: 0o600 })

async function start(yaml: string) {
  write('central.yaml', yaml)
  return await startCentral(loadCentralSettings(join(directory, 'central.yaml')), silentLogger())
}

async function occupy(): Promise<{ server: Server; port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

test('a port that is taken names the part and what to do, and nothing stays behind', async () => {
  const { server, port } = await occupy()
  await expect(start(`listen: { port: ${port} }\nbroker: { embedded: { port: 0 } }\n`)).rejects.toMatchObject({ details: { part: 'interface', remedy: expect.stringContaining('listen') } })
  await expect(start(`listen: { port: 0 }\nbroker: { embedded: { port: ${port} } }\n`)).rejects.toMatchObject({ details: { part: 'broker', remedy: expect.stringContaining('broker') } })
  server.close()
  // All that had started before it was stopped again, or this could not start on the same directory.
  const central = await start('listen: { port: 0 }\nbroker: { embedded: { port: 0 } }\n')
  await central.close()
})

test('a database that does not answer names the part', async () => {
  write('url', 'postgresql://u:p@127.0.0.1:9/none')
  await expect(start('relational: { urlFile: url }')).rejects.toMatchObject({ details: { part: 'relational' } })
})

test('fixtures that are no YAML name file and line', async () => {
  write('county.yaml', 'divisions: [')
  await expect(start('fixturesFile: county.yaml\nlisten: { port: 0 }')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('a broker that is away lets central start, and it says so', async () => {
  write('password', 'x')
  const central = await start('listen: { port: 0 }\nbroker: { remote: { url: "mqtt://127.0.0.1:9", userName: ingest, passwordFile: password } }\n')
  const report = central.health.report()
  await central.close()
  expect([report.ready, report.parts['broker']?.ok]).toEqual([false, false])
})

describe.skipIf(!isMosquittoAvailable())(`with Mosquitto (${MOSQUITTO_HINT})`, () => {
  test('central uses a broker by URL', async () => {
    const credentials = { gateways: {}, hosts: { ingest: { groups: 'all' as const, hash: hashPassword('secret-of-ingest') } } }
    const mosquitto = await startMosquitto((place) => mosquittoFiles(credentials, place))
    write('password', 'secret-of-ingest')
    const central = await start(`listen: { port: 0 }\nbroker: { remote: { url: "${mosquitto.url}", userName: ingest, passwordFile: password } }\n`)
    await expect.poll(() => central.health.report().ready, { timeout: 10_000 }).toBe(true)
    await central.close()
    await mosquitto.stop()
  })
})
