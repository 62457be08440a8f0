import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { chaosErrors } from './errors.ts'

const START_TIMEOUT_MS = 60_000

/** A program that is killed and started again. */
export interface Program {
  /** Resolves when it is ready to work. */
  start(): Promise<void>
  kill9(): Promise<void>
  /** Asks it to end and waits. */
  stop(): Promise<void>
}

/** A program of ours: ready when it sends a message over its channel or writes a line to standard output. */
export class OwnProgram implements Program {
  readonly #name: string
  readonly #script: string
  readonly #args: readonly string[]
  readonly #directory: string
  #child: ChildProcess | undefined
  /** What it said when it was ready. */
  said: Record<string, unknown> = {}

  constructor(options: { readonly name: string; readonly script: string; readonly args: readonly string[]; readonly directory: string }) {
    this.#name = options.name
    this.#script = join(import.meta.dirname, '../..', options.script)
    this.#args = options.args
    this.#directory = options.directory
  }

  async start(): Promise<void> {
    const log = openSync(join(this.#directory, `${this.#name}.log`), 'a')
    const child = fork(this.#script, this.#args, { stdio: ['ignore', 'pipe', log, 'ipc'] })
    closeSync(log)
    this.#child = child
    this.said = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const late = setTimeout(() => reject(chaosErrors.PART_ENDED({ name: this.#name, waitedMs: START_TIMEOUT_MS })), START_TIMEOUT_MS)
      const ready = (said: Record<string, unknown>): void => {
        clearTimeout(late)
        resolve(said)
      }
      child.once('message', (message) => ready(message as Record<string, unknown>))
      child.stdout?.on('data', (bytes: Buffer) => {
        const line = bytes.toString('utf8').split('\n')[0] ?? ''
        if (line.startsWith('{')) ready(JSON.parse(line) as Record<string, unknown>)
      })
      child.once('exit', (code, signal) => {
        clearTimeout(late)
        reject(chaosErrors.PART_ENDED({ name: this.#name, ended: signal ?? code, log: join(this.#directory, `${this.#name}.log`) }))
      })
    })
  }

  kill9(): Promise<void> {
    return this.#end('SIGKILL')
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
    })
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
    await ended
    clearTimeout(timer)
  }
}
