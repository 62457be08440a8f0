import { type ChildProcess, fork, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** The programs that the demo runs beside itself; they end with it, also when it is killed. */
export class Children {
  readonly #running = new Map<string, ChildProcess>()
  readonly #orders = new Map<string, Parameters<Children['start']>>()
  readonly #logDirectory: string
  #onExit: ((name: string, code: number | null) => void) | undefined

  constructor(logDirectory: string) {
    this.#logDirectory = logDirectory
  }

  /** Called when a program ends without having been asked to. */
  onUnexpectedExit(listener: (name: string, code: number | null) => void): void {
    this.#onExit = listener
  }

  /**
   * Starts a program; its standard error goes to `<log directory>/<name>.log`. Resolves with its first message (over the
   * channel, or the first line of standard output when `from` says so), rejects when it ends before.
   */
  start(name: string, script: string, args: readonly string[], from: 'channel' | 'line' = 'channel'): Promise<Record<string, unknown>> {
    const log = openSync(`${this.#logDirectory}/${name}.log`, 'a', 0o600)
    const child = fork(script, args, { stdio: ['ignore', from === 'line' ? 'pipe' : log, log, 'ipc'] })
    closeSync(log)
    this.#running.set(name, child)
    this.#orders.set(name, [name, script, args, from])
    writeFileSync(`${this.#logDirectory}/pids.json`, JSON.stringify([...this.#running.values()].map(({ pid }) => pid)))
    return new Promise((resolve, reject) => {
      child.once('exit', (code, signal) => {
        if (this.#running.delete(name)) this.#onExit?.(name, code)
        reject(Object.assign(new Error(`${name} ended with ${signal ?? code}; see ${this.#logDirectory}/${name}.log`), { code: 'DEMO_PART_ENDED' }))
      })
      child.once('error', reject)
      if (from === 'channel') child.once('message', (message) => resolve(message as Record<string, unknown>))
      else readFirstLine(child, (line) => resolve(JSON.parse(line) as Record<string, unknown>))
    })
  }

  /** Starts a program as it was started last. */
  async restart(name: string): Promise<Record<string, unknown>> {
    const order = this.#orders.get(name)
    if (order === undefined) throw Object.assign(new Error(`${name} was never started`), { code: 'DEMO_NO_PART' })
    return await this.start(...order)
  }

  /** Kills a program with -9 and waits until it is gone; that is not told as unexpected. */
  async kill9(name: string): Promise<void> {
    const child = this.#running.get(name)
    if (child === undefined) return
    this.#running.delete(name)
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
    })
    child.kill('SIGKILL')
    await ended
  }

  /** Sends a program a message over its channel. */
  tell(name: string, message: Readonly<Record<string, unknown>>): void {
    this.#running.get(name)?.send(message)
  }

  /** Freezes a program, so that it answers nobody, or lets it go on. */
  freeze(name: string, isFrozen: boolean): void {
    this.#running.get(name)?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT')
  }

  /** Ends what a demo that was killed has left behind; its programs end by themselves, but perhaps not yet. */
  async endOrphans(): Promise<void> {
    let pids: number[]
    try {
      pids = JSON.parse(readFileSync(`${this.#logDirectory}/pids.json`, 'utf8')) as number[]
    } catch {
      return
    }
    for (const pid of pids) {
      for (let waitedMs = 0; isOurs(pid); waitedMs += 100) {
        if (waitedMs === 0) process.kill(pid, 'SIGTERM')
        if (waitedMs >= 10_000) process.kill(pid, 'SIGKILL')
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }

  /** Ends a program and waits for it; kills it after ten seconds. */
  async stop(name: string): Promise<void> {
    const child = this.#running.get(name)
    if (child === undefined) return
    this.#running.delete(name)
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
    })
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(timer)
  }
}

// A pid may have passed to a stranger since: only a program of this checkout is ended.
function isOurs(pid: number): boolean {
  try {
    const state = /^State:\s+(?<state>\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.groups?.['state']
    return state !== 'Z' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(import.meta.dirname, '../..'))
  } catch {
    return false
  }
}

function readFirstLine(child: ChildProcess, onLine: (line: string) => void): void {
  let text = ''
  let isRead = false
  child.stdout?.on('data', (bytes: Buffer) => {
    // Afterwards read and dropped, so that the pipe never fills.
    if (isRead) return
    text += bytes.toString('utf8')
    const end = text.indexOf('\n')
    if (end < 0) return
    isRead = true
    onLine(text.slice(0, end))
  })
}

/** Runs a command to its end; resolves to its output, rejects with its complaint. */
export function runCommand(command: string, args: readonly string[], cwd?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd !== undefined && { cwd }) })
    let output = ''
    let complaint = ''
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString('utf8')
    })
    child.stderr.on('data', (bytes: Buffer) => {
      complaint += bytes.toString('utf8')
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve(output)
      else reject(Object.assign(new Error(`${command} ${args.join(' ')} ended with ${code}: ${complaint.slice(-2000)}`), { code: 'DEMO_COMMAND_FAILED' }))
    })
  })
}

/** A port that is free on loopback at the moment; the wanted one when it is. */
export async function freePort(wanted = 0): Promise<number> {
  const tryPort = (port: number): Promise<number | undefined> =>
    new Promise((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(undefined))
      server.listen(port, '127.0.0.1', () => {
        const { port: found } = server.address() as AddressInfo
        server.close(() => resolve(found))
      })
    })
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0
}
