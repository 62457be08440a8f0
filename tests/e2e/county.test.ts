/* The demo county from the device to the browser, while its programs fail one after the other. The tests build on each other. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHROMIUM_HINT, isChromiumAvailable } from '@orewatch/testkit'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WayStageId } from '../../central/api/way.ts'
import { runCommand } from '../../tools/demo/children.ts'
import { ForeignGateway } from './foreign-gateway.ts'
import { CO_POINT, centralPid, expectStop, fillDisk, HOIST_POINT, metricOf, MINE, mountSmall, openStage, PATIENCE, residentBytes, SELDOM, type Stage } from './stage.ts'

const hint = isChromiumAvailable() ? '' : ` (${CHROMIUM_HINT})`
const CO_NAME = '-120m中段回风巷一氧化碳'
const ADOPTED = '9901211000010101010099'
const CENTRAL = join(import.meta.dirname, '../../central/main.ts')

describe.skipIf(!isChromiumAvailable())(`the demo county in Chromium${hint}`, { timeout: 180_000 }, () => {
  let directory: string
  let telemetry: string
  let outbox: string
  let isSmallDisk: boolean
  let stage: Stage
  let board: Page
  let way: Page
  let probePort: number
  let acceptedBefore = 0

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'orewatch-e2e-'))
    telemetry = join(directory, 'central/telemetry')
    outbox = join(directory, 'gw-u1/outbox')
    isSmallDisk = mountSmall(telemetry, 96) && mountSmall(outbox, 24)
    stage = await openStage({ directory })
    ;({ probePort } = stage.county)
    way = await stage.open(`/points/${CO_POINT}/way`)
  }, 180_000)

  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
    if (isSmallDisk) execFileSync('umount', ['-l', telemetry, outbox])
    rmSync(directory, { recursive: true, force: true })
  }, 60_000)

  const rowOf = (name: string) => board.locator('.ow-row-point', { has: board.getByRole('link', { name, exact: true }) }).first()
  const gateway = () => `http://127.0.0.1:${probePort}`
  const stopsAt = (at: WayStageId | 'none') => expectStop({ stage, way, gateway: gateway() }, at)
  const accepted = async () => acceptedBefore + (await metricOf(gateway(), 'edge_samples_accepted_total'))

  test('an operator logs in, opens the board of a mine and sees values move', async () => {
    board = await stage.open(`/mines/${MINE}`)
    await board.locator('[data-live=live]').waitFor()
    await rowOf(CO_NAME).locator('.ow-tag-good').waitFor()
    const shown = () => board.locator('.ow-row-point .ow-reading b').allInnerTexts()
    const first = await shown()
    expect(first.length).toBeGreaterThan(3)
    await expect.poll(shown, PATIENCE).not.toEqual(first)
  })

  test('devices that fall silent turn bad with the reason, the way names the device, and back they are live', async () => {
    await stopsAt('none')
    stage.county.programs.freeze('devices', true)
    await rowOf(CO_NAME).getByText('Q2 断线').waitFor()
    expect(await rowOf(CO_NAME).innerText()).toContain('设备超时无应答')
    await stopsAt('device')
    stage.county.programs.freeze('devices', false)
    await rowOf(CO_NAME).locator('.ow-tag-good').waitFor()
    await stopsAt('none')
  })

  test('a gateway killed -9 with a backlog is named by the way, and after its start nothing of what it had accepted is missing', async () => {
    // Central hears nothing for a while, so that the kill meets samples that only the gateway has.
    stage.county.programs.freeze('central', true)
    const waiting = await metricOf(gateway(), 'edge_outbox_pending_records')
    await expect.poll(() => metricOf(gateway(), 'edge_outbox_pending_records'), PATIENCE).toBeGreaterThan(waiting + 100)
    acceptedBefore = await accepted()
    await stage.county.programs.kill9('gateway')
    stage.county.programs.freeze('central', false)
    await stopsAt('uplink')
    await way.locator('[data-live=live]').waitFor()
    probePort = Number((await stage.county.programs.restart('gateway'))['probePort'])
    await stopsAt('none')
    await expect.poll(() => stage.storedSamples(), SELDOM).toBeGreaterThanOrEqual(acceptedBefore)
  })

  test('when central is killed -9 the page says since when it is not live, and recovers by itself', async () => {
    await board.locator('[data-live=live]').waitFor()
    await stage.county.programs.kill9('central')
    await board.getByText(/已断开 自 \d\d:\d\d:\d\d/).waitFor()
    expect(await board.locator('.ow-frame').getAttribute('data-dead')).toBe('true')
    const due = await accepted()
    await stage.county.programs.restart('central')
    await board.locator('[data-live=live]').waitFor()
    await rowOf(CO_NAME).locator('.ow-tag-good').waitFor()
    await expect.poll(() => stage.storedSamples(), SELDOM).toBeGreaterThanOrEqual(due)
  })

  test('a foreign gateway’s unknown point waits in quarantine, is adopted in the portal and has a trend; wrong units and times are 102 and 103', async () => {
    const passwordFile = join(directory, 'gw-f1.password')
    await runCommand(process.execPath, [CENTRAL, 'gateway', 'add', '990121', 'gw-f1', '--subject', MINE, '--title', '外来网关', '--out', passwordFile, '--config', stage.county.centralFile])
    const foreign = await connectForeign(stage, readFileSync(passwordFile, 'utf8').trim())
    const now = Date.now()
    const co = { name: 'CO-east', unit: 'ppm', timestamp: now, value: 12.5 }
    const wrongUnit = { name: 'CO-west', unit: 'furlong', pointCode: '9901211000010101010098', timestamp: now, value: 3 }
    const early = { name: 'CO-north', unit: 'ppm', pointCode: '9901211000010101010097', timestamp: now, value: 7 }
    await foreign.announce('plc-9', [co, wrongUnit, early])
    await foreign.send('plc-9', [
      { ...co, value: 13.5, timestamp: now + 1 },
      { ...wrongUnit, value: 4, timestamp: now + 1 },
      { ...early, value: 8, timestamp: now + 7_200_000 },
    ])
    const page = await stage.open('/quarantine', 'admin')
    const row = (metric: string) => page.locator('.ant-table-row', { hasText: metric })
    await row('CO-west').getByText('102 单位不符').waitFor()
    await row('CO-north').getByText('103 时间偏差过大').waitFor()
    await row('CO-east').getByText('101 测点未登记').waitFor()
    await row('CO-east')
      .getByRole('button', { name: /认\s?领/ })
      .click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('测点编码').fill(ADOPTED)
    await dialog.getByRole('button', { name: '认领并入库' }).click()
    await dialog.getByText(/已认领，\d+ 条样本已入库/).waitFor()
    await foreign.send('plc-9', [{ ...co, value: 14.5, timestamp: now + 2 }])
    await page.goto(`${stage.county.url}/points/${ADOPTED}`)
    await page.locator('.ow-chart canvas').waitFor()
    const values = async () => (await stage.ask<{ items: number[][] }>(`/api/points/${ADOPTED}/samples?from=${now}&to=${now + 60_000}`)).items.map(([, value]) => value)
    await expect.poll(values, PATIENCE).toEqual([12.5, 13.5, 14.5])
    await page.getByText('表格', { exact: true }).click()
    await page.locator('.ant-table-row', { hasText: '14' }).first().waitFor()
    await foreign.close()
    await page.close()
  })

  test('a full disk of the store is said on the page, costs no memory, and afterwards nothing is missing', async (context) => {
    context.skip(!isSmallDisk, 'this user may not mount a tmpfs: run the tests as root')
    const pid = centralPid(stage.county)
    const before = residentBytes(pid)
    const makeRoom = fillDisk(telemetry)
    await board.locator('.ow-trouble', { hasText: '存储' }).waitFor()
    await expect.poll(() => metricOf(gateway(), 'edge_outbox_pending_records'), PATIENCE).toBeGreaterThan(300)
    expect(residentBytes(pid) - before).toBeLessThan(200 * 1024 * 1024)
    await stopsAt('store')
    makeRoom()
    const due = await accepted()
    await expect.poll(() => board.locator('.ow-trouble').count(), PATIENCE).toBe(0)
    await expect.poll(() => stage.storedSamples(), SELDOM).toBeGreaterThanOrEqual(due)
    await stopsAt('none')
  })

  test('a full disk of the gateway is named by the way, reading waits meanwhile, and nothing that was accepted is missing', async (context) => {
    context.skip(!isSmallDisk, 'this user may not mount a tmpfs: run the tests as root')
    const makeRoom = fillDisk(outbox)
    await stopsAt('outbox')
    await way.locator('[data-stage=outbox]', { hasText: '检查网关磁盘空间' }).waitFor()
    makeRoom()
    await stopsAt('none')
    const ready = async () => await (await fetch(`${gateway()}/readyz`)).json()
    await expect.poll(ready, PATIENCE).toMatchObject({ parts: { outbox: { ok: true } } })
    const due = await accepted()
    await expect.poll(() => stage.storedSamples(), SELDOM).toBeGreaterThanOrEqual(due)
  })

  test('both families are live in the end, and no program has written an error of ours into its log', async () => {
    for (const point of [CO_POINT, HOIST_POINT]) {
      await expect.poll(async () => (await stage.ask<{ point: { latest?: { quality: number } } }>(`/api/points/${point}`)).point.latest?.quality, PATIENCE).toBe(0)
    }
    for (const program of ['central', 'gateway', 'devices']) {
      expect(readFileSync(join(directory, `log/${program}.log`), 'utf8')).not.toMatch(/unhandled|uncaught|ERR_INTERNAL|INVARIANT|"level":"?(60|fatal)/i)
    }
  })
})

// A running central sees a new credential within a second.
async function connectForeign(stage: Stage, password: string): Promise<ForeignGateway> {
  let gateway: ForeignGateway | undefined
  await expect
    .poll(async () => {
      gateway = await ForeignGateway.connect({ url: stage.county.brokerUrl, group: '990121', node: 'gw-f1', password }).catch(() => undefined)
      return gateway !== undefined
    }, PATIENCE)
    .toBe(true)
  return gateway as ForeignGateway
}
