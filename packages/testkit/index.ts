export { CHROMIUM_HINT, CHROMIUM_PATH, isChromiumAvailable, launchChromium } from './chromium.ts'
