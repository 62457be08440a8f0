// What is made for the servers of compose.yaml, tried on the servers of Debian and on the embedded PostgreSQL.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { columnsOf } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { isInfluxdAvailable, isMosquittoAvailable, type Mosquitto, startMosquitto } from '@orewatch/testkit'
import { connectAsync } from 'mqtt'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Relational } from '../../central/relational/index.ts'
import { openTestRelational } from '../../central/relational/testing.ts'
import { openInfluxStore } from '../../central/telemetry/influxdb/index.ts'
import { makeInfluxAccounts, makeReader } from './accounts.ts'
import { isOpensslAvailable } from './certificates.ts'
import { MOSQUITTO_DIRECTORY, prepare } from './prepare.ts'
import { probe } from './probe.ts'
import { trustSimulator } from './trust.ts'

const ROOT = join(import.meta.dirname, '../..')
let place: string
let secrets: string
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'orewatch-deploy-'))
  secrets = join(place, 'secrets')
  if (isOpensslAvailable()) prepare(secrets, { names: [], report: () => undefined })
})
afterAll(() => rmSync(place, { recursive: true, force: true }))
const secret = (name: string): string => readFileSync(join(secrets, name), 'utf8').trim()

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe.skipIf(!isInfluxdAvailable() || !isOpensslAvailable())('InfluxDB (skipped without influxd and openssl; install them with: npm run services)', () => {
  let url: string
  let child: ChildProcess

  beforeAll(async () => {
    const [http, rpc] = [await freePort(), await freePort()]
    url = `http://127.0.0.1:${http}`
    const config = readFileSync(join(ROOT, 'docker/influxdb.conf'), 'utf8')
    const here = config.replaceAll('/var/lib/influxdb', join(place, 'influxdb')).replace('":8086"', `"127.0.0.1:${http}"`).replace('127.0.0.1:8088', `127.0.0.1:${rpc}`)
    writeFileSync(join(place, 'influxdb.conf'), here)
    child = spawn('/usr/bin/influxd', ['-config', join(place, 'influxdb.conf')], { stdio: 'ignore', env: { ...process.env, HOME: place } })
    await vi.waitFor(async () => expect((await fetch(`${url}/ping`)).status).toBe(204), { timeout: 30_000, interval: 50 })
    await makeInfluxAccounts(url, secrets)
    // As at the next `docker compose up`.
    await makeInfluxAccounts(url, secrets)
  }, 60_000)
  afterAll(async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })

  const ask = async (q: string, login?: string): Promise<string> => {
    const headers: Record<string, string> = login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
    return await (await fetch(`${url}/query`, { method: 'POST', headers, body: new URLSearchParams({ db: 'orewatch', q }) })).text()
  }

  test('with the configuration of the image demands a login from everybody', async () => {
    expect(await ask('SHOW DATABASES')).toContain('unable to parse authentication credentials')
    expect(await ask("CREATE USER other WITH PASSWORD 'x' WITH ALL PRIVILEGES")).toContain('error')
  })

  test('lets central write with the rights that it gets, and Grafana read and nothing else', async () => {
    const store = await openInfluxStore({ url, database: 'orewatch', username: 'central', passwordFile: join(secrets, 'influxdb-central-password'), log: silentLogger() })
    await store.write(columnsOf([{ key: 7, timeMs: Date.now(), value: 1, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 }]), [])
    expect(await store.count()).toBe(1)
    await store.close()
    const grafana = `grafana:${secret('influxdb-grafana-password')}`
    expect(await ask('SELECT count(q) FROM sample', grafana)).toContain('"count"')
    expect(await ask('DROP SERIES FROM sample', grafana)).toContain('not authorized')
  })

  test('a password that is wrong is told as refused', async () => {
    const wrong = join(place, 'wrong')
    mkdirSync(wrong)
    for (const name of ['admin', 'central', 'grafana']) writeFileSync(join(wrong, `influxdb-${name}-password`), 'wrong\n', { mode: 0o600 })
    await expect(makeInfluxAccounts(url, wrong)).rejects.toMatchObject({ code: 'DEPLOY_INFLUXDB_REFUSED' })
  })
})

