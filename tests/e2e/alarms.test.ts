/* An alarm on its way from a real register to the ear of a duty officer, and what is done about it. The tests build on each other. */
import { CHROMIUM_HINT, isChromiumAvailable } from '@orewatch/testkit'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage, PATIENCE, type Stage } from './stage.ts'

const hint = isChromiumAvailable() ? '' : ` (${CHROMIUM_HINT})`
/** CO at the face, by the scaled substation: what blasting fumes reach first. */
const FACE_CO = '9901211000010101010002'
const FACE_NAME = '-120m中段采场一氧化碳'

interface AlarmAnswer {
  readonly items: readonly { readonly id: string; readonly level: string; readonly state: string; readonly pointCode?: string; readonly rule: { readonly id: string }; readonly isActive: boolean }[]
}

describe.skipIf(!isChromiumAvailable())(`an alarm in Chromium${hint}`, { timeout: 180_000 }, () => {
  let stage: Stage
  let page: Page

  beforeAll(async () => {
    stage = await openStage()
  }, 180_000)
  afterAll(() => stage[Symbol.asyncDispose](), 60_000)

  const alarmsOfPoint = async (state = 'all') => (await stage.ask<AlarmAnswer>(`/api/alarms?state=${state}&pointCode=${FACE_CO}`)).items.filter(({ rule }) => rule.id === 'GAS-1.CO')
  const ofFace = () => page.locator('.ow-row-alarm', { hasText: FACE_NAME }).filter({ hasText: '一氧化碳超限' }).first()

  test('blasting fumes at a sensor come into the list and the bar by themselves', async () => {
    page = await stage.open('/alarms')
    await page.locator('[data-calling]').waitFor()
    await page.locator('[data-sound=on]').waitFor()
    stage.county.programs.tell('devices', { event: 'blast', agoMs: 120_000 })
    await ofFace().waitFor()
    expect(Number(await page.locator('[data-calling]').getAttribute('data-calling'))).toBeGreaterThan(0)
    expect(await ofFace().innerText()).toContain('示例一号铁矿')
  })

  test('the duty officer signs for it, explains and shelves it, and the log has it all with the name', async () => {
    const [alarm] = await alarmsOfPoint('open')
    await page.goto(`${stage.county.url}/alarms/${alarm?.id}`)
    // A level that rises meanwhile asks for another signature, so what counts is that in the end it is signed for.
    await expect
      .poll(async () => {
        const sign = page.getByRole('button', { name: /^签\s?收$/ })
        if ((await sign.count()) > 0) {
          await sign.click({ timeout: 2_000 }).catch(() => undefined)
          await page
            .getByRole('button', { name: /^提\s?交$/ })
            .click({ timeout: 2_000 })
            .catch(() => undefined)
        }
        return (await stage.ask<{ alarm: { isAcknowledged: boolean } }>(`/api/alarms/${alarm?.id}`)).alarm.isAcknowledged
      }, PATIENCE)
      .toBe(true)
    await page.locator('.ow-alarm-log li[data-kind=acknowledge]', { hasText: 'zhiban' }).first().waitFor()
    await page.getByRole('button', { name: /^搁\s?置$/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('放炮后通风')
    await dialog.getByRole('button', { name: /^提\s?交$/ }).click()
    await page.locator('[data-state-word=shelved]').waitFor()
    await page.locator('.ow-alarm-log li[data-kind=shelve]', { hasText: '放炮后通风' }).waitFor()
    expect(await alarmsOfPoint('shelved')).toHaveLength(1)
  })

  test('the trend of the point marks it', async () => {
    await page.goto(`${stage.county.url}/points/${FACE_CO}`)
    await page.locator('.ow-chart canvas').waitFor()
    await page.locator('.ow-alarm-marks li', { hasText: '一氧化碳超限' }).first().waitFor()
  })

  test('central killed -9 forgets no alarm and raises none twice', async () => {
    const before = await alarmsOfPoint()
    await stage.county.programs.kill9('central')
    await stage.county.programs.restart('central')
    await expect.poll(async () => (await fetch(new URL('/readyz', stage.county.url))).ok, PATIENCE).toBe(true)
    const after = await alarmsOfPoint()
    expect(after.map(({ id }) => id).toSorted()).toEqual(before.map(({ id }) => id).toSorted())
  })
})
