/*
 * Debian's influxd (1.x) as a child on loopback, with its directories in one temporary place.
 * Acknowledged writes survive kill -9: `wal-fsync-delay` is 0s, so every write is synced before its 204.
 */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineErrors } from '@orewatch/core'
import { answersWith, end, freePort, launch } from './child-server.ts'

/** Where Debian puts the server. */
const INFLUXD = '/usr/bin/influxd'

const influxErrors = defineErrors('TESTKIT_INFLUXDB', {
  NOT_STARTED: { retry: 'later', message: 'influxd did not answer in time; its log says why.' },
})

/** Whether influxd can be started on this machine; `npm run services` installs it. */
export function isInfluxdAvailable(): boolean {
  return existsSync(INFLUXD)
}

/** A running influxd. */
export interface InfluxServer {
  readonly url: string
  readonly directory: string
  readonly pid: number
  /** Ends it in order and keeps its files. */
  stop(): Promise<void>
  /** Kills it as a power cut would, except that the page cache survives. */
  kill9(): Promise<void>
  /** Freezes it: connections stay open and nothing is answered. */
  pause(): void
  /** Lets a frozen server run on. */
  resume(): void
  /** Starts it again on the same port and files; waits until it answers. */
  restart(): Promise<void>
  /** Ends it and removes its files, unless the directory was given. */
  [Symbol.asyncDispose](): Promise<void>
}

/** How to start a server. */
export interface InfluxServerOptions {
  /** Kept afterwards; without it a temporary directory is made and removed. */
  readonly directory?: string
  /** Lines for the section [data], such as `cache-max-memory-size = "64m"`. */
  readonly dataSettings?: readonly string[]
  /** Demand user and password; the first user must then be created by the caller. */
  readonly hasAuth?: boolean
}

/** Starts influxd on free ports of 127.0.0.1 and waits until it answers. */
export async function startInfluxd(options: InfluxServerOptions = {}): Promise<InfluxServer> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'orewatch-influxd-'))
  mkdirSync(directory, { recursive: true })
  const [httpPort, rpcPort] = [await freePort(), await freePort()]
  const configFile = join(directory, 'influx.conf')
  writeFileSync(configFile, configOf(directory, httpPort, rpcPort, options))
  const url = `http://127.0.0.1:${httpPort}`
  let child = await start(directory, configFile, url)
  return {
    url,
    directory,
    get pid() {
      return child.pid as number
    },
    stop: () => end(child, 'SIGTERM'),
    kill9: () => end(child, 'SIGKILL'),
    pause: () => {
      child.kill('SIGSTOP')
    },
    resume: () => {
      child.kill('SIGCONT')
    },
    restart: async () => {
      await end(child, 'SIGKILL')
      child = await start(directory, configFile, url)
    },
    [Symbol.asyncDispose]: async () => {
      await end(child, 'SIGKILL')
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
    },
  }
}

function configOf(directory: string, httpPort: number, rpcPort: number, options: InfluxServerOptions): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${directory}/meta"
[data]
  dir = "${directory}/data"
  wal-dir = "${directory}/wal"
  index-version = "tsi1"
  # Every write is synced before it is acknowledged.
  wal-fsync-delay = "0s"
  max-series-per-database = 0
  max-values-per-tag = 0
  query-log-enabled = false
${(options.dataSettings ?? []).map((line) => `  ${line}\n`).join('')}
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[http]
  bind-address = "127.0.0.1:${httpPort}"
  log-enabled = false
  auth-enabled = ${options.hasAuth === true}
[continuous_queries]
  enabled = false
`
}

async function start(directory: string, configFile: string, url: string): Promise<ChildProcess> {
  const logFile = join(directory, 'influxd.log')
  return await launch({
    command: INFLUXD,
    args: ['-config', configFile],
    directory,
    logFile,
    answers: () => answersWith(`${url}/ping`, [204]),
    notStarted: (tail) => influxErrors.NOT_STARTED({ url, logFile, tail }),
  })
}
