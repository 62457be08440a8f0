/*
 * Debian's Mosquitto as a real broker for tests: on loopback, in a directory of its own, killed and started at will.
 * Not here: what its files say (central/broker/mosquitto-files.ts makes them).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineErrors } from '@orewatch/core'
import { freePort } from './child-server.ts'

/** Where Debian puts Mosquitto. */
export const MOSQUITTO_PATH = '/usr/sbin/mosquitto'

/** What a skipped suite says. */
export const MOSQUITTO_HINT = 'needs Mosquitto: npm run services'

const mosquittoErrors = defineErrors('MOSQUITTO', {
  NOT_INSTALLED: { retry: 'never', message: 'Mosquitto is not installed; `npm run services` installs it.' },
  NOT_STARTED: { retry: 'later', message: 'Mosquitto did not start.' },
})

/** Whether Mosquitto is installed here. */
export function isMosquittoAvailable(): boolean {
  return existsSync(MOSQUITTO_PATH)
}

/** Where a Mosquitto is to listen and keep its files. */
export interface MosquittoPlace {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly directory: string
}

/** A running Mosquitto. */
export interface Mosquitto {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly url: string
  readonly directory: string
  /** Process id; undefined while it is down. */
  readonly pid: number | undefined
  /** Kills it with SIGKILL and waits until it is gone. */
  kill9(): Promise<void>
  /** Starts it again on the same port with the same files; resolves when it listens. */
  restart(): Promise<void>
  /** Ends it and removes its directory. */
  stop(): Promise<void>
}

/** Starts Mosquitto on a free port with the files that `files` makes for it; `mosquitto.conf` must be among them. */
export async function startMosquitto(files: (place: MosquittoPlace) => Readonly<Record<string, string>>): Promise<Mosquitto> {
  if (!isMosquittoAvailable()) throw mosquittoErrors.NOT_INSTALLED({ path: MOSQUITTO_PATH })
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-mosquitto-'))
  const place: MosquittoPlace = { host: '127.0.0.1', port: await freePort(), directory }
  for (const [name, text] of Object.entries(files(place))) {
    // Started as root it would change to a user that cannot read its files.
    const content = name === 'mosquitto.conf' ? `${text}user ${userInfo().username}\n` : text
    writeFileSync(join(directory, name), content, { mode: 0o600 })
  }
  const broker = new MosquittoProcess(place)
  try {
    await broker.restart()
  } catch (err) {
    await broker.stop()
    throw err
  }
  return broker
}

class MosquittoProcess implements Mosquitto {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly url: string
  readonly directory: string
  #child: ChildProcess | undefined
  #output = ''

  constructor({ port, directory }: MosquittoPlace) {
    this.port = port
    this.url = `mqtt://127.0.0.1:${port}`
    this.directory = directory
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async restart(): Promise<void> {
    const child = spawn(MOSQUITTO_PATH, ['-c', join(this.directory, 'mosquitto.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    this.#output = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-4_000)
    })
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined
    })
    for (let attempt = 0; attempt < 200; attempt++) {
      if (this.#child !== child) break
      if (await isListening(this.port)) return
      await sleep(25)
    }
    throw mosquittoErrors.NOT_STARTED({ port: this.port, output: this.#output })
  }

  async kill9(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
    rmSync(this.directory, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await gone
    clearTimeout(timer)
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
