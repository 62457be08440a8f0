/*
 * Watches the thread that runs the cases from outside it: one that stays at a case for too long hangs, and memory that
 * grows beyond what all cases together need is a flood. Both end the run and name the case.
 */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describeCase, type FuzzResult, makeCase } from './fuzz.ts'
import { openKinds } from './kinds.ts'
import type { WorkerOrder } from './worker.ts'

/** What is to be run, and watched. */
export interface WatchPlan extends Omit<WorkerOrder, 'progress'> {
  report(line: string): void
  /** Runs instead of our worker, in tests of the watchdog. */
  readonly workerFile?: string
  /** How long one case, or one wait for the other decoder, may take, ms. */
  readonly hangMs?: number
  /** JavaScript heap that the cases may take together, MiB. */
  readonly maxHeapMb?: number
}

/** A result, or as much of one as there was when the watchdog ended it. */
export type WatchedResult = FuzzResult | { readonly seed: number; readonly cases: number; readonly crashes: number; readonly error: string; readonly ok: false }

// The longest case takes milliseconds; on a machine that is busy with something else, a thousand times as long.
const DEFAULT_HANG_MS = 90_000
const WORKER_FILE = join(import.meta.dirname, 'worker.ts')
const LOOK_EVERY_MS = 250
const DEFAULT_MAX_HEAP_MB = 1_024
const MAX_GROWTH_BYTES = 2 * 1024 ** 3

/** Runs the cases and resolves with what they came to. */
export function watchFuzz({ report, workerFile = WORKER_FILE, hangMs = DEFAULT_HANG_MS, maxHeapMb = DEFAULT_MAX_HEAP_MB, ...plan }: WatchPlan): Promise<WatchedResult> {
  const progress = new Int32Array(new SharedArrayBuffer(4))
  progress[0] = -1
  const order: WorkerOrder = { ...plan, progress }
  const worker = new Worker(workerFile, { workerData: order, resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } })
  const startRss = process.memoryUsage.rss()
  let atCase = -1
  let sinceMs = performance.now()
  return new Promise((resolve) => {
    let isOver = false
    const end = (error: string): void => {
      if (isOver) return
      isOver = true
      clearInterval(timer)
      const number = Math.max(plan.firstCase, Atomics.load(progress, 0))
      report(blame(plan, number, error))
      void worker.terminate()
      resolve({ seed: plan.seed, cases: Math.max(0, number - plan.firstCase), crashes: 1, error, ok: false })
    }
    const timer = setInterval(() => {
      const now = Atomics.load(progress, 0)
      if (now !== atCase) {
        atCase = now
        sinceMs = performance.now()
      } else if (performance.now() - sinceMs > hangMs) end(`hang: nothing happened for ${hangMs} ms`)
      const grownBytes = process.memoryUsage.rss() - startRss
      if (grownBytes > MAX_GROWTH_BYTES) end(`memory grew by ${Math.round(grownBytes / 1024 ** 2)} MiB`)
    }, LOOK_EVERY_MS)
    worker.on('message', (message: { readonly line?: string; readonly result?: FuzzResult }) => {
      if (message.line !== undefined) report(message.line)
      if (message.result === undefined) return
      isOver = true
      clearInterval(timer)
      resolve(message.result)
    })
    worker.once('error', (err) => end(err.stack ?? err.message))
    worker.once('exit', (code) => end(`the worker ended with ${code}`))
  })
}

function blame(plan: Omit<WorkerOrder, 'progress'>, number: number, error: string): string {
  const { kinds, close } = openKinds(plan.kinds)
  try {
    const { kind, fuzzed } = makeCase({ seed: plan.seed, kinds }, number)
    return describeCase(plan.seed, number, kind, fuzzed, error)
  } finally {
    close()
  }
}
