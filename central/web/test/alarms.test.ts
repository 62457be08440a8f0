/*
 * The alarms of the portal in a real Chromium against the contract double. Sound is counted at the browser's own
 * oscillators: what is counted has been handed to the loudspeaker.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHROMIUM_HINT, isChromiumAvailable, launchChromium } from '@orewatch/testkit'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AlarmItem } from '../api/contract.ts'
import { buildPortal } from './build-portal.ts'
import { ACCOUNT, ContractDouble } from './contract-double.ts'
import { idOf } from './double-alarms.ts'
import { CO_POINT, MINE, OTHER_MINE } from './double-county.ts'
import { login } from './screenshots.ts'

const hint = isChromiumAvailable() ? '' : ` (${CHROMIUM_HINT})`

/** Pitches of the sounds that the page has started. */
interface Listening {
  orewatchSounds: number[]
}

/** What must become so, on a machine however slow. */
function eventually<T>(read: () => T, options = { timeout: 25_000 }) {
  return expect.poll(read, options)
}

// Whatever Playwright evaluates counts as a gesture of the person, so a page that nobody has touched is looked at beside it.
async function watchUntouched(page: Page): Promise<(expression: string) => Promise<unknown>> {
  const devTools = await page.context().newCDPSession(page)
  return async (expression) => {
    const { result } = await devTools.send('Runtime.evaluate', { expression, userGesture: false, returnByValue: true })
    return result.value as unknown
  }
}

