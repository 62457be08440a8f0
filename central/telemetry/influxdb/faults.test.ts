import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SampleBuilder } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { type InfluxServer, isInfluxdAvailable, startInfluxd } from '@orewatch/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TelemetryStore } from '../store.ts'
import { type InfluxStoreOptions, openInfluxStore } from './index.ts'

const T0 = Date.UTC(2026, 10, 5)

describe.skipIf(!isInfluxdAvailable())('faults of a real InfluxDB (skipped without influxd; install it with: npm run services)', () => {
  let server: InfluxServer
  let store: TelemetryStore
  beforeEach(async () => {
    server = await startInfluxd()
    store = await open({})
  })
  afterEach(async () => {
    server.resume()
    await store.close()
    await server[Symbol.asyncDispose]()
  })
  const open = (more: Partial<InfluxStoreOptions>): Promise<TelemetryStore> => openInfluxStore({ url: server.url, database: 'orewatch', log: silentLogger(), timeoutMs: 5_000, ...more })

  test('acknowledged samples survive kill -9 of the server, many times', async () => {
    let acknowledged = 0
    for (let life = 0; life < 3; life++) {
      acknowledged += await writeUntilKilled(store, server, acknowledged)
      await server.restart()
      // What was under way when the server died may be stored too; what was acknowledged must be.
      expect(await missing(store, acknowledged)).toEqual([])
    }
    expect(acknowledged).toBeGreaterThan(0)
  }, 120_000)

  test('a server that is down rejects writes as soon to be tried again, and is taken up when it comes back', async () => {
    await store.write(samples(0, 10), [])
    await server.kill9()
    await expect(store.write(samples(10, 10), [])).rejects.toMatchObject({ code: 'INFLUXDB_UNREACHABLE', retry: 'soon' })
    expect(store.health()).toMatchObject({ ok: false })
    await server.restart()
    await store.write(samples(10, 10), [])
    expect(await store.count()).toBe(20)
    expect(store.health()).toMatchObject({ ok: true })
  })

  test('a server that freezes makes writes time out, and memory stays bounded', async () => {
    const hasty = await open({ timeoutMs: 300, maxPendingRows: 10_000 })
    server.pause()
    const first = hasty.write(samples(0, 10_000), [])
    await expect(hasty.write(samples(10_000, 1), [])).rejects.toMatchObject({ code: 'TELEMETRY_BUSY', retry: 'soon' })
    await expect(first).rejects.toMatchObject({ code: 'INFLUXDB_UNREACHABLE', retry: 'soon' })
    await expect(hasty.latest([1])).rejects.toMatchObject({ code: 'INFLUXDB_UNREACHABLE' })
    server.resume()
    await store.write(samples(0, 10_000), [])
    expect(await store.count()).toBe(10_000)
    await hasty.close()
  })

  test('opening while the server is down is no error; the database is made before the first write', async () => {
    await server.kill9()
    const early = await open({ database: 'later' })
    await expect(early.write(samples(0, 5), [])).rejects.toMatchObject({ retry: 'soon' })
    await server.restart()
    await early.write(samples(0, 5), [])
    expect(await early.count()).toBe(5)
    await early.close()
  })

  test('a database that somebody dropped is made again', async () => {
    await store.write(samples(0, 5), [])
    await influx(server, 'DROP DATABASE orewatch')
    await expect.poll(() => influx(server, 'SHOW DATABASES')).not.toContain('"orewatch"')
    await expect(store.write(samples(5, 5), [])).rejects.toMatchObject({ code: 'INFLUXDB_DATABASE_MISSING', retry: 'soon' })
    await store.write(samples(5, 5), [])
    expect(await store.count()).toBe(5)
  })

  test('samples older than the retention policy are a fault of their batch alone', async () => {
    await influx(server, 'ALTER RETENTION POLICY autogen ON orewatch DURATION 52w SHARD DURATION 1d')
    const old = new SampleBuilder()
    old.push(1, Date.UTC(2001, 0, 1), 1)
    old.push(1, Date.now(), 2)
    const neighbour = new SampleBuilder()
    neighbour.push(2, Date.now(), 3)
    const [bad, good] = await Promise.allSettled([store.write(old, []), store.write(neighbour, [])])
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'INFLUXDB_PARTIAL_WRITE', retry: 'never' } })
    expect(good).toMatchObject({ status: 'fulfilled' })
    // The good row of the bad batch is stored.
    expect(await store.count()).toBe(2)
  })

  test('gzip is understood', async () => {
    const packed = await open({ compression: 'gzip' })
    await packed.write(samples(0, 30_000), [])
    expect(await packed.count()).toBe(30_000)
    await packed.close()
  })
})

