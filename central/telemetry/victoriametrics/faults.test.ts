import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { columnsOf, SampleBuilder, samplesOf } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { isVictoriaAvailable, startVictoria, type VictoriaServer } from '@orewatch/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TelemetryStore } from '../store.ts'
import { openVictoriaStore, type VictoriaStoreOptions } from './index.ts'

const DAY_MS = 86_400_000
// Yesterday: VictoriaMetrics refuses what is further ahead than two days.
const T0 = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS

describe.skipIf(!isVictoriaAvailable())('faults of a real VictoriaMetrics (skipped without victoria-metrics; install it with: npm run services)', () => {
  let server: VictoriaServer
  let store: TelemetryStore
  beforeEach(async () => {
    server = await startVictoria()
    store = await open({})
  })
  afterEach(async () => {
    server.resume()
    await store.close()
    await server[Symbol.asyncDispose]()
  })
  const open = (more: Partial<VictoriaStoreOptions>): Promise<TelemetryStore> => openVictoriaStore({ url: server.url, log: silentLogger(), timeoutMs: 10_000, groupMs: 0, ...more })

  test('acknowledged samples survive kill -9 of the server, many times, and what was under way is doubled nowhere', async () => {
    let acknowledged = 0
    for (let life = 0; life < 4; life++) {
      acknowledged += await writeUntilKilled(store, server, acknowledged)
      await server.restart()
      // What was under way when the server died may be stored too; what was acknowledged must be.
      expect((await missing(store, acknowledged)).missing).toEqual([])
    }
    expect(acknowledged).toBeGreaterThan(0)
    expect((await missing(store, acknowledged)).doubled).toBe(0)
  }, 120_000)

  test('with durability none acknowledged samples die with the server, as the store declares', async () => {
    const hasty = await open({ durability: 'none' })
    expect(hasty.capabilities.acknowledgesDurably).toBe(false)
    let lost = 0
    // The server writes its memory down every few seconds by itself, so that one life may lose nothing.
    for (let life = 0; life < 10 && lost === 0; life++) {
      await hasty.write(samples(life * 100, 100), [])
      await server.kill9()
      await server.restart()
      lost += (await missing(hasty, (life + 1) * 100)).missing.length
    }
    expect(lost).toBeGreaterThan(0)
    await hasty.close()
  }, 120_000)

  test('a server that was killed and started between write and acknowledgement is noticed', async () => {
    let isArmed = false
    // In front of the server: it dies after it took the lines and before it is asked to bring them to the disk, and is back at once.
    const proxy = await startProxy(server.url, async (path) => {
      if (!isArmed || !path.startsWith('/snapshot/create')) return
      isArmed = false
      await server.restart()
    })
    const behind = await open({ url: proxy.url })
    await behind.write(samples(0, 10), [])
    isArmed = true
    await expect(behind.write(samples(10, 10), [])).rejects.toMatchObject({ code: 'VICTORIAMETRICS_NOT_KEPT', retry: 'soon', details: { written: 10, found: 0 } })
    expect(await behind.write(samples(0, 20), [])).toEqual({ stored: 10, duplicates: 10, conflicts: [] })
    await behind.close()
    await proxy.close()
  })

  test('a server that is down rejects writes as soon to be tried again, and is taken up when it comes back', async () => {
    await store.write(samples(0, 10), [])
    await server.kill9()
    await expect(store.write(samples(10, 10), [])).rejects.toMatchObject({ code: 'VICTORIAMETRICS_UNREACHABLE', retry: 'soon' })
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
    await expect(first).rejects.toMatchObject({ code: 'VICTORIAMETRICS_UNREACHABLE', retry: 'soon' })
    await expect(hasty.latest([1])).rejects.toMatchObject({ code: 'VICTORIAMETRICS_UNREACHABLE' })
    server.resume()
    await store.write(samples(0, 10_000), [])
    expect((await missing(store, 10_000)).missing).toEqual([])
    await hasty.close()
  })

  test('opening while the server is down is no error', async () => {
    await server.kill9()
    const early = await open({})
    await expect(early.write(samples(0, 5), [])).rejects.toMatchObject({ retry: 'soon' })
    await server.restart()
    await early.write(samples(0, 5), [])
    expect(await early.count()).toBe(5)
    await early.close()
  })

  test('a sample that contradicts one written before central was started again is told', async () => {
    await store.write(columnsOf([one(T0, 1)]), [])
    const next = await open({})
    expect(await next.write(columnsOf([one(T0, 2), one(T0 + 1, 3)]), [])).toEqual({ stored: 1, duplicates: 0, conflicts: [0] })
    expect(samplesOf((await next.range(1, T0, T0 + 2, 10)).samples).map(({ value }) => value)).toEqual([1, 3])
    await next.close()
  })

  test('snapshots made for acknowledgements are not left behind', async () => {
    await store.write(samples(0, 10), [])
    const listed = (await (await fetch(`${server.url}/snapshot/list`)).json()) as { snapshots: string[] }
    expect(listed.snapshots).toEqual([])
  })
})