describe.skipIf(!isChromiumAvailable())(`alarms in Chromium${hint}`, () => {
  let browser: Browser
  let distDirectory: string
  let central: ContractDouble
  let context: BrowserContext
  let page: Page
  let pageErrors: string[]

  beforeAll(async () => {
    distDirectory = mkdtempSync(join(tmpdir(), 'orewatch-alarms-'))
    buildPortal(distDirectory)
    // Without a window Chromium lets every page sound; this is what a control room has.
    browser = await launchChromium(['--autoplay-policy=document-user-activation-required'])
  }, 120_000)

  afterAll(async () => {
    await browser.close()
    rmSync(distDirectory, { recursive: true, force: true })
  })

  beforeEach(async () => {
    central = await ContractDouble.open({ distDirectory })
    context = await browser.newContext({ viewport: { width: 1_440, height: 900 }, locale: 'zh-CN' })
    page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await context.addInitScript(() => {
      const listening = window as unknown as Listening
      listening.orewatchSounds = []
      const start = OscillatorNode.prototype.start
      OscillatorNode.prototype.start = function startAndCount(when) {
        listening.orewatchSounds.push(this.context.currentTime)
        start.call(this, when)
      }
    })
    pageErrors = []
    page.on('pageerror', (err) => pageErrors.push(err.message))
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) pageErrors.push(message.text())
    })
  })

  afterEach(async () => {
    await context.close()
    await central.close()
    expect(pageErrors).toEqual([])
  })

  async function open(path: string): Promise<void> {
    await page.goto(central.baseUrl + path)
    await login(page, ACCOUNT)
    await page.locator('[data-live=live]').waitFor()
    await page.locator('[data-calling]').waitFor()
  }

  const co = (more: Partial<AlarmItem> = {}): Partial<AlarmItem> => ({
    rule: { id: 'co-high', version: 3, zh: '一氧化碳超限', en: 'CO above limit' },
    subject: CO_POINT,
    pointCode: CO_POINT,
    pointName: '100 中段 一氧化碳',
    place: '-100 m 回风巷',
    unit: 'ppm',
    subjectCode: MINE,
    mineName: '青石岭金矿',
    ...more,
  })
  const sounds = () => page.evaluate(() => (window as unknown as Listening).orewatchSounds.length)
  const row = (text: string) => page.locator('.ow-row-alarm', { hasText: text })
  const calling = () => page.locator('[data-calling]').getAttribute('data-calling')

  test('an alarm that comes is in the bar, in the badge and in the list, and sounds', async () => {
    await open('/alarms')
    await page.getByText('没有未签收的告警').waitFor()
    await page.locator('[data-sound=on]').waitFor()
    central.tellAlarm('a', co({ level: 'orange', value: 51, limit: 48, peak: 51 }))
    await row('一氧化碳超限').waitFor()
    expect(await page.locator('[data-badge]').innerText()).toBe('1')
    const words = await row('一氧化碳超限').innerText()
    for (const word of ['橙色', '未签收', '100 中段 一氧化碳', '-100 m 回风巷', '青石岭金矿', '51 ppm', '48 ppm']) expect(words).toContain(word)
    await eventually(sounds).toBe(1)
    expect(await page.locator('.ow-annunciator-orange').count()).toBe(1)
    await page.locator('.ow-annunciator [aria-live=polite]', { hasText: '新告警：橙色 一氧化碳超限' }).waitFor({ state: 'attached' })
  })

  test('a red alarm repeats its sound until it is signed for, and is told assertively', async () => {
    await open('/')
    central.tellAlarm('a', co({ level: 'red', value: 120, limit: 100 }))
    await eventually(sounds).toBeGreaterThan(1)
    await page.locator('[aria-live=assertive]', { hasText: '红色' }).waitFor({ state: 'attached' })
    await page.locator('.ow-annunciator-newest').click()
    await page.getByRole('button', { name: /^签\s?收$/ }).click()
    await page.getByRole('button', { name: /^提\s?交$/ }).click()
    await page.getByText('没有未签收的告警').waitFor()
    const atSignature = await sounds()
    // One repetition later nothing more has sounded; another alarm then does, so the loudspeaker was not merely dead.
    await page.waitForTimeout(6_000)
    expect(await sounds()).toBe(atSignature)
    central.tellAlarm('b', co({ level: 'blue' }))
    await eventually(sounds).toBe(atSignature + 1)
  })

  test('a flood is one sound and stays smooth: only the rows in view are in the document', async () => {
    await open('/alarms')
    await page.locator('[data-sound=on]').waitFor()
    for (let i = 0; i < 3_000; i++) central.tellAlarm(`f${i}`, co({ level: 'yellow', startMs: Date.now() - i * 1_000 }))
    await eventually(calling).toBe('3000')
    expect(await sounds()).toBeLessThanOrEqual(3)
    expect(await page.locator('.ow-row-alarm').count()).toBeLessThan(80)
    expect(await page.locator('[data-badge]').innerText()).toBe('999+')
  })

  test('what is shelved, suppressed, out of service or historical makes no sound and asks for no signature', async () => {
    await open('/alarms')
    await page.locator('[data-sound=on]').waitFor()
    for (const state of ['shelved', 'suppressed', 'out-of-service'] as const) central.tellAlarm(state, co({ state, level: 'red' }))
    central.tellAlarm('late', co({ state: 'historical', isHistorical: true, isAcknowledged: true, level: 'red' }))
    await eventually(() => page.locator('.ow-row-alarm').count()).toBe(3)
    expect(await calling()).toBe('0')
    expect(await sounds()).toBe(0)
    central.tellAlarm('real', co({ level: 'blue' }))
    await eventually(sounds).toBe(1)
    await page.getByText('搁置与抑制', { exact: true }).click()
    await eventually(() => page.locator('.ow-row-alarm').count()).toBe(3)
    await page.getByText('历史补报', { exact: true }).first().click()
    await row('历史补报').waitFor()
  })

  test('a page that nobody has touched may not sound: it says so, and sounds what waited once it may', async () => {
    await open('/')
    central.tellAlarm('a', co())
    await eventually(sounds).toBe(1)
    const untouched = await context.newPage()
    const look = await watchUntouched(untouched)
    await untouched.goto(central.baseUrl, { waitUntil: 'commit' })
    await eventually(() => look(`document.querySelector('[data-calling="1"] [data-sound]')?.innerText`)).toBe('点击启用声音')
    expect(await look('orewatchSounds.length')).toBe(0)
    await untouched.getByRole('button', { name: '点击启用声音' }).click()
    await untouched.locator('[data-sound=on]').waitFor()
    await eventually(() => look('orewatchSounds.length')).toBe(1)
  })

  test('muted for five minutes nothing sounds; unmuted, what came meanwhile does', async () => {
    await open('/')
    await page.getByRole('button', { name: '静音 5 分钟' }).click()
    await page.getByText(/已静音，4 分 \d+ 秒后恢复/).waitFor()
    central.tellAlarm('a', co({ level: 'red' }))
    await eventually(calling).toBe('1')
    expect(await sounds()).toBe(0)
    await page.getByRole('button', { name: '取消静音' }).click()
    await eventually(sounds).toBe(1)
  })

  test('sound that was turned off stays off in this browser', async () => {
    await open('/')
    await page.getByRole('button', { name: '关闭声音' }).click()
    await page.reload()
    await page.locator('[data-sound=off]').waitFor()
  })

  test('a signature asks for the revision that was seen: whoever is slower is told and sees what has become of it', async () => {
    central.alarms.put('a', co())
    await open(`/alarms/${idOf('a')}`)
    await page.getByRole('button', { name: /^签\s?收$/ }).click()
    central.alarms.act(idOf('a'), 'colleague', 1, { kind: 'acknowledge', note: '已到现场' })
    await page.getByRole('button', { name: /^提\s?交$/ }).click()
    await page.getByText('有人先于您处理了这条告警').waitFor()
    await page.locator('.ow-alarm-log li[data-kind=acknowledge]', { hasText: 'colleague' }).waitFor()
    expect(await page.getByRole('button', { name: /^签\s?收$/ }).count()).toBe(0)
  })

  test('a cause is given with its code and what was done', async () => {
    central.alarms.put('a', co())
    await open(`/alarms/${idOf('a')}`)
    await page.getByRole('button', { name: '说明原因' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: /^提\s?交$/ }).click()
    await dialog.getByText('请选择原因').waitFor()
    await dialog.getByText('请填写说明').waitFor()
    await dialog.getByRole('combobox').click()
    await page.getByText('爆破影响（炮烟）').click()
    await dialog.getByRole('textbox').fill('加强通风 30 分钟')
    await dialog.getByRole('button', { name: /^提\s?交$/ }).click()
    await page.locator('.ow-alarm-log li[data-kind=explain]', { hasText: '爆破影响（炮烟） · 加强通风 30 分钟' }).waitFor()
    expect(central.alarms.detail(idOf('a'))?.alarm.cause).toBe('blasting')
  })

  test('an alarm is shelved for a time with a reason, is quiet, and is taken back', async () => {
    central.alarms.put('a', co())
    await open(`/alarms/${idOf('a')}`)
    await eventually(calling).toBe('1')
    await page.getByRole('button', { name: /^搁\s?置$/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: /^提\s?交$/ }).click()
    await dialog.getByText('请填写说明').waitFor()
    await dialog.getByRole('combobox').click()
    await page.getByText('8 小时', { exact: true }).click()
    await dialog.getByRole('textbox').fill('传感器标校')
    await dialog.getByRole('button', { name: /^提\s?交$/ }).click()
    await eventually(calling).toBe('0')
    await page.locator('[data-state-word=shelved]').waitFor()
    await page.getByRole('button', { name: '取消搁置' }).click()
    await page.getByRole('dialog').getByRole('textbox').fill('标校完成')
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^提\s?交$/ })
      .click()
    await eventually(calling).toBe('1')
  })

  test('what a role may not do is not offered', async () => {
    central.alarms.put('a', co())
    central.roles = ['enterprise-safety']
    await open(`/alarms/${idOf('a')}`)
    await page.getByRole('button', { name: '说明原因' }).waitFor()
    expect(await page.locator('.ow-alarm-actions button').allInnerTexts()).toHaveLength(2)
    central.roles = ['read-only-leader']
    await page.reload()
    await page.getByText('您的角色只能查看').waitFor()
    expect(await page.locator('.ow-alarm-actions button').count()).toBe(0)
  })

  test('cut off, the bar says that alarms may be missing; back again, none is', async () => {
    await open('/alarms')
    central.tellAlarm('ends', co({ rule: { id: 'x', version: 1, zh: '先前的告警', en: 'earlier' }, atMs: Date.now() }))
    await row('先前的告警').waitFor()
    central.cutLive()
    await page.locator('[data-doubt]', { hasText: '告警可能不全' }).waitFor()
    central.tellAlarm('missed', co({ level: 'red' }))
    central.tellAlarm('ends', { isActive: false, isAcknowledged: true, state: 'normal', endMs: Date.now() }, 'clear')
    central.isLiveRefused = false
    await row('一氧化碳超限').waitFor()
    await eventually(() => row('先前的告警').count()).toBe(0)
    await eventually(() => page.locator('[data-doubt]').count()).toBe(0)
  })

  test('an older revision that comes late does not turn a signature back', async () => {
    const before = central.alarms.put('a', co())
    central.alarms.put('a', { isAcknowledged: true, state: 'acknowledged', acknowledgedBy: 'colleague' })
    await open('/alarms')
    await row('已签收').waitFor()
    central.tell(before)
    central.tellAlarm('b', co({ rule: { id: 'x', version: 1, zh: '另一条', en: 'another' } }))
    await row('另一条').waitFor()
    expect(await row('一氧化碳超限').innerText()).toContain('已签收')
  })

  test('on the board of one mine the alarm of another is heard too', async () => {
    await open(`/mines/${MINE}`)
    central.tellAlarm('other', co({ subjectCode: OTHER_MINE, mineName: '石桥露天采石场', level: 'red' }))
    await eventually(calling).toBe('1')
  })

  test('under the pointer no row moves: new alarms wait until it leaves or they are asked for', async () => {
    central.alarms.put('a', co({ startMs: Date.now() - 60_000 }))
    await open('/alarms')
    await row('一氧化碳超限').hover()
    central.tellAlarm('b', co({ rule: { id: 'x', version: 1, zh: '新来的', en: 'new' }, level: 'red' }))
    await page.locator('[data-waiting="1"]').waitFor()
    expect(await row('新来的').count()).toBe(0)
    central.tellAlarm('a', { value: 99 }, 'escalate')
    await row('一氧化碳超限').getByText('99 ppm').waitFor()
    await page.mouse.move(5, 5)
    await row('新来的').waitFor()
  })

  test('the list is narrowed by mine and level and keeps that in its address', async () => {
    central.alarms.put('a', co({ level: 'red' }))
    central.alarms.put('b', co({ subjectCode: OTHER_MINE, mineName: '石桥露天采石场' }))
    await open('/')
    await page.getByRole('link', { name: '未恢复或未签收的告警：红色 1' }).click()
    await eventually(() => page.locator('.ow-row-alarm').count()).toBe(1)
    expect(new URL(page.url()).search).toContain(MINE)
    await page.reload()
    await row('红色').waitFor()
    expect(await page.locator('.ow-row-alarm').count()).toBe(1)
  })

  test('older alarms come page by page', async () => {
    for (let i = 0; i < 450; i++) central.alarms.put(`o${i}`, co({ state: 'normal', isActive: false, isAcknowledged: true, startMs: Date.now() - i * 60_000, endMs: Date.now() - i * 60_000 + 30_000 }))
    await open('/alarms?tab=all')
    await page.getByText('已载入 200 条，还有更多').waitFor()
    await page.getByRole('button', { name: '载入更多' }).click()
    await page.getByRole('button', { name: '载入更多' }).click()
    await page.getByText('450 条', { exact: true }).waitFor()
  })

  test('the duration ticks by the clock of central while the condition stands', async () => {
    central.alarms.put('a', co({ startMs: Date.now() - 125_000 }))
    await open('/alarms')
    await row('一氧化碳超限')
      .getByText(/^2 分 \d+ 秒$/)
      .waitFor()
    const before = await row('一氧化碳超限').locator('.ow-alarm-duration').innerText()
    await eventually(() => row('一氧化碳超限').locator('.ow-alarm-duration').innerText()).not.toBe(before)
  })

  test('the trend marks the episode; pointing at it names it and a click opens it', async () => {
    const nowMs = Date.now()
    central.alarms.put('a', co({ level: 'red', startMs: nowMs - 12 * 60_000, endMs: nowMs - 4 * 60_000, isActive: false, state: 'returned-unacknowledged', limit: 24, peak: 60 }))
    await open(`/points/${CO_POINT}`)
    await page.locator('.ow-alarm-marks li[data-level=red]', { hasText: '一氧化碳超限' }).waitFor()
    const box = await page.locator('.ow-chart canvas').boundingBox()
    const [left, top] = [box?.x ?? 0, box?.y ?? 0]
    // Eight minutes before now lie at 52/60 of the plot, which has margins of 64 and 20 pixels.
    const spotPx = left + 64 + (((box?.width ?? 0) - 84) * 52) / 60
    await page.mouse.move(spotPx, top + 150)
    await page.locator(`[data-under="${idOf('a')}"]`, { hasText: '红色' }).waitFor()
    await page.mouse.click(spotPx, top + 150)
    await page.waitForURL(`**/alarms/${idOf('a')}`)
    await page.getByRole('link', { name: '测点趋势' }).click()
    await page.waitForURL(/\/points\/\d+\?from=\d+&to=\d+/)
  })

  test('all of it is there in English and in the dark', async () => {
    await page.emulateMedia({ colorScheme: 'dark' })
    central.alarms.put('a', co({ level: 'yellow' }))
    await open('/alarms')
    await page.getByRole('button', { name: 'Switch to English' }).click()
    await page.getByRole('link', { name: '1 alarm to sign for' }).waitFor()
    const words = await row('CO above limit').innerText()
    for (const word of ['yellow', 'unacknowledged']) expect(words).toContain(word)
    await page.getByRole('link', { name: 'CO above limit', exact: true }).click()
    await page.getByRole('button', { name: 'Sign for it' }).waitFor()
    await eventually(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
    expect(await page.locator('main').innerText()).not.toMatch(/签收|搁置|限值/)
  })
})
