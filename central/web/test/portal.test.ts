import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHROMIUM_HINT, isChromiumAvailable, launchChromium } from '@orewatch/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildPortal } from './build-portal.ts'
import { ACCOUNT, ContractDouble } from './contract-double.ts'
import { CO_POINT, FULL_STORE, MINE } from './double-county.ts'
import { login } from './screenshots.ts'

const hint = isChromiumAvailable() ? '' : ` (${CHROMIUM_HINT})`

describe.skipIf(!isChromiumAvailable())(`the portal in Chromium${hint}`, () => {
  let browser: Browser
  let distDirectory: string
  let central: ContractDouble
  let page: Page
  let pageErrors: string[]

  beforeAll(async () => {
    distDirectory = mkdtempSync(join(tmpdir(), 'orewatch-portal-'))
    buildPortal(distDirectory)
    browser = await launchChromium()
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    rmSync(distDirectory, { recursive: true, force: true })
  })

  beforeEach(async () => {
    central = await ContractDouble.open({ distDirectory })
    page = await browser.newPage({ viewport: { width: 1_440, height: 900 }, locale: 'zh-CN' })
    page.setDefaultTimeout(15_000)
    pageErrors = []
    page.on('pageerror', (err) => pageErrors.push(err.message))
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) pageErrors.push(message.text())
    })
  })

  afterEach(async () => {
    await page.close()
    await central.close()
    expect(pageErrors).toEqual([])
  })

  async function open(path: string): Promise<void> {
    await page.goto(central.baseUrl + path)
    await login(page, ACCOUNT)
  }

  const text = (selector: string) => page.locator(selector).first().innerText()
  const cellsOf = (name: string) => page.locator('.ow-row-point', { has: page.getByRole('link', { name, exact: true }) })

  test('the build is split by route', () => {
    expect(existsSync(join(distDirectory, 'index.html'))).toBe(true)
  })

  test('a wrong password is said, and the lock after five of them with its time', async () => {
    await page.goto(central.baseUrl)
    await page.locator('input[autocomplete=username]').fill(ACCOUNT.user)
    await page.locator('input[autocomplete=current-password]').fill('wrong')
    await page.locator('button[type=submit]').click()
    await page.getByText('用户名或密码不正确。').waitFor()
    for (let i = 0; i < 5; i++) {
      const answer = page.waitForResponse('**/api/session')
      await page.locator('button[type=submit]').click()
      await answer
    }
    await page.getByText(/该账号已锁定，请在 \d+ 分.*后（\d\d:\d\d:\d\d）再试/).waitFor()
  })

  test('after the login one is where one wanted to go', async () => {
    await open(`/mines/${MINE}`)
    expect(new URL(page.url()).pathname).toBe(`/mines/${MINE}`)
  })

  test('the overview shows the counties, the worst mine first', async () => {
    await open('/')
    await page.getByText('示例县').waitFor()
    const names = await page.locator('tbody a[href^="/mines/"]').allInnerTexts()
    expect(names).toEqual(['柳沟尾矿库', '青石岭金矿', '石桥露天采石场', '金岭铁矿'])
  })

  test('a live sample moves the value on the board', async () => {
    await open(`/mines/${MINE}`)
    const row = cellsOf('100 中段 一氧化碳')
    await row.getByText('2', { exact: true }).waitFor()
    await expect.poll(() => central.liveCount).toBe(1)
    central.emit([[CO_POINT, Date.now(), 37, 0, 'none', 0]])
    await row.getByText('37', { exact: true }).waitFor()
  })

  test('a late sample of the backlog does not turn a live value back', async () => {
    await open(`/mines/${MINE}`)
    await expect.poll(() => central.liveCount).toBe(1)
    central.emit([[CO_POINT, Date.now(), 41, 0, 'none', 0]])
    await cellsOf('100 中段 一氧化碳').getByText('41', { exact: true }).waitFor()
    central.emit([[CO_POINT, Date.now() - 3_600_000, 5, 0, 'none', 1]])
    central.emit([[CO_POINT, Date.now() + 1, 42, 0, 'none', 0]])
    await cellsOf('100 中段 一氧化碳').getByText('42', { exact: true }).waitFor()
  })

  test('a bad quality is never shown as a plain number', async () => {
    await open(`/mines/${MINE}`)
    const row = cellsOf('100 中段 甲烷')
    await row.getByText('Q4 传感器故障').waitFor()
    expect(await row.innerText()).not.toContain('65535')
  })

  test('when the feed is cut the page says since when and turns grey, and comes back by itself', async () => {
    await open(`/mines/${MINE}`)
    await page.locator('[data-live=live]').waitFor()
    central.cutLive()
    await page.getByText(/已断开 自 \d\d:\d\d:\d\d/).waitFor()
    expect(await page.locator('.ow-frame').getAttribute('data-dead')).toBe('true')
    central.isLiveRefused = false
    await page.locator('[data-live=live]').waitFor()
    expect(await page.locator('.ow-frame').getAttribute('data-dead')).toBe('false')
  })

  test('a full store is said on every page', async () => {
    await open('/quarantine')
    await page.locator('[data-live=live]').waitFor()
    central.tellStatus(FULL_STORE)
    await page.getByText('磁盘已满，暂停写入').waitFor()
  })

  test('the trend lifts the pen where nothing came and names why values are missing', async () => {
    await open(`/points/${CO_POINT}`)
    await page.locator('.ow-chart canvas').waitFor()
    const bands = await page.locator('.ow-bands li').allInnerTexts()
    expect(bands).toHaveLength(2)
    expect(bands[0]).toContain('Q2 断线 · 设备超时无应答')
    expect(bands[1]).toContain('无数据')
  })

  test('pointing into a band of the chart tells its reason', async () => {
    await open(`/points/${CO_POINT}`)
    const box = await page.locator('.ow-chart canvas').boundingBox()
    // 17 of the last 60 minutes lie at 43/60 of the plot, which has margins of 64 and 20 pixels.
    const plotPx = (box?.width ?? 0) - 84
    await page.mouse.move((box?.x ?? 0) + 64 + (plotPx * 43) / 60, (box?.y ?? 0) + 150)
    await page.locator('.ow-readout', { hasText: '断线' }).waitFor()
    expect(await text('.ow-readout b')).toBe('—')
  })

  test('a long range shows minima, means and maxima of buckets', async () => {
    await open(`/points/${CO_POINT}?span=7d`)
    await page.getByText(/按 15 分 统计：最小\/平均\/最大/).waitFor()
    await page.getByText('表格', { exact: true }).click()
    await page.locator('.ant-table-thead', { hasText: '最大' }).first().waitFor()
    expect(await page.locator('.ant-table-row').count()).toBeGreaterThan(5)
  })

  test('the table and the chart change places', async () => {
    await open(`/points/${CO_POINT}`)
    await page.locator('.ow-chart canvas').waitFor()
    await page.getByText('表格', { exact: true }).click()
    await page.locator('.ant-table-row').first().waitFor()
    await page.getByText('曲线', { exact: true }).click()
    await page.locator('.ow-chart canvas').waitFor()
  })

  test('the first password must be changed before anything else is shown', async () => {
    central.mustChangePassword = true
    await page.goto(central.baseUrl)
    await page.locator('input[autocomplete=username]').fill(ACCOUNT.user)
    await page.locator('input[autocomplete=current-password]').fill(ACCOUNT.password)
    await page.locator('button[type=submit]').click()
    await page.getByLabel('原口令').fill(ACCOUNT.password)
    await page.getByLabel('新口令', { exact: true }).fill('Other-horse-10')
    await page.getByLabel('再次输入新口令').fill('Other-horse-10')
    await page.locator('button[type=submit]').click()
    await page.getByText('口令已修改，请用新口令登录。').waitFor()
  })

  test('of thousands of points only those in view are in the document', async () => {
    await central.close()
    central = await ContractDouble.open({ distDirectory, pointCount: 2_400 })
    await open(`/mines/${MINE}`)
    await page.getByText('显示 2400 / 2400 个测点').waitFor()
    expect(await page.locator('.ow-row-point').count()).toBeLessThan(80)
  })

  test('adopting says which part of the code is wrong, then what became of the samples', async () => {
    await open('/quarantine')
    await page
      .getByRole('button', { name: /认\s?领/ })
      .first()
      .click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('测点编码').fill('9901211000010199990001')
    await dialog.getByRole('button', { name: '认领并入库' }).click()
    await dialog.getByText('第 13–14 位').or(dialog.getByText('代码表中没有')).first().waitFor()
    expect(central.adoptions).toEqual([])
    await dialog.getByLabel('测点编码').fill('9901211000010101010099')
    await dialog.getByRole('button', { name: '认领并入库' }).click()
    await dialog.getByText('已认领，180 条样本已入库。').waitFor()
    await dialog.getByText(/2 条与已有数据矛盾/).waitFor()
    expect(central.adoptions).toEqual([{ pointCode: '9901211000010101010099', name: 'CO-east' }])
  })

  test('text from outside is text and never markup', async () => {
    await open('/quarantine')
    await page.getByText('<b>bold</b>').waitFor()
  })

  test('the way names the stage at which the value stopped', async () => {
    central.county.stoppedAt = 'uplink'
    await open(`/points/${CO_POINT}/way`)
    await page.getByText('停在：上传链路').waitFor()
    const states = await page.locator('.ow-stage').evaluateAll((stages) => stages.map((stage) => stage.getAttribute('data-state')))
    expect(states).toEqual(['unknown', 'unknown', 'unknown', 'broken', 'unknown', 'unknown', 'unknown', 'unknown'])
    expect(await page.locator('[aria-current=step]').getAttribute('data-stage')).toBe('uplink')
  })

  test('the language switches at once and is remembered', async () => {
    await open('/')
    await page.getByRole('button', { name: 'Switch to English' }).click()
    await page.getByRole('heading', { name: 'County overview' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'County overview' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  test('appearance follows the system and can be switched', async () => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await open('/')
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
    await page.getByRole('button', { name: /^外观/ }).click()
    await page.getByRole('menuitem', { name: '浅色' }).click()
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('light')
  })

  test('when the session ends one is back at the login with a note, and afterwards where one was', async () => {
    await open(`/points/${CO_POINT}/way`)
    await page.locator('.ow-chain').waitFor()
    central.endSessions()
    await page.getByText('登录已失效，请重新登录。').waitFor()
    await login(page, ACCOUNT)
    expect(new URL(page.url()).pathname).toBe(`/points/${CO_POINT}/way`)
  })
})
