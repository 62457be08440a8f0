/* A program of a benchmark as a child process of its own, so that its CPU and memory are nobody else's. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { benchErrors } from './errors.ts'

const ROOT = join(import.meta.dirname, '../..')
const READY_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 60_000

/** A running program. */
export interface Child {
  readonly pid: number
  /** What it said when it was ready: its first message, or the JSON of its first line. */
  readonly said: Readonly<Record<string, unknown>>
  /** Sends a message and waits for the answer; one question at a time. */
  ask(question: unknown, timeoutMs: number): Promise<Readonly<Record<string, unknown>>>
  /** Asks it to end, waits, and kills it when it does not. */
  stop(): Promise<void>
}

/** How to start a program. */
export interface ChildOptions {
  readonly args?: readonly string[]
  readonly execArgv?: readonly string[]
  /** Where its readiness is told: a message over the channel, or a line of JSON on standard output. */
  readonly readyBy?: 'message' | 'line'
  /** Longest wait for it, 2 minutes. */
  readonly readyTimeoutMs?: number
}

/** Starts a script of this repository, named relative to its root; resolves when it says that it is ready. */
export async function startChild(script: string, { args = [], execArgv = [], readyBy = 'message', readyTimeoutMs = READY_TIMEOUT_MS }: ChildOptions = {}): Promise<Child> {
  const child = fork(join(ROOT, script), args, {
    execArgv: [...execArgv],
    stdio: ['ignore', readyBy === 'line' ? 'pipe' : 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, OREWATCH_LOG: process.env['OREWATCH_LOG'] ?? 'error' },
  })
  const said = await answer(child, script, readyTimeoutMs, readyBy)
  return {
    pid: child.pid as number,
    said,
    ask: (question, timeoutMs) => {
      const answered = answer(child, script, timeoutMs, 'message')
      child.send(question as object)
      return answered
    },
    stop: () => stop(child),
  }
}

function answer(child: ChildProcess, script: string, timeoutMs: number, by: 'message' | 'line'): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer)
      child.off('exit', onExit)
      child.off('message', onMessage)
      child.stdout?.off('data', onLine)
    }
    const onExit = (code: number | null, signal: string | null): void => {
      done()
      reject(benchErrors.PART_ENDED({ script, ended: signal ?? code }))
    }
    const onMessage = (message: unknown): void => {
      done()
      resolve(message as Record<string, unknown>)
    }
    const onLine = (bytes: Buffer): void => {
      const line = bytes.toString('utf8').split('\n')[0] ?? ''
      if (line.startsWith('{')) onMessage(JSON.parse(line))
    }
    const timer = setTimeout(() => {
      done()
      reject(benchErrors.PART_SILENT({ script, waitedMs: timeoutMs }))
    }, timeoutMs)
    child.once('exit', onExit)
    if (by === 'line') child.stdout?.on('data', onLine)
    else child.once('message', onMessage)
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}
