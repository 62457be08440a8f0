/* Servers of Debian as children on loopback: a free port, the start, the wait for the first answer, the end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 20_000
const LOOK_EVERY_MS = 20

/** What is started and how one knows that it answers. */
export interface ChildServer {
  readonly command: string
  readonly args: readonly string[]
  readonly directory: string
  /** Its output goes there, behind what is in it. */
  readonly logFile: string
  /** Whether it answers by now; false also when it cannot be reached. */
  answers(): Promise<boolean>
  /** The error when it ended or did not answer in time; `tail` is the end of its log. */
  notStarted(tail: string): Error
}

/** Starts a server and waits until it answers. */
export async function launch({ command, args, directory, logFile, answers, notStarted }: ChildServer): Promise<ChildProcess> {
  const log = openSync(logFile, 'a')
  const child = spawn(command, args, { stdio: ['ignore', log, log], env: { ...process.env, HOME: directory } })
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await answers())) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await end(child, 'SIGKILL')
      throw notStarted(readFileSync(logFile, 'utf8').slice(-500))
    }
    await sleep(LOOK_EVERY_MS)
  }
  return child
}

/** Ends a server, also a paused one, and waits until it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  child.kill(signal)
  // A paused process hears SIGTERM only after SIGCONT.
  child.kill('SIGCONT')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}

/** Whether a URL answers with one of these states of HTTP. */
export async function answersWith(url: string, states: readonly number[]): Promise<boolean> {
  try {
    return states.includes((await fetch(url, { signal: AbortSignal.timeout(2_000) })).status)
  } catch {
    return false
  }
}

/** A port of 127.0.0.1 that nobody has taken. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return typeof address === 'object' && address !== null ? address.port : 0
}
