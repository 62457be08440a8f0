import { accessSync, constants } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Debian's package puts the browser. */
export const CHROMIUM_PATH = '/usr/bin/chromium'

/** For titles of skipped suites: what is missing and the one command that installs it. */
export const CHROMIUM_HINT = "needs Debian's chromium and fonts-noto-cjk: npm run services"

// Root and containers have no sandbox; SwiftShader draws where there is no GPU; the rest keeps the browser from talking to its maker.
const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** Whether Debian's Chromium is installed. */
export function isChromiumAvailable(): boolean {
  try {
    accessSync(CHROMIUM_PATH, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Starts Debian's Chromium without a window, with further switches where a test needs some; the caller closes it. Rejects after 30 s. */
export function launchChromium(switches: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM_PATH, args: [...CHROMIUM_ARGS, ...switches], timeout: 30_000 })
}