describe.skipIf(!isMosquittoAvailable() || !isOpensslAvailable())('Mosquitto (skipped without mosquitto and openssl; install them with: npm run services)', () => {
  let broker: Mosquitto
  beforeAll(async () => {
    const names = ['mosquitto.conf', 'passwords', 'acl', 'server.pem', 'server.key']
    broker = await startMosquitto(({ port, directory }) =>
      Object.fromEntries(
        names.map((name) => [
          name,
          readFileSync(join(secrets, 'mosquitto', name), 'utf8')
            .replaceAll(MOSQUITTO_DIRECTORY, directory)
            .replace('listener 8883 0.0.0.0', `listener ${port} 127.0.0.1`),
        ]),
      ),
    )
  })
  afterAll(() => broker.stop())

  const connect = (username: string, password: string) =>
    connectAsync(`mqtts://127.0.0.1:${broker.port}`, { username, password, ca: secret('ca.pem'), reconnectPeriod: 0, connectTimeout: 5_000, protocolVersion: 4 })

  test.each([
    ['central', 'broker-central-password'],
    ['990121/gw-u1', 'gateway-password'],
  ])('takes %s by TLS with the password that was made for it', async (user, file) => {
    const client = await connect(user, secret(file))
    expect(client.connected).toBe(true)
    await client.endAsync()
  })

  test('refuses a wrong password, and whoever brings none', async () => {
    await expect(connect('central', 'wrong')).rejects.toThrow(/Not authorized/i)
    await expect(connectAsync(`mqtts://127.0.0.1:${broker.port}`, { ca: secret('ca.pem'), reconnectPeriod: 0, connectTimeout: 5_000, protocolVersion: 4 })).rejects.toThrow(/Not authorized/i)
  })
})

describe.skipIf(!isOpensslAvailable())('PostgreSQL (skipped without openssl; install it with: npm run services)', () => {
  let relational: Relational
  let host: string
  beforeAll(async () => {
    relational = await openTestRelational()
    host = String(relational.pool.options.host)
    const { user, password } = relational.pool.options
    const url = `postgresql://${user}:${encodeURIComponent(String(password))}@/orewatch?host=${encodeURIComponent(host)}`
    await makeReader(url, join(secrets, 'postgresql-grafana-password'))
    await makeReader(url, join(secrets, 'postgresql-grafana-password'))
  }, 60_000)
  afterAll(() => relational.close())

  test('lets Grafana log in with its password, read names, and neither write nor see accounts', async () => {
    const client = new Client({ host, user: 'grafana', password: secret('postgresql-grafana-password'), database: 'orewatch' })
    await client.connect()
    try {
      expect((await client.query('select count(*) from mine')).rowCount).toBe(1)
      await expect(client.query('select * from account')).rejects.toMatchObject({ code: '42501' })
      await expect(client.query("insert into division (code, name) values ('990199', 'x')")).rejects.toMatchObject({ code: expect.stringMatching(/^(25006|42501)$/) })
    } finally {
      await client.end()
    }
  })
})

describe('the probe', () => {
  let server: Server
  let url: string
  let status = 200
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.writeHead(status).end('{"ready":false}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`
  })
  afterAll(() => server.close())

  test('is content with a program that is well', async () => {
    status = 200
    await expect(probe(url)).resolves.toBeUndefined()
  })
  test('says what a program that is not well says', async () => {
    status = 503
    await expect(probe(url)).rejects.toThrow('"ready":false')
  })
  test('fails where nobody listens, and asks no other machine', async () => {
    await expect(probe(`http://127.0.0.1:${await freePort()}/readyz`)).rejects.toMatchObject({ code: 'DEPLOY_NOT_WELL' })
    await expect(probe('https://central.example/readyz')).rejects.toMatchObject({ code: 'DEPLOY_BAD_USAGE' })
  })
})

describe('trust in a simulator', () => {
  test('copies its certificate to the trusted ones of the gateway', () => {
    mkdirSync(join(place, 'plc/own/certs'), { recursive: true })
    writeFileSync(join(place, 'plc/own/certs/server.pem'), 'PEM')
    trustSimulator(join(place, 'plc'), join(place, 'gateway-pki'))
    expect(readFileSync(join(place, 'gateway-pki/trusted/certs/simulator-server.pem'), 'utf8')).toBe('PEM')
  })
  test('a simulator without a certificate is told', () => {
    expect(() => trustSimulator(join(place, 'nowhere'), join(place, 'gateway-pki'))).toThrow('has not made its certificate')
  })
})
