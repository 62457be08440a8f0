import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launchChromium } from '@orewatch/testkit'
import type { Page } from 'playwright-core'

/** What to shoot, and where to put it. */
export interface ScreenshotOptions {
  /** Address of the portal without a slash at its end. */
  readonly baseUrl: string
  readonly user: string
  readonly password: string
  readonly outDir: string
  readonly language?: 'zh' | 'en'
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  /** The point of the trend and the way, whose mine is shown; without it the first point of the worst mine. */
  readonly pointCode?: string
}

/** Logs in, shoots each main page as PNG and gives the paths; needs at least one alarm; Chinese and light, 1440 × 900, unless told otherwise. */
export async function takeScreenshots(options: ScreenshotOptions): Promise<readonly string[]> {
  const { baseUrl, outDir, language = 'zh', theme = 'light', width = 1_440, height = 900 } = options
  mkdirSync(outDir, { recursive: true })
  const browser = await launchChromium()
  try {
    const context = await browser.newContext({ viewport: { width, height }, timezoneId: 'Asia/Shanghai', locale: language === 'zh' ? 'zh-CN' : 'en-GB' })
    await context.addInitScript(
      (chosen) => {
        localStorage.setItem('orewatch.language', chosen.language)
        localStorage.setItem('orewatch.theme', chosen.theme)
      },
      { language, theme },
    )
    const page = await context.newPage()
    const files: string[] = []
    const shoot = async (name: string, path: string, ready: string) => {
      await page.goto(baseUrl + path)
      await page.locator(ready).first().waitFor({ timeout: 20_000 })
      // Fonts, first values of the live feed and the chart's first drawing.
      await page.waitForTimeout(1_500)
      const file = join(outDir, `${name}.png`)
      await page.screenshot({ path: file })
      files.push(file)
    }
    await shoot('login', '/login', 'form')
    await login(page, options)
    await shoot('overview', '/', '.ow-figures')
    const worstMine = (await page.locator('a[href^="/mines/"]').first().getAttribute('href')) ?? '/'
    const minePath = options.pointCode === undefined ? worstMine : `/mines/${options.pointCode.slice(0, 12)}`
    await shoot('mine-board', minePath, '.ow-row-point')
    const pointPath = options.pointCode === undefined ? ((await page.locator('.ow-row-point a[href^="/points/"]').first().getAttribute('href')) ?? '/') : `/points/${options.pointCode}`
    await shoot('trend', pointPath, '.ow-chart canvas')
    await shoot('way', `${pointPath}/way`, '.ow-chain')
    await shoot('alarms', '/alarms?tab=all', '.ow-row-alarm')
    const alarmPath = await alarmToShow(page, options.pointCode)
    await shoot('alarm', alarmPath, '.ow-alarm-log li')
    await shoot('quarantine', '/quarantine', '.ow-page-head')
    return files
  } finally {
    await browser.close()
  }
}

// The newest alarm of the point of the trend, whose picture then shows the same episode; else the gravest of all.
async function alarmToShow(page: Page, pointCode: string | undefined): Promise<string> {
  const ids = await page.evaluate(async (code) => {
    const asked = code === undefined ? [''] : [`&pointCode=${code}`, '']
    const answers = await Promise.all(asked.map(async (filter) => (await fetch(`/api/alarms?state=all&limit=100${filter}`)).json() as Promise<{ items: { id: string; level: string }[] }>))
    const [ofPoint, all] = [answers.length > 1 ? answers[0]?.items : [], answers.at(-1)?.items ?? []]
    const gravest = ['red', 'orange', 'yellow', 'blue'].flatMap((level) => all.filter((alarm) => alarm.level === level))
    return [...(ofPoint ?? []), ...gravest].map(({ id }) => id)
  }, pointCode)
  return `/alarms/${ids[0] ?? ''}`
}

/** Logs in on the login page. */
export async function login(page: Page, account: { readonly user: string; readonly password: string }): Promise<void> {
  await page.locator('input[autocomplete=username]').fill(account.user)
  await page.locator('input[autocomplete=current-password]').fill(account.password)
  await page.locator('button[type=submit]').click()
  await page.locator('.ow-frame').waitFor({ timeout: 20_000 })
}
