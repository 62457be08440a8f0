/*
 * Debian's victoria-metrics (single node) as a child on loopback, with its directory in one temporary place.
 * What it answers with 204 is in its memory only: kill -9 shows whether a store knows that.
 */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineErrors } from '@orewatch/core'
import { answersWith, end, freePort, launch } from './child-server.ts'

/** Where Debian puts the server. */
const VICTORIA = '/usr/bin/victoria-metrics'

const victoriaErrors = defineErrors('TESTKIT_VICTORIAMETRICS', {
  NOT_STARTED: { retry: 'later', message: 'victoria-metrics did not answer in time; its log says why.' },
})

/** Whether victoria-metrics can be started on this machine; `npm run services` installs it. */
export function isVictoriaAvailable(): boolean {
  return existsSync(VICTORIA)
}

/** A running victoria-metrics. */
export interface VictoriaServer {
  readonly url: string
  readonly directory: string
  readonly pid: number
  /** Kills it as a power cut would, except that the page cache survives. */
  kill9(): Promise<void>
  /** Freezes it: connections stay open and nothing is answered. */
  pause(): void
  /** Lets a frozen server run on. */
  resume(): void
  /** Kills it and starts it again on the same port and files; waits until it answers. */
  restart(): Promise<void>
  /** Ends it and removes its files, unless the directory was given. */
  [Symbol.asyncDispose](): Promise<void>
}

/** How to start a server. */
export interface VictoriaServerOptions {
  /** Kept afterwards; without it a temporary directory is made and removed. */
  readonly directory?: string
  /** Value of -retentionPeriod; 100y by default. */
  readonly retentionPeriod?: string
  /** Further flags, such as `-httpAuth.username=central`. */
  readonly flags?: readonly string[]
}

/** Starts victoria-metrics on a free port of 127.0.0.1 and waits until it answers. */
export async function startVictoria(options: VictoriaServerOptions = {}): Promise<VictoriaServer> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'orewatch-victoria-'))
  mkdirSync(directory, { recursive: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const flags = [
    `-storageDataPath=${join(directory, 'data')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    `-retentionPeriod=${options.retentionPeriod ?? '100y'}`,
    '-memory.allowedBytes=256MB',
    ...(options.flags ?? []),
  ]
  let child = await start(directory, flags, url)
  return {
    url,
    directory,
    get pid() {
      return child.pid as number
    },
    kill9: () => end(child, 'SIGKILL'),
    pause: () => {
      child.kill('SIGSTOP')
    },
    resume: () => {
      child.kill('SIGCONT')
    },
    restart: async () => {
      await end(child, 'SIGKILL')
      child = await start(directory, flags, url)
    },
    [Symbol.asyncDispose]: async () => {
      await end(child, 'SIGKILL')
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function start(directory: string, args: readonly string[], url: string): Promise<ChildProcess> {
  const logFile = join(directory, 'victoria-metrics.log')
  return await launch({
    command: VICTORIA,
    args,
    directory,
    logFile,
    // 401 is an answer too: a server that demands a password is there.
    answers: () => answersWith(`${url}/health`, [200, 401]),
    notStarted: (tail) => victoriaErrors.NOT_STARTED({ url, logFile, tail }),
  })
}
