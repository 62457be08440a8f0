/*
 * The load generator: simulated gateways in one process of their own. Arguments: one JSON of LoadOptions. Asked with
 * `{seconds, warmUpSeconds, pointsPerSecond}` it sends at that rate, or as fast as the windows let it when the rate is 0.
 */
import { readFileSync } from 'node:fs'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { benchErrors } from './errors.ts'
import { percentilesOf } from './percentiles.ts'
import { SimulatedGateway } from './simulated-gateway.ts'

/** What the load generator is told on its command line, as JSON. */
export interface LoadOptions {
  readonly url: string
  readonly passwordFile: string
  readonly gateways: number
  readonly devices: number
  readonly pointsPerDevice: number
  readonly windowBytes: number
}

/** One question to the load generator: a phase to run, the samples so far, or to wait for all acknowledgements. */
export type LoadQuestion = { readonly kind: 'begin'; readonly pointsPerSecond: number } | { readonly kind: 'measure'; readonly seconds: number } | { readonly kind: 'drain' }

const DRAIN_TIMEOUT_MS = 120_000

const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions
const password = readFileSync(options.passwordFile, 'utf8').trim()
let acknowledged = 0
let waitsMs: number[] = []
let running: AbortController | undefined
let rounds: Promise<void> = Promise.resolve()

const gateways: SimulatedGateway[] = []
for (let index = 0; index < options.gateways; index++) {
  gateways.push(
    await SimulatedGateway.connect({
      ...options,
      index,
      password,
      onStored: (samples, waitedMs) => {
        acknowledged += samples
        waitsMs.push(waitedMs)
      },
    }),
  )
}
const expiry = setInterval(() => {
  for (const gateway of gateways) gateway.expire()
}, 250)

process.on('message', (question: LoadQuestion) => {
  answer(question).then(
    (reply) => process.send?.(reply),
    (err: unknown) => {
      process.stderr.write(`load: ${String(err)}\n`)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit(0))
process.once('SIGTERM', () => process.exit(0))
process.send?.({ kind: 'ready' })

async function answer(question: LoadQuestion): Promise<object> {
  if (question.kind === 'begin') {
    running?.abort()
    await rounds
    running = new AbortController()
    rounds = send(question.pointsPerSecond, running.signal)
    return { kind: 'begun' }
  }
  if (question.kind === 'drain') return await drain()
  const before = { acknowledged, cpu: process.cpuUsage(), atMs: performance.now() }
  waitsMs = []
  await sleep(question.seconds * 1_000)
  const seconds = (performance.now() - before.atMs) / 1_000
  const { user, system } = process.cpuUsage(before.cpu)
  return { points: acknowledged - before.acknowledged, seconds, cpuS: (user + system) / 1e6, ...percentilesOf(waitsMs) }
}

async function send(pointsPerSecond: number, signal: AbortSignal): Promise<void> {
  const startMs = performance.now()
  const periodMs = pointsPerSecond === 0 ? 0 : (options.pointsPerDevice * 1_000) / pointsPerSecond
  let at = 0
  for (let n = 0; !signal.aborted; ) {
    let isSent = false
    for (let i = 0; i < gateways.length && !signal.aborted; i++) {
      const dueMs = periodMs === 0 ? performance.now() : startMs + n * periodMs
      const gateway = gateways[at] as SimulatedGateway
      if (dueMs > performance.now()) break
      at = (at + 1) % gateways.length
      if (!gateway.hasRoom) continue
      gateway.send(dueMs)
      n++
      isSent = true
    }
    await (isSent ? turn() : sleep(1))
  }
}

async function drain(): Promise<object> {
  running?.abort()
  await rounds
  const deadlineMs = performance.now() + DRAIN_TIMEOUT_MS
  while (gateways.some((gateway) => !gateway.isIdle)) {
    if (performance.now() > deadlineMs) throw benchErrors.STUCK({ waitedMs: DRAIN_TIMEOUT_MS })
    await sleep(20)
  }
  clearInterval(expiry)
  const sent = gateways.reduce((sum, gateway) => sum + gateway.sent, 0)
  const resent = gateways.reduce((sum, gateway) => sum + gateway.resent, 0)
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  return { sent, acknowledged, resent }
}
