/*
 * A store that stands still: a real InfluxDB is stopped in the middle of a write. Eight seconds by default;
 * OREWATCH_STORE_PAUSE_S=60 npx vitest run tests/e2e/store-paused.test.ts makes it the minute that the product promises.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { CHROMIUM_HINT, type InfluxServer, isChromiumAvailable, isInfluxdAvailable, startInfluxd } from '@orewatch/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CO_POINT, centralPid, expectStop, metricOf, MINE, openStage, PATIENCE, residentBytes, SELDOM, type Stage } from './stage.ts'

const PAUSE_MS = Number(process.env['OREWATCH_STORE_PAUSE_S'] ?? '8') * 1000
const isAvailable = isChromiumAvailable() && isInfluxdAvailable()
const hint = isAvailable ? '' : ` (${CHROMIUM_HINT}, and influxdb)`

describe.skipIf(!isAvailable)(`an InfluxDB that stands still${hint}`, { timeout: 300_000 }, () => {
  let influx: InfluxServer
  let stage: Stage

  beforeAll(async () => {
    influx = await startInfluxd()
    stage = await openStage({ store: `{ kind: influxdb, url: ${JSON.stringify(influx.url)}, database: orewatch }` })
  }, 180_000)
  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
    await influx[Symbol.asyncDispose]()
  }, 60_000)

  test('is said on the page and on the way, costs central no memory, and afterwards nothing is missing', async () => {
    const gateway = `http://127.0.0.1:${stage.county.probePort}`
    const page = await stage.open(`/mines/${MINE}`)
    const way = await stage.open(`/points/${CO_POINT}/way`)
    await page.locator('.ow-tag-good').first().waitFor()
    await expectStop({ stage, way, gateway }, 'none')
    const pid = centralPid(stage.county)
    const before = residentBytes(pid)

    influx.pause()
    await page.locator('.ow-trouble', { hasText: '存储' }).waitFor()
    await expect.poll(() => metricOf(gateway, 'edge_outbox_pending_records'), PATIENCE).toBeGreaterThan(300)
    await sleep(PAUSE_MS)
    const grown = residentBytes(pid) - before
    const waiting = await metricOf(gateway, 'edge_outbox_pending_records')
    influx.resume()

    const due = await metricOf(gateway, 'edge_samples_accepted_total')
    await expect.poll(() => page.locator('.ow-trouble').count(), PATIENCE).toBe(0)
    await expect.poll(() => stage.storedSamples(), SELDOM).toBeGreaterThanOrEqual(due)
    await expectStop({ stage, way, gateway }, 'none')
    process.stderr.write(`paused for ${PAUSE_MS / 1000} s and more: central grew by ${Math.round(grown / 1024)} KiB, ${waiting} records waited, ${due} accepted\n`)
    expect(grown).toBeLessThan(200 * 1024 * 1024)
  })
})