describe.skipIf(!isInfluxdAvailable())('an InfluxDB that demands a password (skipped without influxd; install it with: npm run services)', () => {
  test('takes the right one and refuses a wrong one at opening', async () => {
    const place = mkdtempSync(join(tmpdir(), 'orewatch-influx-secret-'))
    const server = await startInfluxd({ hasAuth: true })
    try {
      await influx(server, "CREATE USER central WITH PASSWORD 'right horse' WITH ALL PRIVILEGES")
      const openWith = (password: string): Promise<TelemetryStore> => {
        const passwordFile = join(place, 'secret')
        writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
        return openInfluxStore({ url: server.url, database: 'orewatch', username: 'central', passwordFile, log: silentLogger() })
      }
      await expect(openWith('wrong')).rejects.toMatchObject({ code: 'INFLUXDB_ACCESS_DENIED', retry: 'later' })
      const store = await openWith('right horse')
      await store.write(samples(0, 3), [])
      expect(await store.count()).toBe(3)
      await store.close()
    } finally {
      await server[Symbol.asyncDispose]()
      rmSync(place, { recursive: true, force: true })
    }
  })

  test('a user with rights on the database alone is enough where the database is there already', async () => {
    const server = await startInfluxd({ hasAuth: true })
    const place = mkdtempSync(join(tmpdir(), 'orewatch-influx-rights-'))
    const ask = (q: string, login?: string): Promise<Response> =>
      fetch(`${server.url}/query`, { method: 'POST', body: new URLSearchParams({ q }), headers: login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` } })
    try {
      await ask("CREATE USER boss WITH PASSWORD 'all-of-it' WITH ALL PRIVILEGES")
      await ask("CREATE DATABASE orewatch; CREATE USER central WITH PASSWORD 'one-of-it'; GRANT ALL ON orewatch TO central", 'boss:all-of-it')
      const passwordFile = join(place, 'secret')
      writeFileSync(passwordFile, 'one-of-it\n', { mode: 0o600 })
      const openAs = (database: string): Promise<TelemetryStore> => openInfluxStore({ url: server.url, database, username: 'central', passwordFile, log: silentLogger() })
      const store = await openAs('orewatch')
      await store.write(samples(0, 3), [])
      expect(await store.count()).toBe(3)
      await store.close()
      await expect(openAs('another')).rejects.toMatchObject({ code: 'INFLUXDB_ACCESS_DENIED' })
    } finally {
      await server[Symbol.asyncDispose]()
      rmSync(place, { recursive: true, force: true })
    }
  })
})

test('a user without a password file is a mistake of the configuration', async () => {
  await expect(openInfluxStore({ url: 'http://127.0.0.1:1', database: 'x', username: 'u', log: silentLogger() })).rejects.toThrow('passwordFile')
})

/** Sample i is of point i % 5 at T0 + i. */
function samples(first: number, count: number): SampleBuilder {
  const builder = new SampleBuilder(count)
  for (let i = first; i < first + count; i++) builder.push(i % 5, T0 + i, i / 4)
  return builder
}

/** Writes batches one after the other and kills the server in the middle; how many samples were acknowledged. */
async function writeUntilKilled(store: TelemetryStore, server: InfluxServer, from: number): Promise<number> {
  let done = 0
  let killed: Promise<void> | undefined
  try {
    for (;;) {
      await store.write(samples(from + done, 500), [])
      done += 500
      if (done > 5_000) killed ??= server.kill9()
    }
  } catch {
    await killed
    return done
  }
}

async function missing(store: TelemetryStore, count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let point = 0; point < 5; point++) {
    const { samples: page } = await store.range(point, T0, T0 + count, 1_000_000)
    for (let i = 0; i < page.count; i++) if (page.value[i] === ((page.timeMs[i] as number) - T0) / 4) found.add((page.timeMs[i] as number) - T0)
  }
  return Array.from({ length: count }, (_, i) => i).filter((i) => !found.has(i))
}

async function influx(server: InfluxServer, statement: string): Promise<string> {
  const response = await fetch(`${server.url}/query?q=${encodeURIComponent(statement)}`, { method: 'POST' })
  const text = await response.text()
  expect(text).not.toContain('"error"')
  return text
}
