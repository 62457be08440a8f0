#!/usr/bin/env node
/* `npm start`: the demo county on embedded parts, everything on loopback. */
import { join, resolve } from 'node:path'
import { parseDemoArguments, USAGE } from './arguments.ts'
import { type County, startCounty } from './county.ts'
import { ensurePortal } from './portal.ts'
import { untilLive } from './until-live.ts'

const FAMILIES = ['gas-substation', 'tailings-instruments', 'rain-level', 'smart-power', 'personnel-positioning', 'slope-radar', 'gnss', 'ventilation-drainage-hoist'] as const
const LIVE_TIMEOUT_MS = 90_000

const wanted = parseDemoArguments(process.argv.slice(2))
if (wanted === undefined) {
  process.stderr.write(USAGE)
  process.exit(2)
}
const { isJson, isUntilLive } = wanted
const report = (line: string): void => {
  process.stderr.write(`${line}\n`)
}
const dataDirectory = resolve(wanted.dataDirectory ?? join(import.meta.dirname, '../../.orewatch/demo'))

let county: County | undefined
let isStopping = false
const stop = async (code: number): Promise<never> => {
  isStopping = true
  await county?.stop()
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void stop(0)
  })

try {
  await ensurePortal(report)
  county = await startCounty({ dataDirectory, port: wanted.port, report })
  county.onUnexpectedExit((name, code) => {
    if (isStopping) return
    report(`${name} ended with ${code}; its log is ${dataDirectory}/log/${name}.log`)
    void stop(1)
  })
  if (isUntilLive) await reportLive(county)
  else welcome(county)
} catch (err) {
  const message = err instanceof Error ? err.message : String(err)
  if (isJson) process.stdout.write(`${JSON.stringify({ ok: false, error: message })}\n`)
  report(message)
  await stop(1)
}

async function reportLive(running: County): Promise<void> {
  const families = await untilLive(running, FAMILIES, LIVE_TIMEOUT_MS)
  isStopping = true
  await running.stop()
  if (isJson) process.stdout.write(`${JSON.stringify({ ok: true, families })}\n`)
  else for (const [family, { points, samples, lastAgeMs }] of Object.entries(families)) process.stdout.write(`${family}: ${points} points, ${samples} samples, newest ${lastAgeMs} ms old\n`)
  process.exit(0)
}

function welcome({ url, users }: County): void {
  process.stdout.write(`
矿哨 Orewatch, demo county

  open      ${url}
${users.map(({ login, password, role }) => `  log in    ${login} / ${password}   (${role})`).join('\n')}

  data and logs are in ${dataDirectory}; Ctrl-C stops everything
`)
}