describe.skipIf(!isVictoriaAvailable())('a VictoriaMetrics set up otherwise (skipped without victoria-metrics; install it with: npm run services)', () => {
  test('samples older than its retention are refused before they are written, not dropped', async () => {
    const server = await startVictoria({ retentionPeriod: '30d' })
    const store = await openVictoriaStore({ url: server.url, log: silentLogger(), groupMs: 0 })
    await expect(store.write(columnsOf([one(Date.now(), 1), one(Date.now() - 40 * DAY_MS, 2)]), [])).rejects.toMatchObject({
      code: 'VICTORIAMETRICS_TIME_REFUSED',
      retry: 'never',
      details: { row: 1 },
    })
    await store.write(columnsOf([one(Date.now() - 20 * DAY_MS, 3)]), [])
    expect(await store.count()).toBe(1)
    await store.close()
    await server[Symbol.asyncDispose]()
  })

  test('a server that demands a password takes the right one and refuses a wrong one at opening', async () => {
    const place = mkdtempSync(join(tmpdir(), 'orewatch-victoria-secret-'))
    const server = await startVictoria({ flags: ['-httpAuth.username=central', '-httpAuth.password=right horse'] })
    try {
      const openWith = (password: string): Promise<TelemetryStore> => {
        const passwordFile = join(place, 'secret')
        writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
        return openVictoriaStore({ url: server.url, username: 'central', passwordFile, log: silentLogger(), groupMs: 0 })
      }
      await expect(openWith('wrong')).rejects.toMatchObject({ code: 'VICTORIAMETRICS_ACCESS_DENIED', retry: 'later' })
      const store = await openWith('right horse')
      await store.write(samples(0, 3), [])
      expect(await store.count()).toBe(3)
      await store.close()
    } finally {
      await server[Symbol.asyncDispose]()
      rmSync(place, { recursive: true, force: true })
    }
  })
})

test('a user without a password file is a mistake of the configuration', async () => {
  await expect(openVictoriaStore({ url: 'http://127.0.0.1:1', username: 'u', log: silentLogger() })).rejects.toThrow('passwordFile')
})

/** Passes requests on to a server, after `before` has seen where they go. */
async function startProxy(target: string, before: (path: string) => Promise<void>): Promise<{ url: string; close(): Promise<void> }> {
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    await before(request.url ?? '')
    const answer = await fetch(`${target}${request.url}`, { method: 'POST', body, headers: { 'content-type': request.headers['content-type'] ?? 'text/plain' } })
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()))
  }
  const proxy = createServer((request, response) => void pass(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve)
  })
  const { port } = proxy.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      proxy.closeAllConnections()
      await new Promise((resolve) => {
        proxy.close(resolve)
      })
    },
  }
}

function one(timeMs: number, value: number) {
  return { key: 1, timeMs, value, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 }
}

/** Sample i is of point i % 5 at T0 + i. */
function samples(first: number, count: number): SampleBuilder {
  const builder = new SampleBuilder(count)
  for (let i = first; i < first + count; i++) builder.push(i % 5, T0 + i, i / 7)
  return builder
}

/** Writes batches one after the other and kills the server in the middle; how many samples were acknowledged. */
async function writeUntilKilled(store: TelemetryStore, server: VictoriaServer, from: number): Promise<number> {
  let done = 0
  let killed: Promise<void> | undefined
  try {
    for (;;) {
      await store.write(samples(from + done, 500), [])
      done += 500
      if (done > 2_000) killed ??= server.kill9()
    }
  } catch {
    await killed
    return done
  }
}

async function missing(store: TelemetryStore, count: number): Promise<{ missing: number[]; doubled: number }> {
  const found = new Set<number>()
  let doubled = 0
  for (let point = 0; point < 5; point++) {
    const { samples: page } = await store.range(point, T0, T0 + count, 1_000_000)
    for (let i = 0; i < page.count; i++) {
      const position = (page.timeMs[i] as number) - T0
      if (found.has(position)) doubled++
      if (page.value[i] === position / 7) found.add(position)
    }
  }
  return { missing: Array.from({ length: count }, (_, i) => i).filter((i) => !found.has(i)), doubled }
}
