/* What the end-to-end tests stand on: the demo county on a directory of its own, a browser, and the interface as a client sees it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineErrors } from '@orewatch/core'
import { launchChromium } from '@orewatch/testkit'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { WayStageId } from '../../central/api/way.ts'
import { removeEmbedded } from '../../central/relational/index.ts'
import { type County, startCounty } from '../../tools/demo/county.ts'
import { ensurePortal } from '../../tools/demo/portal.ts'

/** The mine of the demo's gateway. */
export const MINE = '990121100001'
/** CO of its first gas substation, by Modbus TCP. */
export const CO_POINT = '9901211000010101010001'
/** Speed of its hoist, by OPC UA. */
export const HOIST_POINT = '9901211000010606010001'
/** A loaded machine with two cores: nothing here is about how fast it is. */
export const PATIENCE = { timeout: 90_000, interval: 500 }
/** For what takes a request per point: the interface allows 1,200 requests a minute from one address, pages included. */
export const SELDOM = { timeout: 90_000, interval: 5_000 }

const errors = defineErrors('E2E', {
  REFUSED: { retry: 'never', message: 'The interface refused a request of the test.' },
})

/** A running county with a browser. */
export interface Stage extends AsyncDisposable {
  readonly county: County
  readonly browser: Browser
  /** A page of the portal, logged in as duty officer or as somebody else of the demo. */
  open(path: string, login?: string): Promise<Page>
  /** A JSON answer of the interface. */
  ask<T>(path: string): Promise<T>
  /** Samples in the store over all points of the mine. */
  storedSamples(): Promise<number>
}

/** Starts a county on a temporary directory and free ports. `directory` may have been prepared, for example by a mount. */
export async function openStage(options: { readonly directory?: string; readonly store?: string } = {}): Promise<Stage> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'orewatch-e2e-'))
  await ensurePortal(() => {})
  const county = await startCounty({ dataDirectory: directory, port: 0, report: () => {}, ...(options.store !== undefined && { store: options.store }) })
  const browser = await launchChromium()
  const officer = await logIn(county)
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(new URL(path, county.url), { headers: { cookie: officer } })
    if (!response.ok) throw errors.REFUSED({ path, status: response.status, said: await response.text() })
    return (await response.json()) as T
  }
  return {
    county,
    browser,
    ask,
    open: (path, login = 'zhiban') => openPage(browser, county, path, login),
    storedSamples: () => countSamples(ask),
    [Symbol.asyncDispose]: async () => {
      await browser.close()
      await county.stop()
      removeEmbedded(join(directory, 'central/relational'))
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function logIn(county: County): Promise<string> {
  const [user] = county.users
  const response = await fetch(new URL('/api/session', county.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: county.url },
    body: JSON.stringify({ user: user?.login, password: user?.password }),
  })
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
  if (cookie === undefined) throw errors.REFUSED({ path: '/api/session', status: response.status, said: await response.text() })
  return cookie
}

async function openPage(browser: Browser, county: County, path: string, login: string): Promise<Page> {
  const user = county.users.find((one) => one.login === login)
  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  page.setDefaultTimeout(PATIENCE.timeout)
  await page.goto(county.url + path)
  await page.locator('input[autocomplete=username]').fill(login)
  await page.locator('input[autocomplete=current-password]').fill(user?.password ?? '')
  await page.locator('button[type=submit]').click()
  await page.locator('.ow-frame').waitFor()
  return page
}

async function countSamples(ask: Stage['ask']): Promise<number> {
  const { points } = await ask<{ points: readonly { readonly pointCode: string }[] }>(`/api/mines/${MINE}`)
  let count = 0
  for (const { pointCode } of points) {
    let from: number | undefined = 0
    while (from !== undefined) {
      const page: { items: readonly unknown[]; nextMs?: number } = await ask(`/api/points/${pointCode}/samples?from=${from}&to=4102444800000&limit=10000`)
      count += page.items.length
      from = page.nextMs
    }
  }
  return count
}

/** One figure of a program's metrics; the gateway's probes and central alike. */
export async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text()
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (?<n>\\S+)`, 'm').exec(text)?.groups?.['n'] ?? Number.NaN)
}

/**
 * What a way page names as the stage at which the value stopped: `none` when it arrives, `no chain` while nothing is drawn.
 * One look at the page: between two, the stage may cease to be the culprit, and the second would wait for it until its time is up.
 */
export async function stageOn(page: Page): Promise<WayStageId | 'none' | 'no chain'> {
  const stages = await page.locator('.ow-stage').evaluateAll((links) => links.map((link) => ({ id: link.getAttribute('data-stage'), isCulprit: link.getAttribute('aria-current') === 'step' })))
  if (stages.length === 0) return 'no chain'
  return (stages.find(({ isCulprit }) => isCulprit)?.id ?? 'none') as WayStageId | 'none'
}

/** Waits until the way page of the CO point names a stage; a failure tells what page, gateway and central said instead. */
export async function expectStop({ stage, way, gateway }: { readonly stage: Stage; readonly way: Page; readonly gateway: string }, at: WayStageId | 'none'): Promise<void> {
  const seen = async () => {
    const stoppedAt = await stageOn(way)
    if (stoppedAt === at) return { stoppedAt }
    const said = [way.locator('.ow-verdict').innerText({ timeout: 1_000 }), fetch(new URL('/readyz', gateway)).then((answer) => answer.text()), stage.ask(`/api/points/${CO_POINT}/way`)]
    return { stoppedAt, said: await Promise.allSettled(said) }
  }
  await expect.poll(seen, PATIENCE).toEqual({ stoppedAt: at })
}

/** Process id of the county's central. */
export function centralPid({ dataDirectory }: County): number {
  const pids = JSON.parse(readFileSync(join(dataDirectory, 'log/pids.json'), 'utf8')) as number[]
  return pids.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('central/main.ts')) ?? 0
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(?<kib>\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.groups?.['kib'] ?? Number.NaN) * 1024
}

/** Puts a small disk of memory under a directory; false where this user may not mount. */
export function mountSmall(directory: string, mebibytes: number): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'tmpfs', directory], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Takes all room that a small disk has left; the returned function gives it back. */
export function fillDisk(directory: string): () => void {
  const file = join(directory, 'filler.bad')
  writeFileSync(file, '')
  for (let room = roomOf(directory); room > 0; room = roomOf(directory)) {
    try {
      writeFileSync(file, Buffer.alloc(room, 0x2a), { flag: 'a' })
    } catch {
      break
    }
  }
  return () => rmSync(file)
}

function roomOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}
